import { boolean, integer, milliseconds, object, oneOf, options as checkOptions, signal, text } from '../check.js';
import { expected, torchError } from '../errors.js';
const known = ['protocol', 'token', 'headers', 'timeoutMs', 'retries', 'maxAnswerBytes', 'tls', 'agent', 'fetch'];
const tlsKnown = ['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'];
/** @throws ERR_INVALID_ARGUMENT */
export function resolveOptions(address, options) {
    checkOptions('InferenceClient', options, known);
    const url = parseUrl(address);
    const named = /^grpcs?:$/.test(url.protocol) ? 'grpc' : 'http';
    const { protocol = named, token, headers = {}, timeoutMs = 60_000, retries = 2, tls, agent, fetch } = options;
    oneOf('protocol', protocol, ['http', 'grpc']);
    if (protocol === 'grpc' && url.pathname.length > 1)
        throw expected('no path in the URL', 'a client of gRPC', url.pathname);
    if (named === 'grpc' && protocol === 'http')
        throw expected('an http:// or https:// URL', 'the protocol http', address);
    if (typeof token !== 'function' && token !== undefined)
        checkToken(token);
    checkHeaders(headers);
    checkTimeout('timeoutMs', timeoutMs);
    integer('retries', retries, 0, 100);
    const { maxAnswerBytes = 2 ** 30 } = options;
    integer('maxAnswerBytes', maxAnswerBytes, 1, Number.MAX_SAFE_INTEGER);
    const isSecure = /^(https|grpcs):$/.test(url.protocol);
    checkTransport({ protocol, isSecure, tls, agent, fetch });
    const tellsTimeout = options.timeoutMs !== undefined;
    return {
        ...{ protocol, url, isSecure, token, headers, timeoutMs, tellsTimeout },
        ...{ retries, maxAnswerBytes, tls, agent, fetch },
    };
}
/** What one way cannot do is refused: an option that does nothing would be silence. */
function checkTransport({ protocol, isSecure, tls, agent, fetch }) {
    if (tls !== undefined) {
        checkOptions('tls', tls, tlsKnown);
        if (tls.rejectUnauthorized !== undefined)
            boolean('tls.rejectUnauthorized', tls.rejectUnauthorized);
        if (tls.servername !== undefined)
            text('tls.servername', tls.servername);
        if (!isSecure)
            throw expected('an https:// or grpcs:// URL', 'a client with tls', 'one without TLS');
    }
    if (agent !== undefined)
        object('agent', agent);
    if (fetch !== undefined && typeof fetch !== 'function')
        throw expected('a function', 'fetch', fetch);
    const given = Object.entries({ fetch, agent }).find(([, value]) => value !== undefined)?.[0];
    if (protocol === 'grpc' && given !== undefined)
        throw expected('no option of HTTP', 'a client of gRPC', given);
    if (fetch && (tls ?? agent))
        throw expected('neither tls nor agent', 'a client with fetch', tls ? 'tls' : 'agent');
}
function parseUrl(address) {
    const what = 'a URL such as http://127.0.0.1:8000';
    let url;
    try {
        url = new URL(address);
    }
    catch {
        throw expected(what, 'the address of the server', address);
    }
    if (!['http:', 'https:', 'grpc:', 'grpcs:'].includes(url.protocol) || url.hostname === '') {
        throw expected(`${what}, https://, grpc:// or grpcs://`, 'the address of the server', url.protocol);
    }
    // Never the URL itself: its password would end in logs.
    if (url.username !== '' || url.password !== '')
        throw expected('no user in the URL', 'the address', 'one (use token or headers)');
    if (url.search !== '' || url.hash !== '')
        throw expected('no query and no fragment', 'the address', url.search + url.hash);
    return url;
}
/** @throws ERR_INVALID_ARGUMENT */
function checkTimeout(name, value) {
    if (value !== Infinity)
        milliseconds(name, value);
}
/** @throws ERR_INVALID_ARGUMENT, which never shows the token */
function checkToken(token) {
    if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token))
        return;
    throw torchError('ERR_INVALID_ARGUMENT', 'Expected visible ASCII characters without spaces for token');
}
/** @throws ERR_INVALID_ARGUMENT; what the caller's function throws */
export async function tokenOf(token) {
    if (typeof token === 'string')
        return token;
    const fresh = await token();
    checkToken(fresh);
    return fresh;
}
/** Names that the client writes itself. */
const reserved = /^(host|connection|content-length|transfer-encoding|inference-header-content-length)$/i;
/** @throws ERR_INVALID_ARGUMENT, which never shows a value: it may be a secret */
function checkHeaders(headers) {
    object('headers', headers);
    for (const [name, value] of Object.entries(headers)) {
        if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name))
            throw expected('a name of a header', 'headers', name);
        if (reserved.test(name))
            throw expected('no header that the client writes itself', 'headers', name);
        if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
            throw torchError('ERR_INVALID_ARGUMENT', `Expected a string of Latin-1 without line ends for the header ${name}`);
        }
    }
}
const callKnown = ['timeoutMs', 'signal', 'headers'];
/** @throws ERR_INVALID_ARGUMENT */
export function checkCall(where, options, more = []) {
    checkOptions(where, options, [...callKnown, ...more]);
    const { timeoutMs, headers } = options;
    if (timeoutMs !== undefined)
        checkTimeout('timeoutMs', timeoutMs);
    signal(options.signal);
    if (headers !== undefined)
        checkHeaders(headers);
}
