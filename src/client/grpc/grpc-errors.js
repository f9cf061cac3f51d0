import { isErrorCode } from '../../errors.js';
import { codeOfStatus, InferenceConnectionError, InferenceProtocolError, InferenceServerError, InferenceTimeoutError, } from '../errors.js';
/** The status of HTTP for each of gRPC. Source: grpc/grpc `doc/statuscodes.md`. */
const httpStatuses = {
    1: 499, // CANCELLED
    3: 400, // INVALID_ARGUMENT
    4: 504, // DEADLINE_EXCEEDED
    5: 404, // NOT_FOUND
    6: 409, // ALREADY_EXISTS
    7: 403, // PERMISSION_DENIED
    8: 429, // RESOURCE_EXHAUSTED
    9: 409, // FAILED_PRECONDITION
    10: 409, // ABORTED
    11: 400, // OUT_OF_RANGE
    12: 501, // UNIMPLEMENTED
    14: 503, // UNAVAILABLE
    16: 401, // UNAUTHENTICATED
};
const statuses = { deadlineExceeded: 4, resourceExhausted: 8, internal: 13, unavailable: 14 };
/** What a failed call of gRPC is here. */
export function errorOf(cause, operation, deadline) {
    const { details, metadata } = cause;
    const code = cause.code;
    if (code === statuses.deadlineExceeded && deadline.remainingMs <= 5) {
        const message = `Expected an answer to ${operation} in time but none came`;
        return new InferenceTimeoutError('ERR_TIMEOUT', message, { operation, cause });
    }
    // These come from the library, which has no other sign of it: a server that answers never speaks so.
    const isUnsent = /^(No connection established|Name resolution failed|Connection dropped while connecting)/.test(details);
    if (code === statuses.unavailable && (isUnsent || /^(Connection dropped|read E|write E)/.test(details))) {
        const message = `Expected a connection for ${operation} but it failed: ${details}`;
        return new InferenceConnectionError('ERR_CONNECTION', message, { operation, cause, sent: !isUnsent });
    }
    // What the deserializer threw.
    if (code === statuses.internal && details.startsWith('Response message parsing error')) {
        const message = `Expected an answer of the Open Inference Protocol to ${operation}: ${details}`;
        return new InferenceProtocolError('ERR_BAD_ANSWER', message, { operation, cause });
    }
    if (code === statuses.resourceExhausted && details.startsWith('Received message larger than max')) {
        const message = `Expected an answer of at most maxAnswerBytes to ${operation}: ${details}`;
        return new InferenceProtocolError('ERR_BAD_ANSWER', message, { operation, cause });
    }
    const status = httpStatuses[code] ?? 500;
    return new InferenceServerError(said(metadata) ?? codeOfStatus(status), `${operation} was answered with ${status}: ${details || 'no message'}`, { operation, status, cause, serverMessage: details, retryAfterMs: retryAfter(metadata) });
}
function said(metadata) {
    const code = metadata?.get('x-error-code')[0];
    return isErrorCode(code) ? code : undefined;
}
function retryAfter(metadata) {
    const pushback = metadata?.get('grpc-retry-pushback-ms')[0];
    const ms = pushback === undefined ? NaN : Number(pushback);
    return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}
