/** The answers with errors: which there are, under which status, and in which form. */
import { errorTable, type ErrorCode } from '../../errors.js';
import { statusOf, type ErrorForm } from '../http/error-forms.js';
import type { Scope } from '../security/scope.js';
import type { Json } from './operation.js';

/** What a server asks its callers for. */
export interface DescribedSecurity {
  readonly hasTokens: boolean;
  readonly hasRateLimit: boolean;
}

/** What any request may be answered, whatever its route. */
const everywhere: readonly ErrorCode[] = [
  'ERR_BAD_REQUEST',
  'ERR_FORBIDDEN',
  'ERR_QUEUE_FULL',
  'ERR_HEADERS_TOO_LARGE',
  'ERR_INTERNAL',
  'ERR_REQUEST_TIMEOUT',
  'ERR_PAYLOAD_TOO_LARGE',
  'ERR_NOT_IMPLEMENTED',
  'ERR_HTTP_VERSION',
];

/** Of those: what the parser of HTTP finds, before there is a route. They are always problem documents. */
const beforeRoutes: ReadonlySet<ErrorCode> = new Set([
  'ERR_BAD_REQUEST',
  'ERR_HEADERS_TOO_LARGE',
  'ERR_REQUEST_TIMEOUT',
  'ERR_PAYLOAD_TOO_LARGE',
  'ERR_HTTP_VERSION',
]);

const problem: Json = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
};
const contents: Readonly<Record<ErrorForm, Json>> = {
  problem,
  oip: { 'application/json': { schema: { $ref: '#/components/schemas/OipError' } } },
  torchserve: { 'application/json': { schema: { $ref: '#/components/schemas/TorchServeError' } } },
};

/** One response for each status of these errors. Its description names their codes. */
export function errorResponses(
  own: readonly ErrorCode[],
  form: ErrorForm,
  scope: Scope,
  security: DescribedSecurity,
): Record<string, Json> {
  const codes = new Set([...own, ...everywhere]);
  if (security.hasTokens && scope !== 'none') codes.add('ERR_UNAUTHENTICATED').add('ERR_RATE_LIMIT');
  if (security.hasRateLimit && scope === 'infer') codes.add('ERR_RATE_LIMIT');
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const status = statusOf(form, code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, of]) => [status, errorResponse(status, of, form)]));
}

function errorResponse(status: number, codes: readonly ErrorCode[], form: ErrorForm): Json {
  return {
    description: codes.map((code) => `${code}: ${errorTable[code].title}.`).join(' '),
    headers: {
      ...headersOfAll,
      ...(form !== 'problem' && { 'X-Error-Code': { $ref: '#/components/headers/ErrorCode' } }),
      ...((status === 429 || status === 503) && { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }),
      ...(status === 401 && { 'WWW-Authenticate': { $ref: '#/components/headers/Challenge' } }),
    },
    content: { ...contents[form], ...(codes.some((code) => beforeRoutes.has(code)) && problem) },
  };
}

/** Of every response. */
export const headersOfAll: Json = {
  'X-Request-Id': { $ref: '#/components/headers/RequestId' },
  'Server-Timing': { $ref: '#/components/headers/ServerTiming' },
};

/** Of every request. */
export const parametersOfAll: readonly Json[] = [{ $ref: '#/components/parameters/ServerTiming' }];

/** The components that operations refer to. */
export const parameterComponents: Json = {
  ServerTiming: {
    name: 'X-Server-Timing',
    in: 'header',
    description: '`on`: the answer says in Server-Timing how long the request took. Anything else means nothing.',
    schema: { type: 'string' },
    example: 'on',
  },
};

/** The components that responses refer to. */
export const headerComponents: Json = {
  RequestId: {
    description: "The request's own X-Request-Id, or a new one. It is in the log.",
    required: true,
    schema: { type: 'string', pattern: '^[\\w.-]{1,128}$' },
  },
  ErrorCode: {
    description: 'The code of the error, where its form has no place for it.',
    schema: { type: 'string', pattern: '^ERR_[A-Z0-9_]+$' },
  },
  ServerTiming: {
    description:
      'Where X-Server-Timing asks for it: milliseconds in the queue and in the run, as far as the request had them, and all ' +
      'together until the answer was sent (W3C Server Timing).',
    schema: { type: 'string', pattern: '^((queue|inference);dur=[0-9.]+, ){0,2}total;dur=[0-9.]+$' },
    example: 'queue;dur=0.215, inference;dur=1.082, total;dur=1.874',
  },
  RetryAfter: { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } },
  Challenge: { description: 'What to show (RFC 6750).', schema: { type: 'string' } },
};

/** Who may call a route, as OpenAPI has it. */
export function securityOf(scope: Scope, { hasTokens }: DescribedSecurity): Json {
  if (!hasTokens) return {};
  if (scope === 'none') return { security: [] };
  // From this machine metrics need none.
  if (scope === 'metrics') return { security: [{ bearer: [] }, {}] };
  return { security: [{ bearer: [scope] }] };
}
