/** `node-libtorch setup`: fetches a set and makes it the chosen one. */

import { cachedSet, cacheRoot, chooseSet, chosenSet, type SetKind } from '../find/cache.js';
import { makeCacheFolder } from '../../files/space.js';
import { checkPlatform, currentPlatform } from '../platform.js';
import { libtorchVersion, minorOf, sameMinor } from '../version.js';
import { faultyFiles } from './inventory.js';
import { pinsFor } from './pins.js';
import type { ProvisionOptions } from './provision.js';
import { provision } from './provision.js';

export interface SetupOptions extends ProvisionOptions {
  readonly kind: SetKind;
  /** Hash what is there, and fetch again what differs. */
  readonly verify?: boolean;
}

export interface SetupResult {
  readonly set: string;
  /** The wheels that were fetched. */
  readonly fetched: readonly string[];
  /** For people. */
  readonly lines: readonly string[];
}

/**
 * A run that fails leaves the chosen set as it was.
 * @throws ERR_PLATFORM_UNSUPPORTED (with the releases that are pinned), ERR_DOWNLOAD or ERR_INTEGRITY
 */
export async function setup(options: SetupOptions): Promise<SetupResult> {
  checkPlatform();
  const { kind, env = process.env, triple = currentPlatform().triple } = options;
  const pin = options.pin ?? pinsFor(triple, kind, options.version);
  const { version } = pin;
  await makeCacheFolder(cacheRoot(env));
  const faulty = options.verify ? await verify(cachedSet(triple, env, version, kind), options) : [];
  const { set, fetched } = await provision({ ...options, pin, faulty });
  options.signal?.throwIfAborted();
  const before = chosenSet(version, triple, env);
  await chooseSet(set, version, triple, env);
  return { set, fetched, lines: linesOf({ set, fetched, version, kind, before, env }) };
}

/** The wheels of a set as lines of `<sha256>  <file>`. @throws ERR_PLATFORM_UNSUPPORTED */
export function wheelList(kind: SetKind, version?: string): string[] {
  return pinsFor(currentPlatform().triple, kind, version).wheels.map(({ sha256, file }) => `${sha256}  ${file}`);
}

async function verify(set: string, { report, signal }: SetupOptions): Promise<string[]> {
  report?.step(`Verifying ${set}`);
  const faulty = await faultyFiles(set, signal);
  for (const name of faulty) report?.step(`${name} is not what was fetched`);
  return faulty;
}

interface Outcome {
  readonly set: string;
  readonly fetched: readonly string[];
  readonly version: string;
  readonly kind: SetKind;
  readonly before: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

function linesOf({ set, fetched, version, kind, before, env }: Outcome): string[] {
  const did = fetched.length > 0 ? 'was fetched' : 'was there already';
  const lines = [`LibTorch ${version} (${kind}) ${did}, and is used from now on: ${set}`];
  if (before !== undefined && before !== set) lines.push(`The one used before stays in ${before}`);
  if (!sameMinor(version, libtorchVersion)) {
    lines.push(
      `The addon that is published works with LibTorch ${minorOf(libtorchVersion)} alone: ` +
        `npx node-libtorch build --torch ${version} compiles one for this`,
    );
  }
  if (env.LIBTORCH) lines.push(`LIBTORCH is set to ${env.LIBTORCH}, which goes before it`);
  return lines;
}
