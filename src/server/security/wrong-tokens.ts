import { networkOf } from './network.js';
import type { Token } from './token-text.js';

/** So many wrong tokens of one address within the time below are answered 401; further ones 429. */
const mostWrong = 20;
const windowMs = 60_000;
const mostAddresses = 4096;
/** Addresses that are remembered for each token, and tokens: more than are good at once. */
const mostHomes = 256;
const mostTokens = 1024;

interface Record {
  wrong: number;
  readonly until: number;
}

/**
 * Counts wrong tokens by the address they come from. An address with too many is shut out, with one exception: a token that
 * was good from there before stays good, so that nobody behind the same proxy is shut out by a neighbour.
 */
export class WrongTokens {
  readonly #now: () => number;
  /** Oldest first. */
  readonly #records = new Map<string, Record>();
  /** Where each token was good from, by its digest: a tokens file that is read again has the same tokens. Oldest first. */
  readonly #homes = new Map<string, Set<string>>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds that the address is shut out for; 0 when it is not. */
  waitOf(address: string): number {
    if (this.#records.size === 0) return 0;
    const record = this.#records.get(networkOf(address));
    if (!record || record.wrong < mostWrong) return 0;
    return Math.max(0, record.until - this.#now());
  }

  /** A wrong token came from there. */
  count(address: string): void {
    const key = networkOf(address);
    const now = this.#now();
    const record = this.#records.get(key);
    if (record && record.until > now) {
      record.wrong++;
      return;
    }
    this.#records.delete(key);
    if (this.#records.size >= mostAddresses) this.#makeRoom(now);
    this.#records.set(key, { wrong: 1, until: now + windowMs });
  }

  /** Whether the token was good from there before; remembers it, unless the address is shut out. */
  isAtHome({ digest }: Pick<Token, 'digest'>, address: string, isShutOut: boolean): boolean {
    const key = digest.toString('hex');
    const home = networkOf(address);
    let homes = this.#homes.get(key);
    if (homes?.has(home)) return true;
    if (isShutOut) return false;
    if (!homes) {
      dropOldest(this.#homes, mostTokens);
      this.#homes.set(key, (homes = new Set()));
    }
    dropOldest(homes, mostHomes);
    homes.add(home);
    return true;
  }

  #makeRoom(now: number): void {
    for (const [key, { until }] of this.#records) {
      // In the order in which their times end.
      if (until > now && this.#records.size < mostAddresses) return;
      this.#records.delete(key);
    }
  }
}

/** Makes room for one more. */
function dropOldest(held: Map<string, unknown> | Set<string>, most: number): void {
  if (held.size >= most) held.delete(held.keys().next().value as string);
}
