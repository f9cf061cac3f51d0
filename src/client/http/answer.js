import { describe, isErrorCode } from '../../errors.js';
import { codeOfStatus, InferenceProtocolError, InferenceServerError } from '../errors.js';
/** Of a server's text no more than this goes into a message. */
const maxShown = 1000;
/** The JSON of an answer with a good status. @throws InferenceServerError, InferenceProtocolError */
export function jsonOf(answer, operation) {
    requireOk(answer, operation);
    const text = textOf(answer.body);
    try {
        return JSON.parse(text);
    }
    catch (cause) {
        throw notOfProtocol(answer, operation, cause);
    }
}
/** @throws InferenceServerError, InferenceProtocolError */
export function requireOk(answer, operation) {
    const { status } = answer;
    if (status >= 200 && status < 300)
        return;
    if (status >= 300 && status < 400) {
        const to = answer.header('location') ?? 'nowhere';
        const message = `Expected an answer to ${operation} but received a redirection to ${to}: give that address to the client`;
        throw new InferenceProtocolError('ERR_BAD_ANSWER', message, { operation, status });
    }
    throw errorOf(answer, operation);
}
/** An answer that says that something went wrong, in any of the forms that servers have. */
function errorOf(answer, operation) {
    const { status } = answer;
    const text = textOf(answer.body);
    const { message, code } = saidBy(text) ?? { message: titleOf(text) };
    const said = message.length > maxShown ? `${message.slice(0, maxShown)}…` : message;
    const named = answer.header('x-error-code');
    return new InferenceServerError(code ?? (isErrorCode(named) ? named : codeOfStatus(status)), `${operation} was answered with ${status}: ${said || 'no message'}`, { operation, status, serverMessage: message, retryAfterMs: retryAfter(answer.header('retry-after')) });
}
/** `error` is the protocol's; `detail` FastAPI's and that of problem documents; `message` TorchServe's. */
function saidBy(text) {
    let body;
    try {
        body = JSON.parse(text);
    }
    catch {
        return undefined;
    }
    if (typeof body === 'string')
        return { message: body };
    if (typeof body !== 'object' || body === null)
        return undefined;
    const { error, detail, message, code } = body;
    const said = [error, detail, message].find((part) => part !== undefined && part !== null);
    return {
        message: typeof said === 'string' ? said : JSON.stringify(said ?? body),
        code: isErrorCode(code) ? code : undefined,
    };
}
/** What a page says that a proxy wrote: its title. */
function titleOf(text) {
    const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1] ?? text;
    return title.replace(/\s+/g, ' ').trim();
}
/** Seconds, or a date. */
function retryAfter(value) {
    if (value === undefined)
        return undefined;
    if (/^\s*\d+(\.\d+)?\s*$/.test(value))
        return Number(value) * 1000;
    const at = Date.parse(value);
    return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
const textOf = (body) => Buffer.concat(body).toString();
/** A good status with something else in the body, such as the page of a login. */
export function notOfProtocol(answer, operation, cause) {
    const type = answer.header('content-type') ?? 'no content type';
    const text = Buffer.concat(answer.body).toString('utf8', 0, maxShown);
    const shown = text === '' ? 'nothing' : describe(titleOf(text));
    const why = cause instanceof Error ? cause.message : describe(cause);
    const message = `Expected an answer of the Open Inference Protocol to ${operation} but received ${type}, ${shown}: ${why}`;
    return new InferenceProtocolError('ERR_BAD_ANSWER', message, { operation, cause });
}
