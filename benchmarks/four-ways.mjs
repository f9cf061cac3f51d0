#!/usr/bin/env node
// node benchmarks/four-ways.mjs [--models mlp,resnet18] [--rounds 5] [--save]: the same model as a file of torch.export, an AOTInductor
// package, ONNX and TorchScript. Its size, the time and the memory of a load, and the time of a run.
//   --models  of lib/models.mjs; they are generated once, with Python
//   --save    writes benchmarks/results/four-ways.json, and the tables of docs/torchscript-is-deprecated.md from it
// A load is measured in a process of its own, in which a small file of the format was loaded before, so that no library is counted. Runs are
// interleaved in one process. One thread of computation everywhere.

import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { exportFourWays, formatNames, small, writeGuide } from './lib/four-ways.mjs';
import { commitHash, describeMachine, warnOfForeign, watchCpu } from './lib/machine.mjs';
import { models } from './lib/models.mjs';
import { cacheDir, dist, readJson, resultsDir, say, writeJson } from './lib/paths.mjs';
import { rowTensorData } from './lib/rows.mjs';
import { median, rounded, spread } from './lib/stats.mjs';

const text = { type: 'string' };
const { values } = parseArgs({
  options: {
    models: { ...text, default: 'mlp,resnet18,transformer-t32' },
    rounds: { ...text, default: '7' },
    save: { type: 'boolean', default: false },
    child: text,
  },
});
const rounds = Number(values.rounds);
const folder = join(cacheDir, 'four-ways');
const width = (name) => models[name].shape.reduce((product, size) => product * size, 1);
const fileOf = (name, way) => join(folder, `${name}-${way}.${formatNames[way].extension}`);
const input = (Tensor, name, rows) => {
  const one = rowTensorData(width(name));
  const data = new Float32Array(rows * one.length);
  for (let row = 0; row < rows; row++) data.set(one, row * one.length);
  return new Tensor('float32', data, [rows, ...models[name].shape]);
};

/** One load, told as JSON: milliseconds, and MiB that are resident afterwards beyond those before. */
async function child(name, way) {
  const { loadModel, runtime } = await dist('index.js');
  runtime.configure({ intraOpThreads: 1 });
  await loadModel(small(way), { engine: way });
  const before = process.memoryUsage.rss();
  const from = performance.now();
  const model = await loadModel(fileOf(name, way), { engine: way });
  const loadMs = performance.now() - from;
  const { Tensor } = await dist('index.js');
  const one = input(Tensor, name, 1);
  const first = performance.now();
  await model.run(one);
  const firstRunMs = performance.now() - first;
  console.log(JSON.stringify({ loadMs, firstRunMs, memoryMiB: (process.memoryUsage.rss() - before) / 2 ** 20 }));
}

function loads(name, way) {
  const self = fileURLToPath(import.meta.url);
  const found = Array.from({ length: rounds }, () =>
    JSON.parse(execFileSync(process.execPath, [self, '--child', `${name}:${way}`], { encoding: 'utf8' })),
  );
  const of = (member) => spread(found.map((each) => each[member]));
  return { loadMs: of('loadMs'), firstRunMs: of('firstRunMs'), memoryMiB: of('memoryMiB') };
}

/** The median time of a run for each way, in turns: what disturbs one round disturbs all of them. */
async function runs(name, rows) {
  const { loadModel, runtime, Tensor } = await dist('index.js');
  if ((await runtime.info()).threads?.intraOp !== 1) runtime.configure({ intraOpThreads: 1 });
  const example = input(Tensor, name, rows);
  const loaded = {};
  for (const way of Object.keys(formatNames)) loaded[way] = await loadModel(fileOf(name, way), { engine: way });
  const times = Object.fromEntries(Object.keys(loaded).map((way) => [way, []]));
  const once = async (way, least) => {
    const each = [];
    for (const until = performance.now() + least; each.length < 5 || performance.now() < until;) {
      const from = performance.now();
      await loaded[way].run(example);
      each.push(performance.now() - from);
    }
    return median(each);
  };
  for (const way of Object.keys(loaded)) await once(way, 300);
  await sameAnswers(loaded, example);
  const order = Object.keys(loaded);
  for (let round = 0; round < rounds; round++) {
    for (const way of order) times[way].push(await once(way, 200));
    order.push(order.shift());
  }
  for (const model of Object.values(loaded)) await model.dispose();
  return Object.fromEntries(Object.entries(times).map(([way, each]) => [way, spread(each)]));
}

async function sameAnswers(loaded, example) {
  const answers = {};
  for (const [way, model] of Object.entries(loaded)) answers[way] = (await model.run(example)).data;
  for (const [way, found] of Object.entries(answers)) {
    const far = found.findIndex((value, i) => Math.abs(value - answers.torchscript[i]) > 1e-3 * (1 + Math.abs(value)));
    if (far >= 0) throw new Error(`${way} answers ${found[far]} where TorchScript answers ${answers.torchscript[far]}`);
  }
}

async function main() {
  const names = values.models.split(',');
  for (const name of names) if (!models[name]) throw new Error(`no model ${name}; there are ${Object.keys(models)}`);
  if (names.some((name) => Object.keys(formatNames).some((way) => !existsSync(`${fileOf(name, way)}.json`)))) {
    say('Exporting the models four ways (a Python environment of 4 GB the first time, and a C++ compiler)');
    exportFourWays(folder, names);
  }
  const results = {};
  const stop = watchCpu();
  for (const name of names) {
    const ways = {};
    for (const way of Object.keys(formatNames)) {
      const { exportSeconds } = readJson(`${fileOf(name, way)}.json`);
      ways[way] = { exportSeconds, bytes: statSync(fileOf(name, way)).size, ...loads(name, way) };
      say(`${name} ${way}: ${rounded(ways[way].loadMs.median)} ms to load`);
    }
    for (const rows of [1, 8]) {
      const times = await runs(name, rows);
      for (const [way, found] of Object.entries(times)) ways[way][`run${rows}Ms`] = found;
      say(`${name}, ${rows} rows: ${Object.entries(times).map(([way, { median }]) => `${way} ${median} ms`)}`);
    }
    results[name] = { title: models[name].title, ways };
  }
  const cpu = stop();
  warnOfForeign('four ways', cpu);
  const date = new Date().toISOString().slice(0, 10);
  const found = {
    date,
    commit: commitHash(),
    machine: describeMachine(),
    node: process.version,
    foreignCores: cpu.foreignCores,
    results,
  };
  if (values.save) {
    await writeJson(join(resultsDir, 'four-ways.json'), found);
    await writeGuide(found);
  } else console.log(JSON.stringify(found, undefined, 2));
}

if (values.child === undefined) await main();
else await child(...values.child.split(':'));
