#!/usr/bin/env node
// npm run bench:diff -- [--fail]: the quick runs of the digit model against benchmarks/baseline.json, by their ratios to
// references of the same run, so that the baseline's machine need not be this one.
//   --fail        exit code 1 when something became slower
//   --write FILE  also writes what was measured

import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { collect } from './lib/collect.mjs';
import { compare, verdicts } from './lib/compare.mjs';
import { baselineFile, readJson, say, writeJson } from './lib/paths.mjs';
import { core } from './lib/results.mjs';
import { textTable } from './lib/table.mjs';

const options = { fail: { type: 'boolean', default: false }, write: { type: 'string' } };
const { values } = parseArgs({ options });

if (!existsSync(baselineFile)) {
  say('No benchmarks/baseline.json: npm run bench -- --write-baseline, on a quiet machine');
  process.exit(1);
}
const baseline = readJson(baselineFile);
const found = await collect({ quick: true, full: false });
const lines = compare(baseline.results, found.results);
const about = ({ machine, node, libtorch, date, commit }) =>
  `${machine.cpu}, ${machine.cores} cores, Node ${node}, LibTorch ${libtorch}, ${date}, ${commit.slice(0, 10)}`;
console.log(`baseline: ${about(baseline)}\nnow:      ${about(found)}\n`);
console.log(textTable([['benchmark', 'measure', 'baseline', 'now', 'change', ''], ...lines.map((line) => line.cells)]));
const { slower, faster } = verdicts(lines);
console.log(`\n${slower.length} slower, ${faster.length} faster by more than the limit, of ${lines.length} ratios`);
if (values.write) {
  const kept = Object.fromEntries(Object.entries(found.results).map(([name, each]) => [name, core(each)]));
  await writeJson(values.write, { ...found, results: kept });
}
if (slower.length > 0) {
  say(`slower: ${[...new Set(slower.map(({ name }) => name))].join(', ')}`);
  if (values.fail) process.exitCode = 1;
}
