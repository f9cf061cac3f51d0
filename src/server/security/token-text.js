import { createHash } from 'node:crypto';
import { describe, torchError } from '../../errors.js';
import { tokenScopes } from './scope.js';
/** Every request is compared with every token. */
const mostTokens = 256;
/** Begins with a letter, so that no id is an address. */
const idForm = /^[A-Za-z][\w.-]{0,63}$/;
/** What RFC 6750 allows after `Bearer`; shorter ones can be guessed. */
const secretForm = /^[\w.~+/-]{16,512}={0,2}$/;
const digestForm = /^[0-9a-f]{64}$/i;
const hashed = 'sha256:';
const idWords = 'a letter and at most 63 letters, digits, ., _ and -';
const secretWords = 'a token of 16 to 512 letters, digits, ., _, ~, +, / and -';
/**
 * Reads tokens: the JSON `{"tokens": [{"id", "scopes", "token" | "sha256", "expires"}]}`, or lines of `id scopes token
 * [expires]` with scopes separated by commas and `sha256:…` for a token that is only known by its hash. A line of one word
 * is a token with every scope.
 * @param source what the text is called in messages, which never quote it
 * @throws ERR_CONFIG naming the source, the position and what was expected
 */
export function parseTokens(text, source) {
    const tokens = text.trimStart().startsWith('{') ? ofJson(text, source) : ofLines(text, source);
    if (tokens.length > mostTokens)
        throw fault(source, '', `at most ${mostTokens} tokens`, tokens.length);
    const seen = new Set();
    for (const { digest } of tokens) {
        const hex = digest.toString('hex');
        if (seen.has(hex))
            throw torchError('ERR_CONFIG', `Expected each token once in ${source}`);
        seen.add(hex);
    }
    return tokens;
}
/** SHA-256 of a token's text, which is what is kept and compared. */
export function digestOf(secret) {
    return createHash('sha256').update(secret).digest();
}
function ofLines(text, source) {
    const tokens = [];
    for (const [index, line] of text.split(/\r?\n|;/).entries()) {
        const fields = line.trim().split(/\s+/);
        if (fields[0] === '' || fields[0]?.startsWith('#'))
            continue;
        const where = `line ${index + 1} of `;
        if (fields.length === 1) {
            tokens.push(tokenOf({ id: 'default', scopes: tokenScopes, token: fields[0] }, source, where));
            continue;
        }
        if (fields.length > 4)
            throw fault(source, where, 'id, scopes, token and perhaps an end', fields.length);
        const [id, scopes = '', secret = '', expires] = fields;
        const isHashed = secret.startsWith(hashed);
        const given = isHashed ? { sha256: secret.slice(hashed.length) } : { token: secret };
        tokens.push(tokenOf({ id, scopes: scopes.split(','), ...given, expires }, source, where));
    }
    return tokens;
}
function ofJson(text, source) {
    let value;
    try {
        value = JSON.parse(text);
    }
    catch {
        // The parser's own message quotes the text.
        throw torchError('ERR_CONFIG', `Expected JSON in ${source}, because it begins with {`);
    }
    const { tokens, ...more } = value;
    const [unknown] = Object.keys(more);
    if (unknown !== undefined)
        throw fault(source, '', 'the member tokens alone', unknown);
    if (!Array.isArray(tokens))
        throw fault(source, '', 'an array tokens', tokens);
    return tokens.map((token, index) => {
        const where = `tokens[${index}] of `;
        if (typeof token !== 'object' || token === null)
            throw fault(source, where, 'an object', token);
        return tokenOf(token, source, where);
    });
}
const members = ['id', 'scopes', 'token', 'sha256', 'expires'];
function tokenOf(given, source, where) {
    const unknown = Object.keys(given).find((member) => !members.includes(member));
    if (unknown !== undefined)
        throw fault(source, where, `no member but ${members.join(', ')}`, unknown);
    const { id, scopes, token, sha256, expires } = given;
    if (typeof id !== 'string' || !idForm.test(id))
        throw fault(source, `the id of ${where}`, idWords, id);
    return {
        id,
        scopes: scopesOf(scopes, source, where),
        digest: digestGiven(token, sha256, source, where),
        expires: endOf(expires, source, where),
    };
}
function scopesOf(scopes, source, where) {
    const given = new Set(Array.isArray(scopes) ? scopes : []);
    const isKnown = [...given].every((scope) => tokenScopes.includes(scope));
    if (given.size > 0 && isKnown)
        return given;
    throw fault(source, `the scopes of ${where}`, `one or both of ${tokenScopes.join(', ')}`, undefined);
}
/** The received value is never told: it may be a token. */
function digestGiven(token, sha256, source, where) {
    if (token !== undefined && sha256 !== undefined) {
        throw torchError('ERR_CONFIG', `Expected token or sha256 in ${where}${source} but received both`);
    }
    if (sha256 !== undefined) {
        if (typeof sha256 === 'string' && digestForm.test(sha256))
            return Buffer.from(sha256, 'hex');
        throw torchError('ERR_CONFIG', `Expected 64 hexadecimal digits for sha256 in ${where}${source}`);
    }
    if (typeof token === 'string' && secretForm.test(token))
        return digestOf(token);
    throw torchError('ERR_CONFIG', `Expected ${secretWords} in ${where}${source}; \`node-libtorch token\` makes one`);
}
function endOf(expires, source, where) {
    if (expires === undefined)
        return Infinity;
    const time = typeof expires === 'string' && /^\d{4}-\d\d-\d\d/.test(expires) ? Date.parse(expires) : NaN;
    if (Number.isFinite(time))
        return time;
    throw fault(source, `expires of ${where}`, 'a date such as 2027-01-31 or 2027-01-31T12:00:00Z', expires);
}
function fault(source, where, what, got) {
    const received = got === undefined ? '' : ` but received ${describe(got)}`;
    return torchError('ERR_CONFIG', `Expected ${what} ${where.startsWith('the ') || where.startsWith('expires ') ? 'for' : 'in'} ${where}${source}${received}`);
}
