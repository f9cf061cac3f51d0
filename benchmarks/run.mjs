#!/usr/bin/env node
// npm run bench -- [--full] [--quick] [--save] [--write-baseline]
//   --full            ResNet-18 and the transformers too (generated once, with Python)
//   --quick           short runs, as `npm run bench:diff` makes them
//   --save            writes benchmarks/results/run.json, which docs/benchmarks.md is made from
//   --write-baseline  writes benchmarks/baseline.json

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { collect } from './lib/collect.mjs';
import { baselineFile, resultsDir, say, writeJson } from './lib/paths.mjs';
import { core } from './lib/results.mjs';
import { resultsTable, textTable } from './lib/table.mjs';

const flag = { type: 'boolean', default: false };
const { values } = parseArgs({ options: { full: flag, quick: flag, save: flag, 'write-baseline': flag } });

const found = await collect(values);
console.log(textTable(resultsTable(found.results)));
for (const { share, rate, p50, p95, p99, p999, clientLagMs } of found.open) {
  const lag = `the client itself was ${clientLagMs.p50} ms late, p99 ${clientLagMs.p99}`;
  console.log(`open loop, ${share * 100} % (${rate}/s): p50 ${p50} p95 ${p95} p99 ${p99} p99.9 ${p999} ms (${lag})`);
}
if (values.save) await writeJson(join(resultsDir, 'run.json'), found);
if (values['write-baseline']) {
  const { open: _open, readySeconds: _ready, results, ...about } = found;
  const kept = Object.fromEntries(Object.entries(results).map(([name, each]) => [name, core(each)]));
  await writeJson(baselineFile, { ...about, results: kept });
  say(`wrote ${baselineFile}`);
}
