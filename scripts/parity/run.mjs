#!/usr/bin/env node
// npm run test:parity [-- --all]: exports functions, modules and real models with PyTorch in
// all three formats, runs them through loadModel and compares every element. Writes report.json and docs/parity.md, ends with 1
// when one differs. Exports are kept in the cache folder and made once.

import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { loadModel, runtime } from 'node-libtorch';
import { cacheRoot } from '#dist/libtorch/find/cache.js';
import { decode, difference, flat, similarityError, similarityTolerance, tolerances } from './compare.mjs';
import { page, summary } from './report.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = join(cacheRoot(), 'parity');
const flags = process.argv.slice(2);

await mkdir(folder, { recursive: true });
for (const script of ['export.py', 'models.py']) {
  const made = spawnSync('bash', [join(here, 'python.sh'), join(here, script), folder, ...flags], {
    stdio: ['ignore', 2, 2],
  });
  if (made.status !== 0)
    throw new Error(`${script} failed; what it has made is kept, so another run goes on from there`);
}
runtime.configure({ intraOpThreads: 1 });
const cases = [];
const started = performance.now();
for (const file of ['units.jsonl', 'models.jsonl']) {
  for await (const line of createInterface({ input: createReadStream(join(folder, file)) })) {
    cases.push(...(await outcomes(JSON.parse(line))));
  }
}
const versions = JSON.parse(await readFile(join(folder, 'versions.json'), 'utf8'));
const report = summary(cases, { ...versions, node: process.versions.node, all: flags.includes('--all') });
await writeFile(join(here, 'report.json'), `${JSON.stringify(report, null, 1)}\n`);
await writeFile(join(here, '../../docs/parity.md'), page(report));
console.log(page(report));
console.log(`compared in ${Math.round((performance.now() - started) / 1000)} s`);
process.exitCode = report.unexplained > 0 ? 1 : 0;

/** One row for every case of a unit: { format, name, kind, error?, why? }. */
async function outcomes(unit) {
  const rows = unit.cases.map((one) => ({ ...one, format: unit.format, model: unit.model }));
  if (unit.skip) return rows.map((row) => ({ ...row, kind: 'notRun', why: unit.skip }));
  let model;
  try {
    model = await loadModel(join(folder, unit.file), { device: 'cpu' });
    const errors = rows.map(() => ({ error: 0 }));
    for (const [call, args] of unit.args.entries()) {
      const answer = await model.call('forward', args.map(decode));
      for (const [i, expected] of unit.expected[call].entries()) {
        const wanted = expected.map(decode);
        const found = difference(unit.format === 'aotinductor' && !unit.model ? flat(answer[i]) : flat(answer), wanted);
        if (unit.similarities && found.error < Infinity) {
          rows[i].similarity = Math.max(rows[i].similarity ?? 0, similarityError(flat(answer)[0], wanted[0]));
        }
        if (found.error > errors[i].error) errors[i] = { ...found, python: pythonError(unit, call, wanted) };
      }
    }
    return rows.map((row, i) => ({
      ...row,
      ...errors[i],
      kind: row.similarity > similarityTolerance ? 'differ' : kind(row, errors[i].error),
    }));
  } catch (error) {
    return rows.map((row) => ({ ...row, kind: 'differ', error: Infinity, why: `${error.code}: ${error.message}` }));
  } finally {
    await model?.dispose();
  }
}

/** How far Python's onnxruntime is from PyTorch with the same file. */
function pythonError(unit, call, wanted) {
  return unit.python && difference(unit.python[call].map(decode), wanted).error;
}

function kind({ dtype, tolerance }, error) {
  if (error === 0) return 'exact';
  return error <= (tolerance ?? tolerances[dtype] ?? tolerances.float32) ? 'close' : 'differ';
}
