/**
 * Measures the processor time of compute threads against the compute budget: four models of three engines, eight callers
 * each, for some seconds.
 *
 * node scripts/check/compute-budget.mjs [--slots 1] [--seconds 5] [--most 1.1] [--unlimited]
 *
 * Compute threads are all threads of this process but the JavaScript thread. It fails when they use more than `most` cores for
 * each slot, when more than that are runnable in the mean (which a busy machine does not hide), or when a model starves. `--unlimited` sets no budget,
 * to see what the threads use then. Linux only.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ModelHost, runtime, Tensor } from '../../dist/index.js';

const { values } = parseArgs({
  options: {
    slots: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '5' },
    most: { type: 'string', default: '1.1' },
    unlimited: { type: 'boolean', default: false },
  },
});
const [slots, seconds, most] = [values.slots, values.seconds, values.most].map(Number);
const callers = 8;

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const floats = (...shape) => Tensor.from(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5)).reshape(shape);

const steps = 10; // about 5 ms on one core
const models = [
  { name: 'mnist-mlp', batching: {}, args: [floats(32, 784)] },
  { name: 'torch', file: at('test/fixtures/torchscript/slow.pt'), args: [floats(256), steps] },
  { name: 'package', file: at('test/fixtures/aoti/slow.pt2'), args: [floats(512, 512)] },
  {
    name: 'onnx',
    file: at('test/fixtures/onnx/slow.onnx'),
    args: [floats(256), new Tensor('int64', BigInt64Array.of(BigInt(steps)), [])],
  },
];

runtime.configure({ intraOpThreads: Math.min(slots, 2), ...(values.unlimited ? {} : { computeThreads: slots }) });
const host = await ModelHost.open({
  models: models.map(({ name, file, batching = false }) =>
    file ? { name, file, batching, warmup: false } : { name, batching },
  ),
});
const alone = [];
for (const { name, args } of models) alone.push(await host.model(name).call('forward', args));

let isOver = false;
const counts = models.map(() => 0);
const calling = models.flatMap(({ name, args }, i) =>
  Array.from({ length: callers }, async () => {
    while (!isOver) {
      const answer = await host.model(name).call('forward', args);
      assert.deepEqual(answer.shape, alone[i].shape);
      counts[i]++;
    }
  }),
);
await setTimeout(500);
counts.fill(0);
const before = { compute: computeMs(), wall: performance.now(), all: process.cpuUsage() };
const runnable = await meanRunnable(before.wall + seconds * 1000);
const wall = performance.now() - before.wall;
const cores = (computeMs() - before.compute) / wall;
const { user, system } = process.cpuUsage(before.all);
const done = models.map(({ name }, i) => `${name} ${(counts[i] / seconds).toFixed(1)}/s`);
isOver = true;
await Promise.all(calling);
await host.close();
console.log(
  `${values.unlimited ? 'no budget' : `budget ${slots}`}: compute threads used ${cores.toFixed(3)} cores, ${runnable.toFixed(2)} were runnable, ` +
    `the whole process ${((user + system) / 1000 / wall).toFixed(3)}; ${done.join(', ')}`,
);
if (!values.unlimited) {
  assert.ok(cores <= most * slots, `expected at most ${most * slots} cores`);
  // A thread that hands its result over counts as runnable for a moment, beside the next one that runs.
  assert.ok(runnable <= 1.3 * slots, `expected at most ${1.3 * slots} runnable threads`);
  assert.ok(
    counts.every((count) => count > 0),
    'a model starved',
  );
}

/** Threads that may compute: state, and processor time so far. */
function threads() {
  return readdirSync('/proc/self/task').flatMap((id) => {
    if (Number(id) === process.pid) return [];
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [{ state, ticks: Number(rest[10]) + Number(rest[11]) }];
  });
}

/** A tick is 1/100 s on every Linux that Node runs on. */
function computeMs() {
  return 10 * threads().reduce((sum, { ticks }) => sum + ticks, 0);
}

/** The mean number of threads that compute or would if a core were free, so that a busy machine says the same. */
async function meanRunnable(untilMs) {
  let [samples, sum] = [0, 0];
  while (performance.now() < untilMs) {
    sum += threads().filter(({ state }) => state === 'R').length;
    samples++;
    await setTimeout(4 + Math.random() * 4);
  }
  return sum / samples;
}
