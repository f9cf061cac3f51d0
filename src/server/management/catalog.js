import { stat } from 'node:fs/promises';
import { describe, torchError } from '../../errors.js';
import { digestFile } from '../../files/hash.js';
export function noSuchModel(name) {
    return torchError('ERR_MODEL_NOT_FOUND', `Expected a model that is served or in the registry but received ${describe(name)}`);
}
export function noSuchVersion(name, versions, got) {
    return torchError('ERR_VERSION_NOT_FOUND', `Expected one of ${versions.join(', ')} of ${name} but received ${describe(got)}`);
}
/** Tells whether files have changed: by time and size, and where those differ by the digest. */
export class ChangedFiles {
    #served = new Map();
    /** Looks at a file before it is loaded: what changes from now on is a change. One that is not there says so when it is loaded. */
    async look(path) {
        const now = await stat(path).catch(() => undefined);
        return now && marksOf(now);
    }
    /** What was looked at is what serves. */
    serves(path, marks) {
        if (marks === undefined)
            this.#served.delete(path);
        else
            this.#served.set(path, marks);
    }
    /** @param digest sha256 of the bytes that are served */
    async hasChanged(path, digest) {
        const marks = marksOf(await stat(path));
        if (this.#served.get(path) === marks)
            return false;
        const { sha256 } = await digestFile(path, 'the model file');
        if (sha256 !== digest)
            return true;
        this.#served.set(path, marks);
        return false;
    }
}
function marksOf({ ino, size, mtimeMs, ctimeMs }) {
    return [ino, size, mtimeMs, ctimeMs].join(' ');
}
