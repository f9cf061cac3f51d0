#!/usr/bin/env node
// Runs ONNX's own backend node tests (the PyPI package `onnx`) through loadModel and holds every element to what Python's
// onnxruntime of onnxruntime-node's version answers. Prints a table, writes onnx-node-tests.json, ends with 1 on a difference.

import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadModel, runtime, Tensor } from 'node-libtorch';
import { dtypeTable } from '#dist/tensor/dtype.js';
import { decodeFloat16 } from '#dist/tensor/float16.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
const require = createRequire(import.meta.url);
/** The same library, built twice: sums may be added up in another order. */
const tolerance = 1e-5;
const halfTolerance = 2e-3;

runtime.configure({ intraOpThreads: 1 });
const folder = await mkdtemp(join(tmpdir(), 'node-libtorch-nodes-'));
try {
  const made = spawnSync(
    'bash',
    [join(root, 'scripts/python-beside.sh'), 'onnx', join(here, 'onnx_node_tests.py'), folder],
    {
      stdio: ['ignore', 2, 2],
    },
  );
  if (made.status !== 0) throw new Error('the tests could not be written');
  const versions = JSON.parse(await readFile(join(folder, 'versions.json'), 'utf8'));
  const node = require(join(root, 'node_modules/onnxruntime-node/package.json')).version;
  const report = await runAll();
  const counts = Object.fromEntries(Object.entries(report).map(([kind, tests]) => [kind, tests.length]));
  await writeFile(
    join(here, 'onnx-node-tests.json'),
    `${JSON.stringify({ ...versions, 'onnxruntime-node': node, counts, ...listed(report) }, null, 1)}\n`,
  );
  print(versions, node, report, counts);
  process.exitCode = report.differ.length > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true });
}

async function runAll() {
  const report = { exact: [], close: [], differ: [], notRun: [] };
  for await (const line of createInterface({ input: createReadStream(join(folder, 'tests.jsonl')) })) {
    const test = JSON.parse(line);
    if (test.skip) report.notRun.push({ name: test.name, why: test.skip });
    else {
      const { kind, why } = await outcome(test);
      report[kind].push({ name: test.name, ...(why && { why }) });
    }
  }
  return report;
}

async function outcome({ model: file, inputs, outputs }) {
  let model;
  try {
    model = await loadModel(join(folder, file));
    const value = await model.call('forward', decodeAll(inputs));
    const got = value instanceof Tensor ? { [Object.keys(outputs)[0]]: value } : value;
    const wanted = decodeAll(outputs);
    if (Object.keys(got).join() !== Object.keys(wanted).join()) return { kind: 'differ', why: 'other outputs' };
    const each = Object.keys(wanted).map((name) => compare(got[name], wanted[name]));
    return each.find(({ kind }) => kind === 'differ') ?? each.find(({ kind }) => kind === 'close') ?? { kind: 'exact' };
  } catch (error) {
    return { kind: 'differ', why: `${error.code}: ${error.message}` };
  } finally {
    await model?.dispose();
  }
}

function compare(got, wanted) {
  if (got.dtype !== wanted.dtype || got.shape.join() !== wanted.shape.join()) {
    return { kind: 'differ', why: `${got.dtype} [${got.shape}] instead of ${wanted.dtype} [${wanted.shape}]` };
  }
  const half = got.dtype === 'float16';
  const real = half ? decodeFloat16 : Number;
  let worst = 0;
  for (const [i, element] of wanted.data.entries()) {
    if (Object.is(got.data[i], element)) continue;
    const [left, right] = [real(got.data[i]), real(element)];
    if (Number.isNaN(left) && Number.isNaN(right)) continue;
    const exact = dtypeTable[got.dtype].kind !== 'float' || !Number.isFinite(left) || !Number.isFinite(right);
    worst = Math.max(worst, exact ? Infinity : Math.abs(left - right) / (1 + Math.abs(right)));
  }
  if (worst === 0) return { kind: 'exact' };
  const why = `largest difference ${worst.toPrecision(2)}`;
  return { kind: worst <= (half ? halfTolerance : tolerance) ? 'close' : 'differ', why };
}

function decodeAll(tensors) {
  return Object.fromEntries(Object.entries(tensors).map(([name, { $tensor }]) => [name, decode($tensor)]));
}

function decode({ dtype, shape, base64 }) {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  const { array, bytes: size } = dtypeTable[dtype];
  return new Tensor(dtype, new array(bytes.buffer, 0, bytes.byteLength / size), shape);
}

/** Names by reason; those that agree to the bit need none. */
function listed({ exact, close, differ, notRun }) {
  const reasons = {};
  for (const { name, why } of notRun) (reasons[why] ??= []).push(name);
  return { notRun: reasons, differ, close, exact: exact.map(({ name }) => name) };
}

function print(versions, node, { differ, notRun }, counts) {
  const row = (count, text) => console.log(`${String(count).padStart(6)}  ${text}`);
  console.log(`onnx ${versions.onnx}, onnxruntime ${versions.onnxruntime} (Python), onnxruntime-node ${node}`);
  row(counts.exact, 'agree in every bit');
  row(counts.close, `agree within ${tolerance} (float16: ${halfTolerance})`);
  row(counts.differ, 'differ');
  for (const { name, why } of differ) console.log(`          ${name}: ${why}`);
  row(counts.notRun, 'not run:');
  const reasons = new Map();
  for (const { why } of notRun) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  for (const [why, count] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(`          ${count} ${why}`);
}
