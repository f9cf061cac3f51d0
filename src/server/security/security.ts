import { performance } from 'node:perf_hooks';
import type { Logger } from '../../monitoring/logging.js';
import { requireProtected, requireTlsPair } from './bind.js';
import { browserCheck, type RequestCheck } from './browser.js';
import { Guard, type Caller } from './guard.js';
import { RateLimit } from './rate-limit.js';
import type { Scope } from './scope.js';
import { TlsStore } from './tls.js';
import { TokenStore } from './token-store.js';
import { WrongTokens } from './wrong-tokens.js';

/** The settings of the same names: docs/security.md. */
export interface SecuritySettings {
  readonly tokensFile?: string | undefined;
  /** Tokens themselves, as the file has them. */
  readonly tokens?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly allowedHosts?: readonly string[] | undefined;
  /** Requests a second of each client. */
  readonly rateLimit?: number | undefined;
  /** Requests of a client at once. Default: those of a second. */
  readonly rateBurst?: number | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsCa?: string | undefined;
}

/** Who is let in, over every protocol and listener of one server. */
export class Security {
  /** Whether callers are asked for anything at all: while they are not, nobody needs to call `authorize`. */
  readonly isAsking: boolean;
  readonly hasTokens: boolean;
  readonly hasRateLimit: boolean;
  /** The certificates, where connections are encrypted. */
  readonly tls: TlsStore | undefined;
  readonly #tokens: TokenStore | undefined;
  readonly #guard: Guard;
  readonly #allowedHosts: readonly string[];
  readonly #isInsecure: boolean;
  readonly #hasClientCertificates: boolean;

  /** @throws ERR_CONFIG for tokens and certificates that cannot be used */
  constructor(settings: SecuritySettings, logger: Logger, now: () => number = () => performance.now()) {
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

  /** As Guard.authorize: the id of the caller's token, if one was asked for, or an error of status 401, 403 or 429. */
  authorize(caller: Caller, scope: Scope): string | undefined {
    return this.#guard.authorize(caller, scope);
  }

  /** What a request over a listener of that name is asked before its route; undefined: nothing. */
  requestCheck(hostname: string | undefined): RequestCheck | undefined {
    return browserCheck(hostname, this.#allowedHosts);
  }

  /**
   * Call it before listening. @param what HTTP, gRPC or admin
   * @throws ERR_CONFIG when strangers would reach what they should not
   */
  requireProtected(what: string, hostname: string): void {
    requireProtected(what, hostname, {
      hasTokens: this.hasTokens,
      hasClientCertificates: this.#hasClientCertificates,
      isInsecure: this.#isInsecure,
    });
  }

  /** Reads tokens and certificates again. What is wrong is logged, and what was before goes on. */
  reload(): void {
    this.#tokens?.reload();
    this.tls?.reload();
  }

  /** Looks at no file any more. */
  close(): void {
    this.#tokens?.close();
    this.tls?.close();
  }
}

function tlsOf({ tlsCert, tlsKey, tlsCa }: SecuritySettings, logger: Logger): TlsStore | undefined {
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return new TlsStore({ cert: tlsCert, key: tlsKey, ca: tlsCa }, logger);
  }
  requireTlsPair({ tlsCert, tlsKey, tlsCa });
  return undefined;
}
