import type { Metadata, StatusObject } from '@grpc/grpc-js';
import { errorTable, type ErrorCode, type TorchError } from '../../errors.js';
import type { Grpc } from '../../protocol/grpc/library.js';
import type { statusCodes } from '../../protocol/grpc/status.js';
import { isRetryable, publicDetail, retrySeconds } from '../public-error.js';

export type StatusName = keyof typeof statusCodes;

/** What each HTTP status of the table of errors is here. */
const byHttpStatus: Readonly<Record<number, StatusName>> = {
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
  423: 'UNAVAILABLE',
  429: 'RESOURCE_EXHAUSTED',
  431: 'RESOURCE_EXHAUSTED',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
  507: 'RESOURCE_EXHAUSTED',
};

/** Where the HTTP status says less. */
const byCode: Partial<Record<ErrorCode, StatusName>> = {
  ERR_OUT_OF_MEMORY: 'RESOURCE_EXHAUSTED',
  ERR_ROUTE_NOT_FOUND: 'UNIMPLEMENTED',
};

/** The details are a header: clients take 8 KiB of them all. */
const mostDetails = 2000;

export function statusNameOf(code: ErrorCode): StatusName {
  return byCode[code] ?? byHttpStatus[errorTable[code].status] ?? 'INTERNAL';
}

/** The sentence about an error that its caller may read, such that a header can hold it. */
export function detailsOf(error: TorchError): string {
  // What is no Unicode would end the process in the library.
  return Buffer.from(publicDetail(error).slice(0, mostDetails)).toString();
}

/** What a call is ended with. */
export function statusOf(grpc: Grpc, error: TorchError, trailers: Metadata = new grpc.Metadata()): StatusObject {
  trailers.set('x-error-code', error.code);
  if (isRetryable(error)) {
    const seconds = retrySeconds(error);
    trailers.set('retry-after', seconds);
    // What clients with a policy for retries read.
    trailers.set('grpc-retry-pushback-ms', String(Number(seconds) * 1000));
  }
  return { code: grpc.status[statusNameOf(error.code)], details: detailsOf(error), metadata: trailers };
}
