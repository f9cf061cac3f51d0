// export-child.mjs FIRST FILE OPTIONS: loads FIRST, so that LibTorch and the engine are there, then FILE, and says how long that took
// and by how much the process grew, in MiB: by the load, and by the load and the first calls. FIRST stays loaded.

import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { dist } from './paths.mjs';

const [first, file, json] = process.argv.slice(2);
const { engine, optimize, shape } = JSON.parse(json);
const { loadModel, runtime, Tensor } = await dist('index.js');
runtime.configure({ intraOpThreads: 1 });

/** Resident memory, mapped files included: weights may be read where they lie. */
function residentMiB() {
  globalThis.gc?.();
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(kib) / 1024;
}

const warm = await loadModel(first, { engine, optimize });
await warm.run(Tensor.zeros([1, 784]));
const before = residentMiB();
const from = performance.now();
const model = await loadModel(file, { engine, optimize });
const loadMs = performance.now() - from;
const loadMiB = residentMiB() - before;
const input = Tensor.zeros(shape);
const called = performance.now();
await model.run(input);
const firstMs = performance.now() - called;
for (let i = 0; i < 3; i++) await model.run(input);
process.send({ loadMs, firstMs, loadMiB, runMiB: residentMiB() - before }, () => process.exit(0));
