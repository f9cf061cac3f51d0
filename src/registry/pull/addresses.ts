/** Which addresses of the internet protocol are whose. */
import { BlockList, isIPv4 } from 'node:net';

type Range = readonly [address: string, bits: number];

/** IANA's registries of special purposes, less what is reached over the internet. */
const special4: readonly Range[] = [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
  ] as const),
  ...([
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
  ] as const),
  ...([
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ] as const),
];
/** Of 2000::/3: what stands for another address, or for none. */
const special6: readonly Range[] = [
  ...([
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['3fff::', 20],
  ] as const),
];

const special = list(special4, special6);
const global6 = list([], [['2000::', 3]]);
const loopback = list([['127.0.0.0', 8]], [['::1', 128]]);
const linkLocal = list([['169.254.0.0', 16]], [['fe80::', 10]]);

function list(of4: readonly Range[], of6: readonly Range[]): BlockList {
  const block = new BlockList();
  for (const [address, bits] of of4) block.addSubnet(address, bits, 'ipv4');
  for (const [address, bits] of of6) block.addSubnet(address, bits, 'ipv6');
  return block;
}

/** Anybody's: neither this machine, nor its network, nor a range with a meaning of its own. */
export function isPublic(address: string): boolean {
  const [plain, family] = unwrapped(address);
  if (family === 'ipv6' && !global6.check(plain, family)) return false;
  return !special.check(plain, family);
}

/** This machine's own. */
export function isLoopback(address: string): boolean {
  return loopback.check(...unwrapped(address));
}

/** Of the link alone: where clouds keep the credentials of a machine. */
export function isLinkLocal(address: string): boolean {
  const [plain, family] = unwrapped(address);
  return (family === 'ipv4' || address.includes(':')) && linkLocal.check(plain, family);
}

/** An IPv4 address that is written as one of IPv6 is one of IPv4. */
function unwrapped(address: string): [address: string, family: 'ipv4' | 'ipv6'] {
  if (isIPv4(address)) return [address, 'ipv4'];
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted !== undefined) return [dotted, 'ipv4'];
  const words = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address);
  if (!words) return [address, 'ipv6'];
  const [high, low] = [parseInt(words[1] as string, 16), parseInt(words[2] as string, 16)];
  return [`${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`, 'ipv4'];
}
