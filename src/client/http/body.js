import { createGunzip, createInflate } from 'node:zlib';
import { InferenceConnectionError, InferenceProtocolError } from '../errors.js';
/**
 * The whole body of an answer. Where its length is known, memory is taken once, and what is behind a JSON header has its own:
 * the only tensor of an answer needs no copy then.
 */
export function readBody(message, maxBytes, operation) {
    return new Promise((resolve, reject) => {
        const fail = (text, cause) => {
            reject(new InferenceProtocolError('ERR_BAD_ANSWER', text, { operation, cause }));
            message.destroy();
        };
        const endEarly = (cause) => {
            const text = `Expected the whole answer to ${operation} but the connection ended before it did`;
            reject(new InferenceConnectionError('ERR_CONNECTION', text, { operation, cause }));
        };
        message.on('error', endEarly);
        message.on('close', () => {
            if (!message.complete)
                endEarly();
        });
        const encoding = message.headers['content-encoding'] ?? 'identity';
        const length = Number(message.headers['content-length'] ?? NaN);
        const tooLong = (bytes) => fail(`Expected at most ${maxBytes} bytes (maxAnswerBytes) for the answer to ${operation} but it has ${bytes}`);
        if (length > maxBytes)
            return tooLong(String(length));
        if (encoding === 'identity') {
            const sink = Number.isNaN(length)
                ? growing(maxBytes, () => tooLong('more'))
                : fixed(length, message.headers['inference-header-content-length']);
            message.on('data', sink.take);
            message.on('end', () => resolve(sink.whole()));
            return;
        }
        const inflater = inflaterOf(encoding);
        if (!inflater)
            return fail(`Expected gzip or deflate for the answer to ${operation} but received ${encoding}`);
        const sink = growing(maxBytes, () => tooLong('more'));
        inflater.on('data', sink.take);
        inflater.on('end', () => resolve(sink.whole()));
        inflater.on('error', (cause) => fail(`Expected ${encoding} for the answer to ${operation} but it is damaged`, cause));
        message.on('close', () => {
            if (!message.complete)
                inflater.destroy();
        });
        message.pipe(inflater);
    });
}
function inflaterOf(encoding) {
    // Many small pieces of output are dearer than the inflating.
    const options = { chunkSize: 64 * 1024 };
    if (encoding === 'gzip' || encoding === 'x-gzip')
        return createGunzip(options);
    return encoding === 'deflate' ? createInflate(options) : undefined;
}
/** Node's parser gives neither more than the length, nor `end` before it. */
function fixed(length, jsonLength) {
    const header = Number(jsonLength ?? length);
    const front = Number.isSafeInteger(header) && header >= 0 && header <= length ? header : length;
    const json = Buffer.allocUnsafe(front);
    // Of its own: a tensor is going to lie there.
    const tensors = Buffer.allocUnsafeSlow(length - front);
    let at = 0;
    return {
        take: (chunk) => {
            const inFront = at < front ? chunk.copy(json, at) : 0;
            if (inFront < chunk.length)
                chunk.copy(tensors, at + inFront - front, inFront);
            at += chunk.length;
        },
        whole: () => [json, tensors],
    };
}
function growing(maxBytes, full) {
    const chunks = [];
    let received = 0;
    return {
        take: (chunk) => {
            received += chunk.length;
            if (received <= maxBytes)
                chunks.push(chunk);
            else {
                chunks.length = 0;
                full();
            }
        },
        whole: () => chunks,
    };
}
