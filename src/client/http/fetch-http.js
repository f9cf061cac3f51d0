import { describe, isError } from '../../errors.js';
import { InferenceConnectionError, InferenceProtocolError } from '../errors.js';
/** Requests by a `fetch` that the caller brought: for Deno, Bun and browsers, and for proxies and mocks that are one. */
export class FetchHttp {
    #fetch;
    #origin;
    #maxAnswerBytes;
    constructor({ url, maxAnswerBytes }, fetch) {
        this.#fetch = fetch;
        this.#origin = url.origin;
        this.#maxAnswerBytes = maxAnswerBytes;
    }
    send(request, deadline) {
        return deadline.wait((resolve, reject) => {
            const aborter = new AbortController();
            this.#exchange(request, aborter.signal).then(resolve, reject);
            return (reason) => aborter.abort(reason);
        });
    }
    async #exchange({ method, path, headers, body, operation }, signal) {
        // As a method it would be called with this object as `this`, which browsers refuse.
        const fetch = this.#fetch;
        const init = { method, headers, signal, redirect: 'manual' };
        let response;
        try {
            response = await fetch(`${this.#origin}${path}`, body ? { ...init, body: joined(body) } : init);
        }
        catch (cause) {
            throw faultOf(cause, operation);
        }
        return {
            status: response.status,
            header: (name) => response.headers.get(name) ?? undefined,
            body: await this.#read(response, operation),
        };
    }
    async #read(response, operation) {
        const chunks = [];
        let received = 0;
        try {
            for await (const chunk of (response.body ?? [])) {
                received += chunk.length;
                if (received > this.#maxAnswerBytes)
                    break;
                chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
            }
        }
        catch (cause) {
            const text = `Expected the whole answer to ${operation} but the connection ended before it did`;
            throw new InferenceConnectionError('ERR_CONNECTION', text, { operation, cause });
        }
        if (received <= this.#maxAnswerBytes)
            return chunks;
        const text = `Expected at most ${this.#maxAnswerBytes} bytes (maxAnswerBytes) for the answer to ${operation} but it has more`;
        throw new InferenceProtocolError('ERR_BAD_ANSWER', text, { operation });
    }
    close() {
        // Whoever made the fetch closes its connections.
    }
}
function faultOf(cause, operation) {
    const inner = isError(cause) ? cause.cause : undefined;
    const why = inner?.message || (isError(cause) ? cause.message : describe(cause));
    const isUnsent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(String(inner?.code));
    const text = `Expected a connection for ${operation} but it failed: ${why}`;
    return new InferenceConnectionError('ERR_CONNECTION', text, { operation, cause, sent: !isUnsent });
}
function joined(pieces) {
    const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
    let at = 0;
    for (const piece of pieces) {
        whole.set(piece, at);
        at += piece.byteLength;
    }
    return whole;
}
