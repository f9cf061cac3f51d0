#!/usr/bin/env node
// npm run test:package: makes the packages, publishes them to a registry of its own, and uses what is installed from there.
//   --full   every version of Node and every package manager, as with PACKAGE_TESTS=full; --grep=… as mocha has it
// Linux x64 alone.

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { makePackages } from './support/published.mjs';
import { installTools, root } from './support/tools.mjs';

const { values } = parseArgs({ options: { full: { type: 'boolean' }, grep: { type: 'string' } } });
const full = values.full || process.env.PACKAGE_TESTS === 'full';
installTools('tools');
if (full) installTools('nodes');
const tarballs = makePackages().join('\n');
const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
const args = [
  '--no-config',
  '--fail-zero',
  '--timeout=600000',
  `--require=${join(root, 'test/package/support/setup.mjs')}`,
  ...(values.grep ? [`--grep=${values.grep}`] : []),
  join(root, 'test/package/*.test.mjs'),
];
const { status } = spawnSync(process.execPath, [mocha, ...args], {
  stdio: 'inherit',
  env: { ...process.env, PACKAGE_TARBALLS: tarballs, PACKAGE_TESTS: full ? 'full' : 'sample' },
});
process.exitCode = status ?? 1;
