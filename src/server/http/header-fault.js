import { torchError } from '../../errors.js';
/** What node passes on although HTTP/1.1 has no answer for it, or another one than a handler would give. */
export function headerFault(req, maxHeaders) {
    const { rawHeaders, headers, httpVersion } = req;
    if (httpVersion !== '1.1' && httpVersion !== '1.0') {
        return torchError('ERR_HTTP_VERSION', `Expected HTTP/1.1 but received HTTP/${httpVersion}`);
    }
    if (rawHeaders.length > 2 * maxHeaders) {
        return torchError('ERR_HEADERS_TOO_LARGE', `Expected at most ${maxHeaders} header lines`);
    }
    if (headers.host === undefined ? httpVersion === '1.1' : !hostForm.test(headers.host)) {
        return badRequest(headers.host === undefined ? 'Expected a Host header' : 'Expected a host and a port in the header Host');
    }
    const coding = headers['transfer-encoding'];
    return repeatedFault(rawHeaders) ?? (coding === undefined ? undefined : codingFault(coding, httpVersion));
}
/** The characters of an authority (RFC 3986 §3.2), without a user; an empty one is allowed. */
const hostForm = /^[\w.~!$&'()*+,;=%:[\]-]*$/;
/** Node keeps the first line of these and drops the others: whoever forwards the request may have read another one. */
const singular = {
    host: 1,
    'content-type': 2,
    'content-length': 4,
    authorization: 8,
};
const lengths = new Set(Object.keys(singular).map((name) => name.length));
function repeatedFault(rawHeaders) {
    let seen = 0;
    for (let index = 0; index < rawHeaders.length; index += 2) {
        const name = rawHeaders[index];
        if (!lengths.has(name.length))
            continue;
        const bit = singular[name.toLowerCase()] ?? 0;
        if ((seen & bit) !== 0)
            return badRequest(`Expected one header line ${name.toLowerCase()} but received several`);
        seen |= bit;
    }
    return undefined;
}
/** Chunks are the one coding that node takes off a body; what is left of others would be taken for the body. */
function codingFault(value, httpVersion) {
    if (httpVersion === '1.0')
        return badRequest('Expected no transfer-encoding in a request of HTTP/1.0');
    const names = value
        .toLowerCase()
        .split(',')
        .map((name) => name.trim());
    if (names.length === 1 && names[0] === 'chunked')
        return undefined;
    // Nobody knows where such a body ends (RFC 9112 §6.3).
    if (names.at(-1) !== 'chunked')
        return badRequest('Expected transfer-encoding to end with chunked');
    if (names.every((name) => name === 'chunked'))
        return badRequest('Expected transfer-encoding chunked once');
    return torchError('ERR_NOT_IMPLEMENTED', 'Expected no transfer-encoding but chunked');
}
function badRequest(message) {
    return torchError('ERR_BAD_REQUEST', message);
}
