/**
 * Changes a registry at random until it is killed: `node registry-writer.mjs FOLDER SEED [CHANGES] [PREFIX]`. Before each change it
 * says what it is about to do, and afterwards that it is done: one JSON line each, written before it goes on. A change that
 * the rules refuse (a version in use, one that is there) says so.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelRegistry } from '../../dist/registry/index.js';
// Loaded before the first change, so that kills meet changes.
import '../../dist/registry/manifest.js';
import '../../dist/registry/store/store.js';

const [, , folder, seed, changes = 'Infinity', prefix = 'm'] = process.argv;
const registry = await ModelRegistry.open({ registryDir: join(folder, 'registry'), modelsDir: join(folder, 'models') });
const store = await registry.store();
const source = join(mkdtempSync(join(tmpdir(), 'node-libtorch-writer-')), 'model.pt');
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
/** A whole number below `n`. */
function random(n) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
}

async function add(name, version) {
  const text = `artifact ${name} ${version} ${'x'.repeat(random(200_000))}`;
  writeFileSync(source, text);
  const staging = await store.stage();
  try {
    const { sha256, bytes } = await staging.take(source, 'model.pt');
    const record = {
      ...{ schemaVersion: 2, name, version, created: '2026-01-02T03:04:05Z', engine: 'torchscript' },
      artifact: { file: 'model.pt', sha256, bytes },
      signature: {
        inputs: [{ name: 'input', dtype: 'float32', shape: [null, 4] }],
        outputs: [{ name: 'logits', dtype: 'float32', shape: [null, 2] }],
      },
      task: { type: 'other' },
    };
    await store.commit(staging, { record, card: `# ${name}\n` });
    return createHash('sha256').update(text).digest('hex');
  } finally {
    await staging.discard();
  }
}

const kinds = {
  add: (name, version) => add(name, version),
  remove: (name, version) => registry.remove(name, version),
  alias: (name, version, alias) => registry.setAlias(name, alias, version),
  unalias: (name, _version, alias) => registry.setAlias(name, alias, undefined),
};
const often = ['add', 'add', 'add', 'alias', 'alias', 'remove', 'remove', 'unalias'];

say({ ready: true });
for (let i = 0; i < Number(changes); i++) {
  const kind = often[random(often.length)];
  const name = `${prefix}${random(3)}`;
  const version = `v${1 + random(4)}`;
  const alias = `alias${random(3)}`;
  say({ begin: { kind, name, version, alias } });
  try {
    const sha256 = await kinds[kind](name, version, alias);
    say({ done: { kind, name, version, alias, sha256 } });
  } catch (error) {
    const refusals = ['ERR_VERSION_EXISTS', 'ERR_VERSION_IN_USE', 'ERR_VERSION_NOT_FOUND', 'ERR_MODEL_NOT_FOUND'];
    if (!refusals.includes(error.code)) throw error;
    say({ refused: { kind, name, version, alias, code: error.code } });
  }
}
say({ end: true });
