import { errorTable, type ErrorCode } from '../../errors.js';

/** Every code that `POST /predict` answers with; a test holds them to what it does. */
export const predictErrors: readonly ErrorCode[] = [
  'ERR_MALFORMED_JSON',
  'ERR_BAD_REQUEST',
  'ERR_MODEL_NOT_FOUND',
  'ERR_VERSION_NOT_FOUND',
  'ERR_REQUEST_TIMEOUT',
  'ERR_PAYLOAD_TOO_LARGE',
  'ERR_UNSUPPORTED_MEDIA_TYPE',
  'ERR_VALIDATION',
  'ERR_INVALID_SHAPE',
  'ERR_NOT_FINITE',
  'ERR_OUT_OF_RANGE',
  'ERR_TASK',
  'ERR_QUEUE_FULL',
  'ERR_HEADERS_TOO_LARGE',
  'ERR_MODEL_EXECUTION',
  'ERR_BAD_OUTPUT',
  'ERR_INTERNAL',
  'ERR_NOT_READY',
  'ERR_DRAINING',
  'ERR_DISPOSED',
  'ERR_OUT_OF_MEMORY',
  'ERR_DEVICE_FAILED',
  'ERR_TIMEOUT',
];

/** One response for each status, naming its codes. */
export function problemResponses(): Record<string, unknown> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of predictErrors) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, problemResponse(status, codes)]));
}

function problemResponse(status: number, codes: readonly ErrorCode[]) {
  return {
    description: codes.map((code) => `${code}: ${errorTable[code].title}.`).join(' '),
    ...((status === 429 || status === 503) && {
      headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } } },
    }),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}
