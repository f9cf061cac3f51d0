/** Kills processes that change a registry, and looks at what they leave. Shared by the stress script and the tests. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelRegistry } from '../../dist/registry/index.js';

const writer = fileURLToPath(new URL('registry-writer.mjs', import.meta.url));

/** fsync costs nothing there, so that more changes fit between two kills; what is in the page cache outlives a process anywhere. */
export const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** What a registry holds: `name version` → sha256, `name alias` → version. */
class Expected {
  versions = new Map();
  aliases = new Map();

  /** A change that was reported as done. */
  apply({ kind, name, version, alias, sha256 }) {
    if (kind === 'add') this.versions.set(`${name} ${version}`, sha256);
    if (kind === 'remove') this.versions.delete(`${name} ${version}`);
    if (kind === 'alias') this.aliases.set(`${name} ${alias}`, version);
    if (kind === 'unalias') this.aliases.delete(`${name} ${alias}`);
  }
}

/** @returns what is wrong with the registry, beyond one change that was begun and may have happened or not */
async function faultsOf(registry, expected, begun) {
  const faults = [];
  const versions = new Map();
  const aliases = new Map();
  for (const { name, versions: known } of await registry.list()) {
    for (const version of known) {
      try {
        const { sha256 } = await registry.verify(name, version);
        await readFile(registry.cardPath(name, version));
        versions.set(`${name} ${version}`, sha256);
      } catch (error) {
        faults.push(`${name} ${version} is not whole: ${error.message}`);
      }
    }
    for (const [alias, version] of await registry.aliases(name)) {
      aliases.set(`${name} ${alias}`, version);
      if (!known.includes(version)) faults.push(`${name} ${alias} names ${version}, which is not there`);
    }
  }
  const touched = begun ? [`${begun.name} ${begun.version}`, `${begun.name} ${begun.alias}`] : [];
  for (const [what, found, wanted] of [
    ['version', versions, expected.versions],
    ['alias', aliases, expected.aliases],
  ]) {
    for (const key of new Set([...found.keys(), ...wanted.keys()])) {
      if (found.get(key) === wanted.get(key)) continue;
      const mayBe = touched.includes(key) && mayBecome(begun, found.get(key), wanted.get(key));
      if (!mayBe) faults.push(`${what} ${key}: expected ${wanted.get(key)} but found ${found.get(key)}`);
    }
  }
  expected.versions = versions;
  expected.aliases = aliases;
  return faults;
}

/** Whether the change that was cut off explains the value. */
function mayBecome({ kind, version }, found, wanted) {
  if (kind === 'add') return wanted === undefined && found !== undefined;
  if (kind === 'alias') return found === version;
  return found === undefined;
}

/** Names that are neither records, artifacts nor the lock: what a crash left and nobody removed. */
async function leftovers({ registryDir, modelsDir }) {
  const found = [];
  for (const folder of [registryDir, modelsDir])
    found.push(...(await readdir(join(folder, '.staging')).catch(() => [])));
  for (const [folder, twin] of [
    [modelsDir, registryDir],
    [registryDir, modelsDir],
  ]) {
    for (const name of await readdir(folder)) {
      if (name.startsWith('.')) continue;
      const versions = await readdir(join(folder, name));
      if (versions.length === 0) found.push(`${name} is empty`);
      for (const version of versions) {
        if (version.endsWith('.json')) continue;
        const other = await readdir(join(twin, name, version)).catch(() => undefined);
        if (!other) found.push(`${name}/${version} is only in ${folder === modelsDir ? 'models' : 'the registry'}`);
      }
    }
  }
  return found;
}

/**
 * Lets a process change the registry, and kills it `afterMs` after it has begun its change of number `change`.
 * @returns the changes it reported, and the one that it had begun
 */
async function killedWriter(folder, seed, change, afterMs) {
  const child = spawn(process.execPath, [writer, folder, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  let timer;
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    text += piece;
    if (text.split('"begin"').length > change) timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  const [code, signal] = await new Promise((resolve) => child.on('close', (...ending) => resolve(ending)));
  clearTimeout(timer);
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself with ${code}`);
  const done = [];
  let begun;
  for (const line of text
    .split('\n')
    .slice(0, -1)
    .map((each) => JSON.parse(each))) {
    if (line.done) done.push(line.done);
    begun = line.begin ?? (line.done || line.refused ? undefined : begun);
  }
  return { done, begun };
}

/**
 * @param kills how many processes are killed, one after the other, on one registry
 * @returns the faults found, how many changes were made and how many cut off, and the slowest start after a kill
 */
export async function killWriters({ kills, seed }) {
  const folder = await mkdtemp(join(memory, 'node-libtorch-kills-'));
  const [registryDir, modelsDir] = [join(folder, 'registry'), join(folder, 'models')];
  const registry = await ModelRegistry.open({ registryDir, modelsDir, create: true });
  const result = { kills, changes: 0, cut: {}, faults: [], slowestStartMs: 0 };
  const expected = new Expected();
  const store = await registry.store();
  try {
    await (await store.stage()).discard();
    for (let i = 0; i < kills; i++) {
      const { done, begun } = await killedWriter(folder, seed + i, 1 + (i % 6), hash(seed + i) * longestMs);
      for (const change of done) expected.apply(change);
      result.changes += done.length;
      if (begun) result.cut[begun.kind] = (result.cut[begun.kind] ?? 0) + 1;
      // Readers see whole versions before anybody has cleaned.
      result.faults.push(...(await faultsOf(registry, expected, begun)).map((fault) => `kill ${i}: ${fault}`));
      const began = performance.now();
      await (await store.stage({ lockTimeoutMs: 2000 })).discard();
      result.slowestStartMs = Math.max(result.slowestStartMs, performance.now() - began);
      result.faults.push(...(await leftovers(registry)).map((left) => `kill ${i}: left over: ${left}`));
      result.faults.push(...(await faultsOf(registry, expected)).map((fault) => `kill ${i}, cleaned: ${fault}`));
      if (result.faults.length > 20) break;
    }
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** About two changes last so long. */
const longestMs = 12;

/** From 0 to 1, the same for the same number. */
const hash = (n) => createHash('sha256').update(String(n)).digest().readUInt32LE(0) / 2 ** 32;

/** Runs writers at one time, each to its end. @returns what they said */
export async function writersAtOnce(folder, each) {
  return await Promise.all(
    each.map(async (args) => {
      const child = spawn(process.execPath, [writer, folder, ...args.map(String)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (piece) => (text += piece));
      const code = await new Promise((resolve) => child.on('close', resolve));
      if (code !== 0) throw new Error(`a writer ended with ${code}`);
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    }),
  );
}
