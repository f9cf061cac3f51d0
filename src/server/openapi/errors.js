/** The answers with errors: which there are, under which status, and in which form. */
import { errorTable } from '../../errors.js';
import { statusOf } from '../http/error-forms.js';
/** What any request may be answered, whatever its route. */
const everywhere = [
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
const beforeRoutes = new Set([
    'ERR_BAD_REQUEST',
    'ERR_HEADERS_TOO_LARGE',
    'ERR_REQUEST_TIMEOUT',
    'ERR_PAYLOAD_TOO_LARGE',
    'ERR_HTTP_VERSION',
]);
const problem = {
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
};
const contents = {
    problem,
    oip: { 'application/json': { schema: { $ref: '#/components/schemas/OipError' } } },
    torchserve: { 'application/json': { schema: { $ref: '#/components/schemas/TorchServeError' } } },
};
/** One response for each status of these errors. Its description names their codes. */
export function errorResponses(own, form, scope, security) {
    const codes = new Set([...own, ...everywhere]);
    if (security.hasTokens && scope !== 'none')
        codes.add('ERR_UNAUTHENTICATED').add('ERR_RATE_LIMIT');
    if (security.hasRateLimit && scope === 'infer')
        codes.add('ERR_RATE_LIMIT');
    const byStatus = new Map();
    for (const code of codes) {
        const status = statusOf(form, code);
        byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
    }
    return Object.fromEntries([...byStatus].map(([status, of]) => [status, errorResponse(status, of, form)]));
}
function errorResponse(status, codes, form) {
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
export const headersOfAll = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };
/** The components that responses refer to. */
export const headerComponents = {
    RequestId: {
        description: "The request's own X-Request-Id, or a new one. It is in the log.",
        required: true,
        schema: { type: 'string', pattern: '^[\\w.-]{1,128}$' },
    },
    ErrorCode: {
        description: 'The code of the error, where its form has no place for it.',
        schema: { type: 'string', pattern: '^ERR_[A-Z0-9_]+$' },
    },
    RetryAfter: { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } },
    Challenge: { description: 'What to show (RFC 6750).', schema: { type: 'string' } },
};
/** Who may call a route, as OpenAPI has it. */
export function securityOf(scope, { hasTokens }) {
    if (!hasTokens)
        return {};
    if (scope === 'none')
        return { security: [] };
    // From this machine metrics need none.
    if (scope === 'metrics')
        return { security: [{ bearer: [] }, {}] };
    return { security: [{ bearer: [scope] }] };
}
