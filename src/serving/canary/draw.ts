import { createHash } from 'node:crypto';

/**
 * Where a text falls between 0 and 1: the same in every process and after each restart, and evenly for texts of any kind. Another
 * version draws anew, so that it is not the same callers who try each of them.
 */
export function drawOf(name: string, version: string, key: string): number {
  const digest = createHash('sha256').update(`${name} ${version} ${key}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
