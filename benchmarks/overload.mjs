#!/usr/bin/env node
// node benchmarks/overload.mjs [--quick] [--save]: a server that is asked for more than it can do. Requests arrive at a
// constant rate, whatever becomes of them: 1×, 2× and 10× the capacity of a transformer, and 2× that of the digit model.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { load } from './lib/generator.mjs';
import { loopDelayP99Ms } from './lib/loop-delay.mjs';
import { residentMiB } from './lib/machine.mjs';
import { registryWith, width } from './lib/models.mjs';
import { openLoop } from './lib/open-loop.mjs';
import { resultsDir, say, writeJson } from './lib/paths.mjs';
import { provenance } from './lib/results.mjs';
import { requestOf } from './lib/rows.mjs';
import { startOurs } from './lib/server.mjs';
import { rounded } from './lib/stats.mjs';
import { textTable } from './lib/table.mjs';

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, save: { type: 'boolean' } } });
const seconds = values.quick ? 4 : 30;

const served = [
  // Waiting longer than a client would is no goodput: 32 rows are 0.3 to 0.5 s of this model's work.
  {
    name: 'transformer-t32',
    flags: ['--max-batch-size', '8', '--max-queue-size', '32'],
    loads: [1, 2, 10],
    connections: 16,
  },
  // Fewer rows than the client has connections, so that it is the server that says no.
  { name: 'mlp', flags: ['--max-queue-size', '256'], loads: [2], connections: 64 },
  // As it is without any setting.
  { name: 'mlp', flags: [], loads: [2], connections: 64 },
];

/** Rows waiting, as the server's own metrics say; undefined where they do not. */
async function queueDepth(port) {
  const text = await globalThis.fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
  const line = /^\w*batch_queue_rows(?:\{[^}]*\})? ([\d.e+]+)$/m.exec(text);
  return line ? Number(line[1]) : undefined;
}

async function overload({ name, flags, loads, connections }) {
  const own = [];
  if (name !== 'mlp') {
    const { registry, models } = registryWith(name);
    own.push(name, '--registry', registry, '--models', models);
  }
  const server = await startOurs([...own, ...flags]);
  const url = `http://127.0.0.1:${server.port}/predict`;
  const request = requestOf('json', width(name));
  try {
    await load({ url, request, connections, seconds: 2 });
    const closed = await load({ url, request, connections, seconds: Math.min(seconds, 8) });
    const capacity = rounded(closed.count / closed.seconds);
    const runs = [];
    for (const times of loads) {
      say(`${name}: ${times} × ${capacity}/s for ${seconds} s`);
      const rss = [];
      const depths = [];
      const sample = () => {
        rss.push(residentMiB(server.pid));
        // Of the MLP this request would wait with the others; it may be late, it is only looked at afterwards.
        queueDepth(server.port).then(
          (depth) => depths.push(depth),
          () => depths.push(undefined),
        );
      };
      const label = `${name} at ${times}×`;
      const run = await openLoop({ label, url, request, rate: capacity * times, seconds, pid: server.pid, sample });
      // The samples have begun new windows: it is the last second's.
      const loopDelay = rounded(await loopDelayP99Ms(server.port));
      const known = depths.filter((depth) => depth !== undefined);
      runs.push({
        load: times,
        ...run,
        rssMiBOverTime: rss,
        loopDelayP99Ms: loopDelay,
        maxQueueRows: known.length > 0 ? Math.max(...known) : null,
      });
      await sleep(500);
    }
    return { model: name, flags, capacity, runs };
  } finally {
    await server.stop();
  }
}

const found = [];
for (const plan of served) found.push(await overload(plan));
const rows = found.flatMap(({ model, capacity, runs }) => {
  const peak = Math.max(capacity, ...runs.map(({ goodput }) => goodput));
  return runs.map((run) => [
    model,
    `${run.load}×`,
    run.rate,
    run.goodput,
    `${((run.goodput / peak) * 100).toFixed(0)} %`,
    run.p99,
    run.fromSendMs.p99,
    run.refusalMs?.p99,
    run.refusalFromDueMs?.p99,
    run.maxQueueRows,
    `${Math.min(...run.rssMiBOverTime)}–${Math.max(...run.rssMiBOverTime)}`,
    JSON.stringify(run.statuses),
  ]);
});
const latencies = ['p99 of 200 ms', 'from send', 'refusal p99 ms', 'from due'];
const heading = ['model', 'load', 'asked/s', 'good/s', 'of peak', ...latencies, 'queue', 'RSS MiB', 'statuses'];
console.log(textTable([heading, ...rows]));
if (values.save) await writeJson(join(resultsDir, 'overload.json'), { ...(await provenance()), seconds, found });
