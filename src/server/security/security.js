import { performance } from 'node:perf_hooks';
import { torchError } from '../../errors.js';
import { requireProtected } from './bind.js';
import { browserCheck } from './browser.js';
import { Guard } from './guard.js';
import { RateLimit } from './rate-limit.js';
import { TlsStore } from './tls.js';
import { TokenStore } from './token-store.js';
import { WrongTokens } from './wrong-tokens.js';
/** Who is let in, over every protocol and listener of one server. */
export class Security {
    /** Whether callers are asked for anything at all: while they are not, nobody needs to call `authorize`. */
    isAsking;
    hasTokens;
    hasRateLimit;
    /** The certificates, where connections are encrypted. */
    tls;
    #tokens;
    #guard;
    #allowedHosts;
    #isInsecure;
    #hasClientCertificates;
    /** @throws ERR_CONFIG for tokens and certificates that cannot be used */
    constructor(settings, logger, now = () => performance.now()) {
        const { tokensFile, tokens, rateLimit, tlsCa } = settings;
        const rate = rateLimit ? new RateLimit(rateLimit, settings.rateBurst ?? Math.ceil(rateLimit), now) : undefined;
        const isGiven = tokensFile !== undefined || (tokens ?? '').trim() !== '';
        this.#tokens = isGiven ? new TokenStore({ file: tokensFile, text: tokens }, logger) : undefined;
        this.#guard = new Guard(this.#tokens, new WrongTokens(now), rate);
        this.#allowedHosts = settings.allowedHosts ?? [];
        this.#isInsecure = settings.insecure ?? false;
        this.#hasClientCertificates = tlsCa !== undefined;
        this.hasTokens = isGiven;
        this.hasRateLimit = rate !== undefined;
        this.isAsking = this.hasTokens || this.hasRateLimit;
        this.tls = tlsOf(settings, logger);
    }
    /** As Guard.authorize: whom the caller stands for, or an error of status 401, 403 or 429. */
    authorize(caller, scope) {
        return this.#guard.authorize(caller, scope);
    }
    /** What a request over a listener of that name is asked before its route; undefined: nothing. */
    requestCheck(hostname) {
        return browserCheck(hostname, this.#allowedHosts);
    }
    /**
     * Call it before listening. @param what HTTP, gRPC or admin
     * @throws ERR_CONFIG when strangers would reach what they should not
     */
    requireProtected(what, hostname) {
        requireProtected(what, hostname, {
            hasTokens: this.hasTokens,
            hasClientCertificates: this.#hasClientCertificates,
            isInsecure: this.#isInsecure,
        });
    }
    /** Reads tokens and certificates again. What is wrong is logged, and what was before goes on. */
    reload() {
        this.#tokens?.reload();
        this.tls?.reload();
    }
    /** Looks at no file any more. */
    close() {
        this.#tokens?.close();
        this.tls?.close();
    }
}
function tlsOf({ tlsCert, tlsKey, tlsCa }, logger) {
    if (tlsCert !== undefined && tlsKey !== undefined) {
        return new TlsStore({ cert: tlsCert, key: tlsKey, ca: tlsCa }, logger);
    }
    if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined)
        return undefined;
    throw torchError('ERR_CONFIG', 'Expected tlsCert and tlsKey together; tlsCa needs both');
}
