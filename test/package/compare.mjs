#!/usr/bin/env node
// How long `npm install` takes, and what it leaves on the disk, for node-libtorch, sharp and onnxruntime-node: each into an empty
// folder with an empty cache, without scripts. Ours come from a registry on this machine, the others through it from theirs.
// --write puts the table into docs/internals/packaging.md.

import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { publishedPackages } from './support/published.mjs';
import { Sandbox } from './support/sandbox.mjs';
import { root } from './support/tools.mjs';

const { values } = parseArgs({ options: { write: { type: 'boolean' } } });
const packages = ['node-libtorch', 'sharp', 'onnxruntime-node'];
const rounds = 2;

const registry = await publishedPackages();
const measured = new Map(packages.map((name) => [name, []]));
try {
  // The first round fills the registry's own cache.
  for (let round = 0; round <= rounds; ++round) {
    for (const name of packages) {
      const result = await install(name);
      if (round > 0) measured.get(name).push(result);
    }
  }
} finally {
  await registry.stop();
}

async function install(name) {
  const sandbox = new Sandbox({ registry });
  try {
    const started = performance.now();
    await sandbox.ok('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', name]);
    const seconds = (performance.now() - started) / 1000;
    return { seconds, ...sizeOf(join(sandbox.app, 'node_modules')) };
  } finally {
    sandbox.remove();
  }
}

function sizeOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  const manifests = files.filter(
    (entry) => /node_modules\/(@[^/]+\/)?[^/]+$/.test(entry.parentPath) && entry.name === 'package.json',
  );
  return { bytes, packages: manifests.length };
}

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const rows = [...measured].map(([name, results]) => {
  const [{ bytes, packages: count }] = results;
  return `| ${name} | ${median(results.map(({ seconds }) => seconds)).toFixed(1)} | ${(bytes / 1e6).toFixed(0)} | ${count} |\n`;
});
const table = `| | Seconds | MB on the disk | Packages |\n| --- | --: | --: | --: |\n${rows.join('')}`;
process.stdout.write(table);
if (values.write) {
  const page = join(root, 'docs/internals/packaging.md');
  const between = /(<!-- comparison:.*?-->\n)[^]*?(<!-- end of comparison -->)/;
  writeFileSync(page, readFileSync(page, 'utf8').replace(between, `$1\n${table}\n$2`));
}
