/** Which of the fetched sets `node-libtorch setup` chose: a small file in the cache for each minor version and platform. */

import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheRoot } from './cache.js';
import { minorOf } from '../version.js';

const fileFor = (version: string, triple: string, env?: NodeJS.ProcessEnv): string =>
  join(cacheRoot(env), `chosen-${minorOf(version)}-${triple}.json`);

/** The folder of the chosen set, which may be gone; undefined when none was chosen. */
export function chosenSet(version: string, triple: string, env?: NodeJS.ProcessEnv): string | undefined {
  try {
    const { set } = JSON.parse(readFileSync(fileFor(version, triple, env), 'utf8')) as { set?: unknown };
    // A name, no path: the cache may be moved, and leads nowhere else.
    return typeof set === 'string' && /^libtorch-[\w.-]+$/.test(set) ? join(cacheRoot(env), set) : undefined;
  } catch {
    return undefined;
  }
}

/** Makes a set of the cache the chosen one, at once or not at all. */
export function chooseSet(set: string, version: string, triple: string, env?: NodeJS.ProcessEnv): void {
  const file = fileFor(version, triple, env);
  mkdirSync(cacheRoot(env), { recursive: true });
  const fresh = `${file}.${randomUUID()}`;
  writeFileSync(fresh, `${JSON.stringify({ set: basename(set) })}\n`);
  renameSync(fresh, file);
}
