import { torchError, type TorchError } from '../../errors.js';
import { retryAfter } from '../public-error.js';
import { isLoopback } from './loopback.js';
import { networkOf } from './network.js';
import type { RateLimit } from './rate-limit.js';
import type { Scope } from './scope.js';
import type { Token } from './token-text.js';
import type { TokenStore } from './token-store.js';
import type { WrongTokens } from './wrong-tokens.js';

/** Who calls, over any protocol. */
export interface Caller {
  /** The header, or metadata, `authorization`. */
  readonly authorization: string | undefined;
  /** The address of the connection's other end. */
  readonly address: string | undefined;
}

/** Lets callers in by token and rate. */
export class Guard {
  readonly #tokens: TokenStore | undefined;
  readonly #wrong: WrongTokens;
  readonly #rate: RateLimit | undefined;

  constructor(tokens: TokenStore | undefined, wrong: WrongTokens, rate: RateLimit | undefined) {
    this.#tokens = tokens;
    this.#wrong = wrong;
    this.#rate = rate;
  }

  /**
   * Returns the id of the caller's token; undefined where none was asked for. The rate counts one without a token for its network.
   * @throws ERR_UNAUTHENTICATED, ERR_FORBIDDEN for a token of another scope, ERR_RATE_LIMIT for too many requests or wrong tokens
   */
  authorize(caller: Caller, scope: Scope): string | undefined {
    const { address = 'unknown' } = caller;
    if (scope === 'none') return undefined;
    const isOpen = this.#tokens === undefined || (scope === 'metrics' && isLoopback(address));
    const id = isOpen ? undefined : this.#tokenOf(this.#tokens, caller.authorization, address, scope).id;
    const waitMs = scope === 'infer' && this.#rate ? this.#rate.waitOf(id ?? networkOf(address)) : 0;
    if (waitMs > 0) throw tooMany('Expected fewer requests of this client', waitMs);
    return id;
  }

  #tokenOf(tokens: TokenStore, authorization: string | undefined, address: string, scope: Scope): Token {
    const secret = authorization === undefined ? undefined : bearerOf(authorization);
    if (secret === undefined) throw unauthenticated('Expected the header Authorization: Bearer with a token');
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
    if (scope === 'metrics' || scope === 'none' || token.scopes.has(scope)) return token;
    throw torchError('ERR_FORBIDDEN', `Expected a token with the scope ${scope}`);
  }
}

/** The token of `Bearer TOKEN` (RFC 6750); an empty text, which no token is, for what is of another form. */
function bearerOf(authorization: string): string {
  return /^bearer +([\w.~+/-]{1,512}={0,2}) *$/i.exec(authorization)?.[1] ?? '';
}

function unauthenticated(message: string): TorchError {
  return torchError('ERR_UNAUTHENTICATED', message);
}

function tooMany(message: string, waitMs: number): TorchError {
  return retryAfter(torchError('ERR_RATE_LIMIT', message), waitMs);
}
