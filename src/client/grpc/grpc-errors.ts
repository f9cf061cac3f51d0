import type { Metadata, ServiceError } from '@grpc/grpc-js';
import { isErrorCode, type ErrorCode } from '../../errors.js';
import { httpStatusOf, statusCodes } from '../../protocol/grpc/status.js';
import type { Deadline } from '../deadline.js';
import {
  codeOfStatus,
  InferenceConnectionError,
  InferenceProtocolError,
  InferenceServerError,
  InferenceTimeoutError,
  type InferenceClientError,
} from '../errors.js';

/** What a failed call of gRPC is here. */
export function errorOf(cause: ServiceError, operation: string, deadline: Deadline): InferenceClientError {
  const { details, metadata } = cause;
  const code: number = cause.code;
  if (code === statusCodes.DEADLINE_EXCEEDED && deadline.remainingMs <= 5) {
    const message = `Expected an answer to ${operation} in time but none came`;
    return new InferenceTimeoutError('ERR_TIMEOUT', message, { operation, cause });
  }
  // These come from the library, which has no other sign of it: a server that answers never speaks so.
  const isUnsent = /^(No connection established|Name resolution failed|Connection dropped while connecting)/.test(
    details,
  );
  if (code === statusCodes.UNAVAILABLE && (isUnsent || /^(Connection dropped|read E|write E)/.test(details))) {
    const message = `Expected a connection for ${operation} but it failed: ${details}`;
    return new InferenceConnectionError('ERR_CONNECTION', message, { operation, cause, sent: !isUnsent });
  }
  // What the deserializer threw.
  if (code === statusCodes.INTERNAL && details.startsWith('Response message parsing error')) {
    const message = `Expected an answer of the Open Inference Protocol to ${operation}: ${details}`;
    return new InferenceProtocolError('ERR_BAD_ANSWER', message, { operation, cause });
  }
  const isTooLarge = code === statusCodes.RESOURCE_EXHAUSTED && /^Received message .*larger than/.test(details);
  // The library says the same of an answer as a server does of a request, but a server sends metadata with it.
  if (isTooLarge && Object.keys(metadata?.getMap() ?? {}).length === 0) {
    const message = `Expected an answer of at most maxAnswerBytes to ${operation}: ${details}`;
    return new InferenceProtocolError('ERR_BAD_ANSWER', message, { operation, cause });
  }
  const status = isTooLarge ? 413 : httpStatusOf(code);
  return new InferenceServerError(
    said(metadata) ?? codeOfStatus(status),
    `${operation} was answered with ${status}: ${details || 'no message'}`,
    { operation, status, cause, serverMessage: details, retryAfterMs: retryAfter(metadata) },
  );
}

function said(metadata: Metadata | undefined): ErrorCode | undefined {
  const code = metadata?.get('x-error-code')[0];
  return isErrorCode(code) ? code : undefined;
}

function retryAfter(metadata: Metadata | undefined): number | undefined {
  const pushback = metadata?.get('grpc-retry-pushback-ms')[0];
  const ms = pushback === undefined ? NaN : Number(pushback);
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}
