import { torchError } from '../../errors.js';
import { Pieces } from '../../protocol/binary/pieces.js';
import { tooLarge } from './body-bytes.js';
import { decoderOf } from './encoding.js';
/** The client closed the connection before its request was whole. */
export class ClientGone extends Error {
    constructor() {
        super('The client closed the connection');
    }
}
/** What a body may be; as `accept` says it in an answer to anything else. */
export const acceptedTypes = 'application/json, application/octet-stream';
/** What a charset of UTF-8 is called; `utf8` is no registered name, but many clients send it. */
const utf8Name = /^\s*"?utf-?8"?\s*$/;
/** A name that may stand in an answer. */
const harmlessName = /^\s*"?([\w.:+-]{1,40})"?\s*$/;
/**
 * What `content-type` says the body is: JSON, with UTF-8 as its charset if it names one, or raw numbers.
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE
 */
export function bodyTypeOf({ headers }) {
    const header = headers['content-type'];
    if (header === 'application/json')
        return 'json';
    if (header === undefined)
        throw unsupported('none');
    const [type = '', ...parameters] = header.toLowerCase().split(';');
    const name = type.trim();
    if (name === 'application/octet-stream')
        return 'octets';
    if (name !== 'application/json')
        throw unsupported('another one');
    for (const parameter of parameters) {
        const [key = '', value = ''] = parameter.split('=');
        if (key.trim() === 'charset' && !utf8Name.test(value)) {
            const [, name = 'another one'] = harmlessName.exec(value) ?? [];
            throw torchError('ERR_UNSUPPORTED_MEDIA_TYPE', `Expected charset utf-8 but received ${name}`);
        }
    }
    return 'json';
}
function unsupported(got) {
    return torchError('ERR_UNSUPPORTED_MEDIA_TYPE', `Expected content-type application/json or application/octet-stream but received ${got}`);
}
const firstCapacity = 64 * 1024;
const believedFrom = 1024 * 1024;
/**
 * Pieces that a body may come in: so many, and one more for each so many bytes. A client whose pieces are a byte long
 * costs a thousand times what its bytes are worth.
 */
const freePieces = 16 * 1024;
const bytesOfPiece = 256;
/**
 * The whole body, decompressed.
 * @throws ERR_PAYLOAD_TOO_LARGE (too many tiny chunks as well), ERR_UNSUPPORTED_MEDIA_TYPE (unknown content-encoding),
 * ERR_BAD_REQUEST (broken compression), ClientGone
 */
export async function readBody(req, { limit, useful = limit }) {
    const decode = decoderFor(req, limit);
    const most = decode ? limit : useful;
    const declared = Number(req.headers['content-length'] ?? 0);
    let bytes = Buffer.alloc(0);
    const length = await collect(req, limit, (chunk, before) => {
        // Most bodies come in one piece, which is used as it is.
        if (before === 0)
            bytes = chunk;
        else if (before <= most)
            bytes = append(bytes, before, chunk, Math.min(declared, most + chunk.length));
    });
    const body = { bytes: bytes.subarray(0, length), length };
    return decode ? decode(body.bytes, { limit, useful }) : body;
}
/** Pieces that are smaller than this are put together: each costs as much memory beside its bytes. */
const smallPiece = 1024;
const gathered = 16 * 1024;
/**
 * The whole body, decompressed, in the pieces that it came in: who needs a part of it copies that part once.
 * @throws as readBody
 */
export async function readPieces(req, limit) {
    const decode = decoderFor(req, limit);
    const parts = [];
    let free = Buffer.alloc(0);
    await collect(req, limit, (chunk) => {
        if (chunk.length >= smallPiece) {
            parts.push(chunk);
            free = free.subarray(0, 0);
            return;
        }
        const last = parts.at(-1);
        if (chunk.length > free.length)
            free = Buffer.allocUnsafeSlow(gathered);
        const target = free.subarray(0, chunk.length);
        chunk.copy(target);
        // Directly behind the last one: both are one piece.
        if (last?.buffer === free.buffer)
            parts[parts.length - 1] = Buffer.from(free.buffer, last.byteOffset, last.length + chunk.length);
        else
            parts.push(target);
        free = free.subarray(chunk.length);
    });
    if (!decode)
        return new Pieces(parts);
    const [only, ...more] = parts;
    const compressed = only && more.length === 0 ? only : Buffer.concat(parts);
    return Pieces.of((await decode(compressed, { limit, useful: limit })).bytes);
}
/** What a body is decompressed with, once it is clear that it may come. Asks a client that waits for its body. */
function decoderFor(req, limit) {
    const encoding = req.headers['content-encoding'];
    const decode = encoding === undefined ? undefined : decoderOf(encoding);
    if (Number(req.headers['content-length'] ?? 0) > limit)
        throw tooLarge(limit);
    sendContinue(req);
    return decode;
}
const waiting = new WeakMap();
/** The client sends `Expect: 100-continue` and waits. A refusal must come before it sends the body (RFC 9110 §10.1.1). */
export function awaitContinue(req, res) {
    waiting.set(req, res);
}
/** Asks a client that waits for its body. */
function sendContinue(req) {
    if (req.headers.expect === undefined)
        return;
    waiting.get(req)?.writeContinue();
    waiting.delete(req);
}
/** The `req.body` that a body parser mounted before us has left; undefined when the body was not read yet. */
export function foreignBody(req) {
    const { body } = req;
    // Older body parsers leave an empty object on requests that they did not read.
    const isPlaceholder = typeof body === 'object' && body !== null && !req.readableDidRead && Object.keys(body).length === 0;
    return isPlaceholder ? undefined : body;
}
/** Reads to the end. @param keep gets each chunk, and how many bytes came before it. @returns bytes in all */
function collect(req, limit, keep) {
    return new Promise((resolve, reject) => {
        let length = 0;
        let pieces = 0;
        const settle = (done) => {
            req.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
            done();
        };
        const onData = (chunk) => {
            if (length + chunk.length > limit) {
                req.pause();
                settle(() => reject(tooLarge(limit)));
                return;
            }
            if (++pieces > freePieces && pieces > freePieces + length / bytesOfPiece) {
                req.pause();
                settle(() => reject(torchError('ERR_PAYLOAD_TOO_LARGE', 'Expected a body in fewer and larger chunks')));
                return;
            }
            keep(chunk, length);
            length += chunk.length;
        };
        const onEnd = () => settle(() => resolve(length));
        const onGone = () => settle(() => reject(new ClientGone()));
        req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
        if (req.destroyed)
            onGone();
    });
}
/** Copies into one growing buffer: a list of the chunks would let a million one-byte chunks hold a million objects. */
function append(body, length, chunk, declared) {
    const needed = length + chunk.length;
    let target = body;
    if (needed > body.length) {
        // A size is believed once a part of it has come: then the rest is copied once.
        const capacity = length >= believedFrom && declared >= needed ? declared : 2 * body.length;
        target = Buffer.allocUnsafeSlow(Math.max(needed, capacity, firstCapacity));
        body.copy(target, 0, 0, length);
    }
    chunk.copy(target, length);
    return target;
}
