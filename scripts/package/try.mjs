#!/usr/bin/env node
// try.mjs: installs the tarballs in out/ that fit this platform into an empty folder, and has them name a digit. Node and npm
// are all that it needs: it is for a machine other than the one that made the packages.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../steps/context.mjs';
import { tarballs } from './tarballs.mjs';

const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-try-'));
try {
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  copyFileSync(join(root, 'test/package/apps/predict.mjs'), join(folder, 'predict.mjs'));
  const run = (command, args) =>
    execFileSync(command, args, {
      cwd: folder,
      shell: process.platform === 'win32', // npm and npx are scripts of the shell there
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 2],
      env: { ...process.env, HOME: folder, XDG_CACHE_HOME: '', NODE_LIBTORCH_CACHE: '', LIBTORCH: '' },
    });
  const { platform, arch } = process;
  const { platforms, main } = tarballs();
  const fitting = platforms.filter(({ os, cpu }) => os.includes(platform) && cpu.includes(arch));
  if (main === undefined || fitting.length !== 2) {
    throw new Error(
      `Expected node-libtorch and two packages for ${platform}-${arch}, found ${fitting.map(({ name }) => name)}`,
    );
  }
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...[main, ...fitting].map(({ path }) => path)]);
  console.log(run('npx', ['node-libtorch', 'doctor']));
  const digit = run('node', ['predict.mjs']).trim();
  if (digit !== '7') throw new Error(`Expected the digit 7 but received ${digit}`);
  console.log(`${platform}-${arch}: the packages are installed and see a 7`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
