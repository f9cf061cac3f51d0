import { errorTable } from '../../errors.js';
import { isRetryable, publicDetail, retrySeconds } from '../public-error.js';
/** The codes of gRPC that are used here. Source: grpc/grpc `doc/statuscodes.md`. */
export const statusCodes = {
    OK: 0,
    CANCELLED: 1,
    INVALID_ARGUMENT: 3,
    DEADLINE_EXCEEDED: 4,
    NOT_FOUND: 5,
    PERMISSION_DENIED: 7,
    RESOURCE_EXHAUSTED: 8,
    FAILED_PRECONDITION: 9,
    UNIMPLEMENTED: 12,
    INTERNAL: 13,
    UNAVAILABLE: 14,
    UNAUTHENTICATED: 16,
};
/** What each HTTP status of the table of errors is here. */
const byHttpStatus = {
    400: 'INVALID_ARGUMENT',
    401: 'UNAUTHENTICATED',
    403: 'PERMISSION_DENIED',
    404: 'NOT_FOUND',
    405: 'UNIMPLEMENTED',
    408: 'DEADLINE_EXCEEDED',
    409: 'FAILED_PRECONDITION',
    413: 'INVALID_ARGUMENT',
    415: 'INVALID_ARGUMENT',
    422: 'INVALID_ARGUMENT',
    429: 'RESOURCE_EXHAUSTED',
    431: 'RESOURCE_EXHAUSTED',
    501: 'UNIMPLEMENTED',
    503: 'UNAVAILABLE',
    504: 'DEADLINE_EXCEEDED',
};
/** Where the HTTP status says less. */
const byCode = {
    ERR_OUT_OF_MEMORY: 'RESOURCE_EXHAUSTED',
    ERR_ROUTE_NOT_FOUND: 'UNIMPLEMENTED',
};
/** The other way, for errors that gRPC's library answers itself: what the log and the metrics call them. */
const httpStatuses = {
    [statusCodes.OK]: 200,
    [statusCodes.CANCELLED]: 499,
    [statusCodes.INVALID_ARGUMENT]: 400,
    [statusCodes.DEADLINE_EXCEEDED]: 504,
    [statusCodes.RESOURCE_EXHAUSTED]: 413,
    [statusCodes.UNIMPLEMENTED]: 501,
    [statusCodes.UNAVAILABLE]: 503,
};
/** The details are a header: clients take 8 KiB of them all. */
const mostDetails = 2000;
export function statusNameOf(code) {
    return byCode[code] ?? byHttpStatus[errorTable[code].status] ?? 'INTERNAL';
}
/** The status of HTTP that stands for one of gRPC. */
export function httpStatusOf(status) {
    return httpStatuses[status] ?? 500;
}
/** The sentence about an error that its caller may read, such that a header can hold it. */
export function detailsOf(error) {
    // What is no Unicode would end the process in the library.
    return Buffer.from(publicDetail(error).slice(0, mostDetails)).toString();
}
/** What a call is ended with. */
export function statusOf(grpc, error, trailers = new grpc.Metadata()) {
    trailers.set('x-error-code', error.code);
    if (isRetryable(error)) {
        const seconds = retrySeconds();
        trailers.set('retry-after', seconds);
        // What clients with a policy for retries read.
        trailers.set('grpc-retry-pushback-ms', String(Number(seconds) * 1000));
    }
    return { code: grpc.status[statusNameOf(error.code)], details: detailsOf(error), metadata: trailers };
}
