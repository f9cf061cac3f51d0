/** Who a temporary file belongs to, by its name: a cache may be shared by machines and containers. */

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Processes' numbers mean nothing elsewhere: after another boot, on another machine, in another container (pid_namespaces(7)). */
const place = [
  hostname(),
  orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)),
  orNothing(() => readlinkSync('/proc/self/ns/pid')),
]
  .join('.')
  .replace(/[^\w.-]/g, '');

/** This process, in the names of its files. */
export const owner = ownerName(process.pid);

/** A process of this place. */
export function ownerName(pid: number): string {
  return `${place}-${pid}`;
}

/** Whether the process is there; unknown for one of another place. */
export function stateOf(name: string): 'alive' | 'gone' | 'unknown' {
  const [, where, pid] = /^(.*)-(\d+)$/.exec(name) ?? [];
  if (where !== place) return 'unknown';
  return isAlive(Number(pid)) ? 'alive' : 'gone';
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
