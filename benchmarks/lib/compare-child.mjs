// compare-child.mjs DIR: one tree of compare.mjs in a process of its own. For each message { subject, seconds } it measures
// once and answers { cpuUs, p50Us }, of one call. It reaches the tree through its public API, and through `preparations`.

import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { models } from './models.mjs';
import { rowTensorData } from './rows.mjs';
import { quantile } from './stats.mjs';

/** Ways to check and copy a call for a batch, the newest first: the first that a tree's model has is taken. */
const preparations = {
  prepare: (model, input) => model.prepare('forward', [input]),
  bind: (model, input) => model.bind('forward', [input]),
};

const tree = process.argv[2];
const { BatchQueue, loadModel, runtime, Tensor } = await import(pathToFileURL(join(tree, 'dist/index.js')).href);
runtime.configure({ intraOpThreads: 1 });
// As a record has it, so that calls are checked as in serving.
const signature = {
  inputs: [{ name: 'input', dtype: 'float32', shape: [null, 784], range: [0, 1] }],
  outputs: [{ name: 'logits', dtype: 'float32', shape: [null, 10] }],
};
const model = await loadModel(models.mlp.path, { signature });
const input = new Tensor('float32', rowTensorData(784), [1, 784]);
await model.warmup({ example: input, batchSizes: [1, 32] });
const queue = new BatchQueue(model, { maxBatchSize: 32 });
const prepare = Object.entries(preparations).find(([name]) => typeof model[name] === 'function')?.[1];

/** Calls from so many callers, each of which calls again when it has its answer, until the time is over. */
async function drive(call, callers, seconds) {
  const times = [];
  const cpu = process.cpuUsage();
  const until = performance.now() + seconds * 1000;
  const caller = async () => {
    for (let from = performance.now(); from < until;) {
      await call();
      const to = performance.now();
      times.push(to - from);
      from = to;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return costs(cpu, times, 1);
}

/** The same for a function that returns at once: it is timed a hundred calls at a time. */
function repeat(call, seconds) {
  const times = [];
  const cpu = process.cpuUsage();
  const until = performance.now() + seconds * 1000;
  for (let from = performance.now(); from < until;) {
    for (let i = 0; i < 100; i++) call();
    const to = performance.now();
    times.push(to - from);
    from = to;
  }
  return costs(cpu, times, 100);
}

function costs(cpu, times, calls) {
  const { user, system } = process.cpuUsage(cpu);
  const p50 = quantile(Float64Array.from(times).sort(), 0.5);
  return { cpuUs: (user + system) / (times.length * calls), p50Us: (p50 / calls) * 1000 };
}

const subjects = {
  prepare: (seconds) => repeat(() => prepare(model, input), seconds),
  queue: (seconds) => drive(() => queue.run(input), 64, seconds),
  run: (seconds) => drive(() => model.run(input), 1, seconds),
};

process.on('message', async ({ subject, seconds }) => process.send(await subjects[subject](seconds)));
process.send('ready');
