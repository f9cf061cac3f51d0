// Runs the models of a folder through node-libtorch, holds them to reference.json, and prints one JSON object.
//   node check.mjs FOLDER cuda|cpu SECONDS

import { readFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '#dist/engines/index.js';
import { isClose } from '#dist/model/row-compare.js';
import { runtime } from '#dist/engines/runtime.js';
import { Tensor } from '#dist/tensor/tensor.js';

const [folder, device, secondsText] = process.argv.slice(2);
const seconds = Number(secondsText);
const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8'));
/** Against PyTorch on the same device; convolutions may take another algorithm, and TF32 with it. */
const tolerances = { auto: 1e-3, fp16: 1e-2, bf16: 2e-2 };

const floats = (name) => {
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, name));
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
};
const product = (shape) => shape.reduce((all, size) => all * size, 1);

runtime.configure({ intraOpThreads: 1 });
const results = [];
for (const wanted of reference.cases) results.push(await check(wanted));
const outOfMemory = device === 'cuda' ? await fillMemory() : 'not tried: no CUDA';
const { libtorch, devices, addon } = await runtime.info();
const ok = results.every(({ parity, concurrent }) => parity.ok && concurrent) && !/^failed/.test(outOfMemory);
const { cases: _, ...python } = reference;
console.log(
  JSON.stringify(
    {
      ok,
      device,
      python,
      node: process.version,
      machine: { arch: arch(), cpu: cpus()[0]?.model, cores: cpus().length },
      libtorch: { version: libtorch.version, cuda: libtorch.cuda, warnings: libtorch.warnings, devices },
      addon: addon.torchVersion,
      outOfMemory,
      results,
    },
    null,
    2,
  ),
);
process.exitCode = ok ? 0 : 1;

async function check({ model: name, shape, precision, errorToCpu, throughput }) {
  const instances = Math.min(2, cpus().length);
  const model = await loadModel(join(folder, `${name}.pt`), { device, precision, instances });
  try {
    const input = floats(`${name}.input`);
    const rows = input.length / product(shape);
    const x = new Tensor('float32', input, [rows, ...shape]);
    const wanted = new Tensor('float32', floats(`${name}.${precision}.output`), [rows, 10]);
    await model.warmup({ example: x, batchSizes: [1, rows, 32] });
    const tolerance = { absolute: 0, relative: tolerances[precision] };
    const y = await model.run(x);
    // On several streams at once every answer must be the same.
    const many = await Promise.all(Array.from({ length: 16 }, () => model.run(x)));
    const measured = {};
    for (const [batch, python] of Object.entries(throughput)) {
      const ours = await measure(model, Number(batch), shape);
      measured[batch] = { ...ours, python, ratio: ours.rowsPerSecond / python.rowsPerSecond };
    }
    return {
      model: name,
      precision,
      device: model.info.device,
      parameterBytes: model.info.parameterBytes,
      parity: { ok: isClose(y, wanted, tolerance), relativeError: relativeError(y, wanted), tolerance },
      pythonErrorToCpuFp32: errorToCpu,
      concurrent: many.every((answer) => isClose(answer, wanted, tolerance)),
      throughput: measured,
    };
  } finally {
    await model.dispose();
  }
}

/** One caller after the other, as in reference.py. */
async function measure(model, batch, shape) {
  const x = new Tensor('float32', new Float32Array(batch * product(shape)).fill(0.5), [batch, ...shape]);
  for (let i = 0; i < 5; ++i) await model.run(x);
  const times = [];
  const end = performance.now() + seconds * 1000;
  for (let begun; (begun = performance.now()) < end;) {
    await model.run(x);
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  const total = times.reduce((sum, time) => sum + time, 0);
  return { rowsPerSecond: (times.length * batch * 1000) / total, p50Ms: times[times.length >> 1] };
}

/** More rows than any device has room for: a coded error, and the model goes on. */
async function fillMemory() {
  const model = await loadModel(join(folder, 'transformer-t32.pt'), { device });
  const of = (rows) => new Tensor('float32', new Float32Array(rows * 128), [rows, 128]);
  try {
    await model.run(of(2 ** 21));
    return 'failed: there was room';
  } catch ({ code, message }) {
    if (code !== 'ERR_OUT_OF_MEMORY') return `failed: ${code} ${message}`;
    const { shape } = await model.run(of(1));
    return `ERR_OUT_OF_MEMORY, and the next run answers [${shape}]`;
  } finally {
    await model.dispose();
  }
}

function relativeError(x, y) {
  const scale = y.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return x.data.reduce((most, value, i) => Math.max(most, Math.abs(value - y.data[i])), 0) / scale;
}
