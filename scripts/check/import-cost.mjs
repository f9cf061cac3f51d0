#!/usr/bin/env node
// node scripts/check/import-cost.mjs [--dist DIR] [--rounds N] [--most RATIO] [--json]
// What importing the package costs: CPU time (user and system) of a Node that imports an entry of it and ends, beside that of
// a Node that does nothing, and how many modules of ours and of others it loads, which does not depend on the machine. Medians
// over rounds in which each takes its turn, so that a busy neighbour slows all alike.
//   --most RATIO   exit code 1 when `node-libtorch` costs more than so many times a bare Node

import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../../benchmarks/lib/stats.mjs';
import { textTable } from '../../benchmarks/lib/table.mjs';
import { root } from '../steps/context.mjs';

const { values } = parseArgs({
  options: {
    dist: { type: 'string', default: join(root, 'dist') },
    rounds: { type: 'string', default: '15' },
    most: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const importOf = (file) => `import(${JSON.stringify(pathToFileURL(join(resolve(values.dist), file)).href)})`;
const programs = {
  'bare node': '0',
  'node-libtorch': importOf('index.js'),
  'node-libtorch/server': importOf('server/index.js'),
  'node-libtorch/tasks': importOf('tasks/index.js'),
  'node-libtorch/client': importOf('client/index.js'),
  'node-libtorch/monitoring': importOf('monitoring/index.js'),
};
const atExit = `process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  require('node:fs').writeSync(1, String(userCPUTime + systemCPUTime));
});`;

const cpuMs = (program) =>
  Number(execFileSync(process.execPath, ['-e', `${atExit}${program}`], { stdio: ['ignore', 'pipe', 'inherit'] })) /
  1000;

/** Modules of dist, and of packages: `import parent -> url` a line. */
function modulesOf(program) {
  const record = join(root, 'test/support/record-imports.mjs');
  const lines = execFileSync(process.execPath, ['--import', pathToFileURL(record).href, '-e', program], {
    encoding: 'utf8',
  });
  const urls = new Set([...lines.matchAll(/ -> (file:.*)$/gm)].map(([, url]) => url));
  const packages = [...urls].filter((url) => url.includes('/node_modules/')).length;
  return { own: urls.size - packages, packages };
}

const times = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, program] of Object.entries(programs)) times[name].push(cpuMs(program));
}
const bare = median(times['bare node']);
const results = Object.entries(times).map(([name, all]) => ({
  name,
  cpuMs: median(all),
  ratio: median(all) / bare,
  modules: modulesOf(programs[name]),
}));
if (values.json) console.log(JSON.stringify(results, null, 2));
else {
  const rows = results.map(({ name, cpuMs, ratio, modules }) => [
    ...[name, cpuMs.toFixed(1), ratio.toFixed(2)],
    ...[modules.own, modules.packages].map(String),
  ]);
  console.log(textTable([['import', 'CPU ms', '× bare', 'own modules', 'imported of packages'], ...rows]));
}
const { ratio } = results.find(({ name }) => name === 'node-libtorch');
if (values.most !== undefined && ratio > Number(values.most)) {
  process.stderr.write(
    `import 'node-libtorch' costs ${ratio.toFixed(2)} times a bare node, more than ${values.most}\n`,
  );
  process.exitCode = 1;
}
