import { isIPv6 } from 'node:net';

/**
 * Whom limits count an address for: itself, or of IPv6 the network of its first 64 bits, because all of the last 64 bits are
 * its owner's to choose. An IPv4 address that is written as one of IPv6 is that of IPv4.
 */
export function networkOf(address: string): string {
  // Of the others none has a colon: every call comes here.
  if (!address.includes(':') || !isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    while (groups.length < 8 - rest.length) groups.push('0');
    groups.push(...rest);
  }
  return groups.slice(0, 4).join(':');
}
