#!/usr/bin/env node
// node benchmarks/peers.mjs [--repeats 5] [--seconds 5] [--only NAME,…] [--save]
// Other servers with the same model, by the scripts of a kit that is not part of this project: PEERS_KIT or --kit is the
// folder with its start_NAME.sh. Interleaved: in every repeat each server is started, loaded and stopped in turn.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { closedLoop } from './lib/closed-loop.mjs';
import { residentMiB } from './lib/machine.mjs';
import { resultsDir, say, writeJson } from './lib/paths.mjs';
import { provenance } from './lib/results.mjs';
import { requestOf } from './lib/rows.mjs';
import { freePort, startOurs, startProcess } from './lib/server.mjs';
import { spreads } from './lib/stats.mjs';
import { short, textTable } from './lib/table.mjs';

const { values } = parseArgs({
  options: {
    kit: { type: 'string', default: process.env.PEERS_KIT ?? '' },
    repeats: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    only: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const request = requestOf('json', 784);
const paths = { torchserve: '/predictions/mnist' };

/** Ours: as it is delivered; with the peers' log level (none of them writes a line for each request); two processes. */
const ours = {
  ours: [],
  ours_warn: ['--log-level', 'warn'],
  ours_2w: ['--log-level', 'warn', '--workers', '2'],
};
const peers = [
  ...['fastapi_torch', 'fastapi_torch_async', 'litserve', 'litserve_batch', 'torchserve', 'ort_node'],
  ...['fastapi_torch_async_2w', 'ort_node_2w'],
];

async function start(name) {
  if (ours[name]) return startOurs(ours[name]);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}${paths[name] ?? '/predict'}`;
  const asked = { method: 'POST', headers: request.headers, body: request.body };
  return startProcess({ command: join(values.kit, `start_${name}.sh`), port, url, request: asked });
}

async function once(name) {
  const server = await start(name);
  try {
    const url = `http://127.0.0.1:${server.port}${paths[name] ?? '/predict'}`;
    const answer = await globalThis.fetch(url, { method: 'POST', headers: request.headers, body: request.body });
    const { predictions } = await answer.json();
    if (!Number.isInteger(predictions?.[0])) throw new Error(`${name} answers without a prediction`);
    const idleMiB = residentMiB(server.pid);
    const load = (connections, duration) =>
      closedLoop({ label: name, url, request, connections, seconds: duration, warmup: 1, pid: server.pid });
    // One connection shows what a request costs by itself; half as long will do for a median.
    const single = await load(1, seconds / 2);
    return { c1: single, c64: await load(64, seconds), readySeconds: server.readySeconds, idleMiB };
  } finally {
    await server.stop();
  }
}

if (values.kit === '' || !existsSync(join(values.kit, 'start_ort_node.sh'))) {
  say('No kit of peer servers: set PEERS_KIT to a folder with start_NAME.sh. Nothing was compared.');
  process.exit(0);
}
const wanted = values.only?.split(',') ?? [...Object.keys(ours), ...peers];
const runs = Object.fromEntries(wanted.map((name) => [name, []]));
const failures = {};
for (let repeat = 1; repeat <= Number(values.repeats); repeat++) {
  for (const name of wanted.filter((each) => !failures[each])) {
    say(`repeat ${repeat}: ${name}`);
    try {
      runs[name].push(await once(name));
    } catch (error) {
      // A peer that is not installed, or an option that this version lacks: the others are still worth comparing.
      say(`${name}: ${error.message}`);
      failures[name] = error.message;
    }
  }
}
const systems = Object.fromEntries(
  Object.entries(runs)
    .filter(([, repeats]) => repeats.length > 0)
    .map(([name, repeats]) => {
      const { readySeconds, idleMiB } = spreads(repeats);
      const of = (key) => spreads(repeats.map((each) => each[key]));
      return [name, { repeats: repeats.length, readySeconds, idleMiB, c1: of('c1'), c64: of('c64') }];
    }),
);
const base = systems.ours_warn ?? systems.ours;
const rows = Object.entries(systems).map(([name, { c1, c64, idleMiB }]) => [
  name,
  ...[c64.throughput.median, c64.throughput.min, c64.throughput.max].map(short),
  base && short(base.c64.throughput.median / c64.throughput.median),
  ...[c64.p50.median, c64.p99.median, c1.p50.median, c64.cpuUsPerRequest.median, idleMiB.median].map(short),
  short(c64.foreignCores.max),
]);
const heading = [
  'server',
  'req/s at 64',
  'min',
  'max',
  'ours ×',
  'p50 ms',
  'p99 ms',
  'p50 at 1',
  'CPU µs',
  'MiB',
  'foreign',
];
console.log(textTable([heading, ...rows]));
for (const [name, why] of Object.entries(failures)) console.log(`not measured: ${name}: ${why}`);
if (values.save) {
  await writeJson(join(resultsDir, 'peers.json'), { ...(await provenance()), seconds, systems, failures });
}
