import { types } from 'node:util';
import { fileURLToPath } from 'node:url';
import { expected, torchError } from '../errors.js';
import { isDetached } from '../tensor/dtype.js';
import { readArtifact, readArtifactBytes } from './artifact.js';
/**
 * @param source bytes are copied here
 * @throws ERR_INVALID_ARGUMENT for anything but a path, a `file:` URL and bytes
 */
export function artifactSource(source) {
    if (types.isUint8Array(source))
        return ofBytes(copyOf(source));
    if (types.isAnyArrayBuffer(source))
        return ofBytes(copyOf(viewOf(source)));
    const path = isUrl(source) ? pathOf(source) : source;
    if (typeof path !== 'string' || path === '') {
        throw expected('a path, a file: URL, a Uint8Array or an ArrayBuffer', 'the model', source);
    }
    return { name: path, path, read: (options) => readArtifact(path, options) };
}
/** @param bytes a copy, which goes when it was read: a second copy of a large model must not wait for the collector */
function ofBytes(bytes) {
    const name = `the ${bytes.length} bytes that were given`;
    return { name, path: undefined, read: (options) => readArtifactBytes(name, bytes, options) };
}
function copyOf(bytes) {
    if (isDetached(bytes))
        throw detached();
    return new Uint8Array(bytes);
}
function viewOf(buffer) {
    try {
        return new Uint8Array(buffer);
    }
    catch {
        throw detached();
    }
}
function detached() {
    return torchError('ERR_INVALID_ARGUMENT', 'Expected the bytes of a model but their buffer was detached or has shrunk');
}
/** A URL object, also of another realm. */
function isUrl(source) {
    if (typeof source !== 'object' || source === null)
        return false;
    const { href, protocol } = source;
    return typeof href === 'string' && typeof protocol === 'string';
}
/** The scheme alone goes into the message: a URL may hold a password. */
function pathOf(url) {
    if (url.protocol !== 'file:')
        throw expected('a file: URL', 'the model', `${url.protocol}…`);
    try {
        return fileURLToPath(url.href);
    }
    catch (cause) {
        throw expected(`a file: URL of a local file (${cause.message})`, 'the model', 'file:…');
    }
}
