#!/usr/bin/env node
// node benchmarks/inprocess.mjs [--full] [--quick]: a model in this process against the bare C++ loop, one thread each.

import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { buildLoop, startLoop } from './lib/loop.mjs';
import { warnOfForeign, watchCpu } from './lib/machine.mjs';
import { model } from './lib/models.mjs';
import { dist, say } from './lib/paths.mjs';
import { entry } from './lib/results.mjs';
import { rowTensorData } from './lib/rows.mjs';
import { percentiles, rounded, spread } from './lib/stats.mjs';
import { resultsTable, textTable } from './lib/table.mjs';

const callers = 64;
// As many rows as a deployment of the model would take: a batch of ResNet-18 lasts 50 ms a row.
const plans = {
  mlp: { maxBatchSize: 32, batches: [8, 16, 32, 64], seconds: 2 },
  resnet18: { maxBatchSize: 8, batches: [1, 4, 8], seconds: 6 },
  'transformer-t8': { maxBatchSize: 32, batches: [8, 32], seconds: 4 },
  'transformer-t32': { maxBatchSize: 32, batches: [8, 32], seconds: 6 },
};

/** `count` callers, each of which calls again when it has its answer. Whole batches are counted, from one end to another. */
async function drive(call, count, seconds) {
  const ends = [];
  const latencies = [];
  const until = performance.now() + seconds * 1000;
  const caller = async () => {
    for (let from = performance.now(); from < until;) {
      await call();
      const to = performance.now();
      latencies.push(to - from);
      ends.push(to);
      from = to;
    }
  };
  await Promise.all(Array.from({ length: count }, caller));
  const [first] = ends;
  const after = ends.filter((end) => end > first + 1).length;
  return { throughput: rounded((after * 1000) / (ends.at(-1) - first)), ...percentiles(latencies) };
}

async function measureModel(name, { quick }) {
  const { loadModel, Tensor, BatchQueue, runtime } = await dist('index.js');
  const { path, shape, width } = model(name);
  const { maxBatchSize, batches, seconds: full } = plans[name];
  const seconds = quick ? full / 3 : full;
  // Before the first load of the process; later calls with the same numbers change nothing.
  if ((await runtime.info()).threads?.intraOp !== 1) runtime.configure({ intraOpThreads: 1 });
  const loaded = await loadModel(path);
  const input = new Tensor('float32', rowTensorData(width), [1, ...shape]);
  await loaded.warmup({ example: input, batchSizes: [1, maxBatchSize] });
  const queue = new BatchQueue(loaded, { maxBatchSize });
  const loop = await startLoop({ path, shape });
  try {
    await checkAnswers(await loaded.run(input), await loop.measure(1, 0.05));
    const kinds = { 'run-b1': [], 'queue-64': [], 'unbatched-64': [] };
    const delays = [];
    const foreign = [];
    for (let round = 0; round < 3; round++) {
      const stop = watchCpu([loop.pid]);
      const asLoop = ({ rowsPerSecond, p50, p95 }) => ({ throughput: rowsPerSecond, p50, p95 });
      const single = asLoop(await loop.measure(1, seconds / 2));
      kinds['run-b1'].push({ ours: await drive(() => loaded.run(input), 1, seconds / 2), reference: single });
      let best = single;
      for (const batch of batches) {
        const measured = asLoop(await loop.measure(batch, (seconds / 2) * Math.min(1, 2 / batches.length)));
        if (measured.throughput > best.throughput) best = measured;
      }
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      kinds['queue-64'].push({ ours: await drive(() => queue.run(input), callers, seconds), reference: best });
      delay.disable();
      delays.push(delay.percentile(99) / 1e6);
      const unbatched = await drive(() => loaded.run(input), callers, seconds / 2);
      kinds['unbatched-64'].push({ ours: unbatched, reference: single });
      const cpu = stop();
      warnOfForeign(`in process, ${name}`, cpu);
      foreign.push(cpu.foreignCores);
    }
    return { [name]: summary(name, kinds, delays, foreign) };
  } finally {
    loop.stop();
    await queue.close();
    await loaded.dispose();
  }
}

function summary(name, kinds, delays, foreign) {
  const added = kinds['run-b1'].map(({ ours, reference }) => (ours.p50 - reference.p50) * 1000);
  const gain = kinds['queue-64'].map(({ ours }, i) => ours.throughput / kinds['unbatched-64'][i].ours.throughput);
  const extras = {
    'run-b1': { addedP50Us: spread(added), loopP50: spread(kinds['run-b1'].map(({ reference }) => reference.p50)) },
    'queue-64': {
      ratioRange: spread(kinds['queue-64'].map(({ ours, reference }) => ours.throughput / reference.throughput)),
      loopBest: spread(kinds['queue-64'].map(({ reference }) => reference.throughput)),
      batchingGain: spread(gain),
      eventLoopDelayP99Ms: spread(delays),
      foreignCores: spread(foreign),
    },
  };
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, rounds]) => [`inprocess/${name}/${kind}`, entry(rounds, extras[kind])]),
  );
}

function checkAnswers({ data: [ours] }, { first: loops }) {
  if (Math.abs(ours - loops) <= 1e-4 * Math.max(1, Math.abs(loops))) return;
  throw new Error(`the C++ loop answers ${loops}, node-libtorch ${ours}: they do not run the same`);
}

export async function inprocess({ quick = false, full = false } = {}) {
  buildLoop();
  const results = {};
  for (const name of full ? Object.keys(plans) : ['mlp']) {
    say(`in process: ${name}`);
    Object.assign(results, (await measureModel(name, { quick }))[name]);
  }
  return results;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = await inprocess({ quick: process.argv.includes('--quick'), full: process.argv.includes('--full') });
  console.log(textTable(resultsTable(results)));
  console.log(JSON.stringify(results, null, 1));
}
