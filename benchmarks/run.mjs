#!/usr/bin/env node
// npm run bench -- [--full] [--quick] [--save]
//   --full   ResNet-18 and the transformers too (generated once, with Python)
//   --quick  short runs
//   --save   writes benchmarks/results/run.json, which docs/benchmarks.md is made from

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { collect } from './lib/collect.mjs';
import { resultsDir, writeJson } from './lib/paths.mjs';
import { resultsTable, textTable } from './lib/table.mjs';

const flag = { type: 'boolean', default: false };
const { values } = parseArgs({ options: { full: flag, quick: flag, save: flag } });

const found = await collect(values);
console.log(textTable(resultsTable(found.results)));
for (const { share, rate, p50, p95, p99, p999, clientLagMs } of found.open) {
  const lag = `the client itself was ${clientLagMs.p50} ms late, p99 ${clientLagMs.p99}`;
  console.log(`open loop, ${share * 100} % (${rate}/s): p50 ${p50} p95 ${p95} p99 ${p99} p99.9 ${p999} ms (${lag})`);
}
if (values.save) await writeJson(join(resultsDir, 'run.json'), found);
