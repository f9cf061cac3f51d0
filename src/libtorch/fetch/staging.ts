/** Temporary folders beside the sets, on the same file system, so that a rename moves a finished folder into place. */

import { readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../files/alive.js';

const prefix = '.tmp-';
/** Longer than any fetch takes. A process on another machine may still be working on younger folders. */
const staleMs = 6 * 3600 * 1000;
/** Longer than any process fetches, a machine that sleeps meanwhile included: the number is another process's by now. */
const reusedMs = 7 * 24 * 3600 * 1000;

export interface Staging extends AsyncDisposable {
  readonly path: string;
}

/** Makes a folder under `root`, which must exist; disposing removes it. Also removes folders that killed processes left. */
export async function openStaging(root: string): Promise<Staging> {
  await sweep(root);
  const path = await mkdtemp(join(root, `${prefix}${owner}-`));
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function sweep(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith(prefix) && (await isStale(join(root, name), name))) {
      await rm(join(root, name), { recursive: true, force: true });
    }
  }
}

async function isStale(path: string, name: string): Promise<boolean> {
  const made = await stat(path).catch(() => undefined);
  if (made === undefined) return false;
  const state = stateOf(name.slice(prefix.length, name.lastIndexOf('-')));
  return state === 'gone' || Date.now() - made.mtimeMs > (state === 'alive' ? reusedMs : staleMs);
}

/**
 * Where this process runs: the machine, its boot and the container (pid_namespaces(7)). A process's number means nothing
 * elsewhere, and a cache may be shared by machines and containers.
 */
const home = [
  hostname(),
  orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)),
  orNothing(() => readlinkSync('/proc/self/ns/pid')),
]
  .join('.')
  .replace(/[^\w.-]/g, '');

/** This process, in the names of its files. */
export const owner = ownerName(process.pid);

/** The name of a process that runs where this one does. */
export function ownerName(pid: number): string {
  return `${home}-${pid}`;
}

/** Whether a process, by its name, is running; unknown if it runs elsewhere. */
export function stateOf(name: string): 'alive' | 'gone' | 'unknown' {
  const [, where, pid] = /^(.*)-(\d+)$/.exec(name) ?? [];
  if (where !== home) return 'unknown';
  return isAlive(Number(pid)) ? 'alive' : 'gone';
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
