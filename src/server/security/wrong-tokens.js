import { isIPv6 } from 'node:net';
/** So many wrong tokens of one address within the time below are answered 401; further ones 429. */
const mostWrong = 20;
const windowMs = 60_000;
const mostAddresses = 4096;
/** Addresses that are remembered for each token. */
const mostHomes = 256;
/**
 * Counts wrong tokens by the address they come from. An address with too many is shut out, with one exception: a token that
 * was good from there before stays good, so that nobody behind the same proxy is shut out by a neighbour.
 */
export class WrongTokens {
    #now;
    /** Oldest first. */
    #records = new Map();
    /** The digests' hosts: where each token was good from. */
    #homes = new WeakMap();
    /** @param now milliseconds of a clock that never goes back */
    constructor(now) {
        this.#now = now;
    }
    /** Milliseconds that the address is shut out for; 0 when it is not. */
    waitOf(address) {
        if (this.#records.size === 0)
            return 0;
        const record = this.#records.get(networkOf(address));
        if (!record || record.wrong < mostWrong)
            return 0;
        return Math.max(0, record.until - this.#now());
    }
    /** A wrong token came from there. */
    count(address) {
        const key = networkOf(address);
        const now = this.#now();
        const record = this.#records.get(key);
        if (record && record.until > now) {
            record.wrong++;
            return;
        }
        this.#records.delete(key);
        if (this.#records.size >= mostAddresses)
            this.#makeRoom(now);
        this.#records.set(key, { wrong: 1, until: now + windowMs });
    }
    /** Whether the token was good from there before; remembers it, unless the address is shut out. */
    isAtHome(token, address, isShutOut) {
        let homes = this.#homes.get(token);
        if (homes?.has(address))
            return true;
        if (isShutOut)
            return false;
        if (!homes)
            this.#homes.set(token, (homes = new Set()));
        if (homes.size >= mostHomes)
            homes.delete(homes.values().next().value);
        homes.add(address);
        return true;
    }
    #makeRoom(now) {
        for (const [key, { until }] of this.#records) {
            // In the order in which their times end.
            if (until > now && this.#records.size < mostAddresses)
                return;
            this.#records.delete(key);
        }
    }
}
/** What one attacker has at least: all of an IPv6 address's last 64 bits are its own. */
export function networkOf(address) {
    if (!isIPv6(address))
        return address;
    const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
    const groups = head === '' ? [] : head.split(':');
    if (tail !== undefined) {
        const rest = tail === '' ? [] : tail.split(':');
        while (groups.length < 8 - rest.length)
            groups.push('0');
        groups.push(...rest);
    }
    return groups.slice(0, 4).join(':');
}
