/**
 * Whether the resident memory of a process stays where it is, over many loads, runs, failures and large results.
 *   node --expose-gc test/stress/memory.mjs [--short] [--leak] [--plain] [--only NAME]
 * Prints a table and exits with 1 when a part grew by more than 16 MiB. With --leak everything is kept, so that every part
 * must grow beyond that: what shows that growth is seen at all.
 *
 * It runs itself again with a fixed MALLOC_MMAP_THRESHOLD_, unless told --plain. glibc raises that threshold by itself, up
 * to 32 MiB, and then keeps the large blocks that were freed: resident memory goes up and down by some 10 MiB with loads
 * of the digit model and by 100 MiB with results of 1 MiB, for ever and without a trend. Freed memory is no leak, and
 * would hide one.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel, Tensor } from 'node-libtorch';

const MiB = 2 ** 20;
const limit = 16;
const leak = process.argv.includes('--leak');
const short = leak || process.argv.includes('--short');
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const digit = file('models/mnist-mlp/v1.0/model.pt');
const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-stress-'));
process.on('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});

/** What --leak keeps. */
const kept = [];
const keep = (value) => {
  if (leak) kept.push(value);
};

const images = () => new Tensor('float32', new Float32Array(2 * 784).fill(0.5), [2, 784]);
const square = new Tensor('float32', new Float32Array(512 * 512), [512, 512]);

/** A zip that passes our own check and then fails inside LibTorch, where there is most to leave behind. */
function brokenModel() {
  const bytes = readFileSync(digit);
  const at = bytes.indexOf('class '); // the code of the module, stored as it is
  if (at < 0) throw new Error('expected stored code in the digit model');
  bytes.write('clash ', at);
  const path = join(folder, 'broken.pt');
  writeFileSync(path, bytes);
  return path;
}

/** Each: how often, how often before memory is first looked at, and what is done; `open` and `close` are not measured. */
const parts = {
  'load and dispose': {
    times: short ? 20 : 100,
    warmUp: short ? 15 : 20,
    async run() {
      const model = await loadModel(digit, { device: 'cpu' });
      await model.run(images());
      if (leak) keep(model);
      else await model.dispose();
    },
  },
  'runs of the digit model': {
    times: short ? 5_000 : 100_000,
    warmUp: short ? 2_000 : 5_000,
    open: () => loadModel(digit, { device: 'cpu' }),
    async run(model) {
      const input = images();
      keep([input, await model.run(input)]);
    },
  },
  'failed loads': {
    times: short ? 100 : 1_000,
    warmUp: 50,
    open: async () => brokenModel(),
    async run(path) {
      const error = await loadModel(path, { device: 'cpu' }).catch((reason) => reason);
      if (error.code !== 'ERR_MODEL_LOAD') throw new Error('expected ERR_MODEL_LOAD', { cause: error });
      if (leak) keep(readFileSync(path)); // as if the artifact's bytes were never let go
    },
  },
  'results of 1 MiB': {
    times: short ? 200 : 2_000,
    warmUp: 100,
    open: () => loadModel(file('test/fixtures/torchscript/layouts.pt'), { device: 'cpu' }),
    async run(model) {
      keep(await model.call('transposed', [square]));
    },
  },
};

/** Resident memory once garbage is gone, finalizers included. */
async function resident() {
  for (let i = 0; i < 4; ++i) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage.rss() / MiB;
}

if (typeof globalThis.gc !== 'function') throw new Error('expected node --expose-gc');
if (!process.argv.includes('--plain') && process.env.MALLOC_MMAP_THRESHOLD_ === undefined) {
  const again = [...process.execArgv, ...process.argv.slice(1)];
  const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: String(256 * 1024) };
  process.exit(spawnSync(process.execPath, again, { env, stdio: 'inherit' }).status ?? 1);
}
const rows = [];
for (const [name, { times, warmUp, open, run }] of Object.entries(parts)) {
  if (only !== undefined && only !== name) continue;
  const opened = await open?.();
  for (let i = 0; i < warmUp; ++i) await run(opened);
  const before = await resident();
  for (let i = 0; i < times; ++i) {
    await run(opened);
    // External memory presses V8 to collect, but a loop of awaits never lets its finalizers run.
    if (i % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const after = await resident();
  if (typeof opened?.dispose === 'function') await opened.dispose();
  const growth = after - before;
  rows.push({
    part: name,
    times,
    'before MiB': round(before),
    'after MiB': round(after),
    'growth MiB': round(growth),
    ok: growth <= limit,
  });
}
console.table(rows);
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;

function round(value) {
  return Math.round(value * 10) / 10;
}
