import { torchError } from '../../errors.js';
import { retryAfter } from '../public-error.js';
import { isLoopback } from './loopback.js';
/** Lets callers in by token and rate. */
export class Guard {
    #tokens;
    #wrong;
    #rate;
    constructor(tokens, wrong, rate) {
        this.#tokens = tokens;
        this.#wrong = wrong;
        this.#rate = rate;
    }
    /**
     * Returns whom the caller stands for: the id of its token, else its address.
     * @throws ERR_UNAUTHENTICATED, ERR_FORBIDDEN for a token of another scope, ERR_RATE_LIMIT for too many requests or wrong tokens
     */
    authorize(caller, scope) {
        const { address = 'unknown' } = caller;
        if (scope === 'none')
            return address;
        const isOpen = this.#tokens === undefined || (scope === 'metrics' && isLoopback(address));
        const client = isOpen ? address : this.#tokenOf(this.#tokens, caller.authorization, address, scope).id;
        const waitMs = scope === 'infer' && this.#rate ? this.#rate.waitOf(client) : 0;
        if (waitMs > 0)
            throw tooMany('Expected fewer requests of this client', waitMs);
        return client;
    }
    #tokenOf(tokens, authorization, address, scope) {
        const secret = authorization === undefined ? undefined : bearerOf(authorization);
        if (secret === undefined)
            throw unauthenticated('Expected the header Authorization: Bearer with a token');
        const token = tokens.find(secret);
        const waitMs = this.#wrong.waitOf(address);
        if (waitMs > 0 && !(token && this.#wrong.isAtHome(token, address, true))) {
            throw tooMany('Expected fewer wrong tokens from this address', waitMs);
        }
        if (!token) {
            this.#wrong.count(address);
            throw unauthenticated('Expected a token that is known here and has not expired');
        }
        this.#wrong.isAtHome(token, address, false);
        if (scope === 'metrics' || scope === 'none' || token.scopes.has(scope))
            return token;
        throw torchError('ERR_FORBIDDEN', `Expected a token with the scope ${scope}`);
    }
}
/** The token of `Bearer TOKEN` (RFC 6750); an empty text, which no token is, for what is of another form. */
function bearerOf(authorization) {
    return /^bearer +([\w.~+/-]{1,512}={0,2}) *$/i.exec(authorization)?.[1] ?? '';
}
function unauthenticated(message) {
    return torchError('ERR_UNAUTHENTICATED', message);
}
function tooMany(message, waitMs) {
    return retryAfter(torchError('ERR_RATE_LIMIT', message), waitMs);
}
