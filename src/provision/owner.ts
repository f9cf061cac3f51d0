/** Who a temporary file belongs to, by its name: a cache may be shared by machines and containers. */

import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

const place = `${hostname()}.${pidNamespace()}`.replace(/[^\w.-]/g, '');

/** This process, in the names of its files. */
export const owner = ownerName(process.pid);

/** A process of this host and container. */
export function ownerName(pid: number): string {
  return `${place}-${pid}`;
}

/** Whether the process has certainly ended. Of another host or container nothing is known: its numbers mean nothing here. */
export function isGone(name: string): boolean {
  const [, where, pid] = /^(.*)-(\d+)$/.exec(name) ?? [];
  return where === place && !isAlive(Number(pid));
}

/** Containers of one host may share its name, but not their processes' numbers (pid_namespaces(7)). */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
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
