#!/usr/bin/env node
// npm run test:parity [-- --all] [-- --only=FORMAT,…] [-- --rows=FILE]: exports functions, modules and real models with PyTorch in all four formats, runs
// them through loadModel and compares every element. Writes report.json and docs/parity.md, ends with 1 when one differs. Exports are
// kept in the cache folder and made once. `--only=export` needs minutes: it runs exported programs alone, known architectures among
// them, and leaves what report.json says of the other formats. `--rows` writes what became of each case, its deviation in full, to FILE
// and nothing else: two LibTorches (`LIBTORCH=… node scripts/parity/run.mjs --rows …`) are the same if two such files are.

import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runtime } from 'node-libtorch';
import { cacheRoot } from '#dist/libtorch/find/cache.js';
import { architectureOutcomes } from './architectures.mjs';
import { outcomes } from './outcomes.mjs';
import { writePage } from './page.mjs';
import { merged, summary } from './report.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = join(cacheRoot(), 'parity');
const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    only: { type: 'string' },
    minutes: { type: 'string' },
    rows: { type: 'string' },
  },
});
const every = ['torchscript', 'aotinductor', 'onnx', 'export'];
const only = values.only?.split(',') ?? every;
const others = only.some((format) => format !== 'export');
/** Scripts that export, and the lists they write. */
const exporters = {
  ...(others && { 'export.py': 'units.jsonl', 'models.py': 'models.jsonl' }),
  ...(only.includes('export') && { 'exported.py': 'exported.jsonl', 'architectures.py': 'architectures.jsonl' }),
};

await mkdir(folder, { recursive: true });
const flags = [...(values.all ? ['--all'] : []), ...(values.minutes ? ['--minutes', values.minutes] : [])];
for (const script of Object.keys(exporters)) {
  const made = spawnSync(
    'bash',
    [join(here, 'python.sh'), join(here, script), folder, ...(script === 'export.py' ? flags : [])],
    {
      stdio: ['ignore', 2, 2],
    },
  );
  if (made.status !== 0)
    throw new Error(`${script} failed; what it has made is kept, so another run goes on from there`);
}
runtime.configure({ intraOpThreads: 1 });
const cases = [];
const architectures = [];
const started = performance.now();
for (const file of Object.values(exporters)) {
  for await (const line of createInterface({ input: createReadStream(join(folder, file)) })) {
    const unit = JSON.parse(line);
    if (file === 'architectures.jsonl') architectures.push(await architectureOutcomes(unit, folder));
    else if (!every.includes(unit.format) || only.includes(unit.format)) cases.push(...(await outcomes(unit, folder)));
  }
}
if (values.rows !== undefined) {
  // What is no number in JSON would be null there: Infinity differs from NaN.
  const asText = (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);
  const rows = [...cases, ...architectures].map((row) => JSON.stringify(row, asText));
  const { libtorch } = await runtime.info();
  await writeFile(values.rows, `${rows.join('\n')}\n`);
  console.log(
    `${rows.length} rows with LibTorch ${libtorch.version} (${libtorch.source}) in ${Math.round((performance.now() - started) / 1000)} s`,
  );
  process.exit();
}
const versions = { node: process.versions.node };
for (const file of [
  ...(others ? ['versions.json'] : []),
  ...(only.includes('export') ? ['export-versions.json'] : []),
]) {
  Object.assign(versions, JSON.parse(await readFile(join(folder, file), 'utf8')));
}
const found = summary(cases, { ...versions, all: values.all }, only, architectures);
const before = JSON.parse(await readFile(join(here, 'report.json'), 'utf8'));
const report = only.length === every.length ? found : merged(before, found);
await writeFile(join(here, 'report.json'), `${JSON.stringify(report, null, 1)}\n`);
console.log(await writePage());
console.log(`compared in ${Math.round((performance.now() - started) / 1000)} s`);
process.exitCode = found.unexplained > 0 ? 1 : 0;
