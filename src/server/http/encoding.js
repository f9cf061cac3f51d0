import { promisify } from 'node:util';
import { createGunzip, createInflate, deflate, gzip } from 'node:zlib';
import { torchError, TorchError } from '../../errors.js';
import { tooLarge } from './body-bytes.js';
/** What `content-encoding` may say. */
export const acceptedEncodings = 'gzip, deflate, identity';
const decoders = {
    gzip: decoder(createGunzip),
    'x-gzip': decoder(createGunzip),
    deflate: decoder(createInflate),
};
/**
 * How the body of a request with this `content-encoding` is decompressed; undefined when it is not compressed.
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE, for a list of encodings too
 */
export function decoderOf(contentEncoding) {
    const name = contentEncoding.trim().toLowerCase();
    if (name === 'identity' || name === '')
        return undefined;
    if (Object.hasOwn(decoders, name))
        return decoders[name];
    throw torchError('ERR_UNSUPPORTED_MEDIA_TYPE', `Expected content-encoding to be one of ${acceptedEncodings} but received another one`);
}
/** Inflates in pieces, in another thread, until more than the limit has come. */
function decoder(create) {
    return (bytes, { limit, useful }) => new Promise((resolve, reject) => {
        const pieces = [];
        let length = 0;
        const stream = create();
        stream
            .on('data', (piece) => {
            if (length <= useful)
                pieces.push(piece);
            length += piece.length;
            if (length > limit)
                stream.destroy(tooLarge(limit));
        })
            .once('end', () => resolve({ bytes: Buffer.concat(pieces), length }))
            .once('error', (cause) => {
            if (cause instanceof TorchError)
                reject(cause);
            else
                reject(torchError('ERR_BAD_REQUEST', 'Expected a body compressed as content-encoding says', { cause }));
        })
            .end(bytes);
    });
}
const fastest = { level: 1 };
const encoders = {
    gzip: (bytes) => promisify(gzip)(bytes, fastest),
    deflate: (bytes) => promisify(deflate)(bytes, fastest),
};
/** What `accept-encoding` asks for that we have; undefined for anything else. */
export function responseEncodingOf(acceptEncoding) {
    if (acceptEncoding === undefined)
        return undefined;
    const listed = acceptEncoding
        .toLowerCase()
        .split(',')
        .map(codingOf)
        .filter(({ quality }) => quality > 0);
    const [best] = listed
        .filter((coding) => Object.hasOwn(encoders, coding.name))
        .sort((a, b) => b.quality - a.quality);
    if (!best)
        return undefined;
    const others = listed.filter(({ name }) => name !== best.name && name !== 'identity');
    return { name: best.name, isAskedFor: others.length === 0, encode: encoders[best.name] };
}
function codingOf(text) {
    const [name = '', ...parameters] = text.split(';').map((part) => part.trim());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { name: name === 'x-gzip' ? 'gzip' : name, quality: quality === undefined ? 1 : Number(quality) || 0 };
}
