#!/usr/bin/env node
// Compiles and loads the sources against LibTorch 2.11.0, the oldest they support: GPU machines lag. Linux x64 only.
// The result goes to build/torch-2.11 and leaves the usual build alone. Fetches 530 MB the first time.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { run } from './steps/build.mjs';
import { root, say } from './steps/context.mjs';
import { compileTypescript } from './steps/typescript.mjs';

const version = '2.11.0';

process.exitCode = await run(async (signal) => {
  if (!(await compileTypescript('typescript', false))) return false;
  const [{ provision }, { reportTo }, { compile }, { locate }] = await Promise.all([
    import('#dist/libtorch/fetch/provision.js'),
    import('#dist/libtorch/fetch/progress.js'),
    import('#dist/libtorch/build/compile.js'),
    import('#dist/libtorch/find/locate.js'),
  ]);
  const set = await provision({ triple: 'linux-x64', version, headers: true, signal, report: reportTo() });
  const { libDir, includeDir } = set;
  const built = await compile({ root, out: join(root, 'build/torch-2.11'), libDir, includeDir, version, signal });
  const require = createRequire(import.meta.url);
  const loader = require(join(built, 'loader.node'));
  const { libraries } = locate({ version: loader.torchVersion, env: { ...process.env, LIBTORCH: set.set } });
  loader.open({ env: {}, libraries, optional: [], description: '' });
  const addon = require(join(built, 'node_libtorch.node'));
  addon.initialise(() => undefined, 1, 1);
  const { keys, values } = addon.runtimeInfo();
  say(`The addon runs on LibTorch ${values[keys.indexOf('torchVersion')]}`);
  return values[keys.indexOf('torchVersion')].startsWith(version);
});
