// Run by binding.gyp: builds with CMake in a folder of its own and copies the modules to where node-gyp expects them.

import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from './steps/build.mjs';
import { root } from './steps/context.mjs';
import { findLibtorch } from './steps/native.mjs';
import { compileTypescript } from './steps/typescript.mjs';

const product = resolve(process.argv[2] ?? join(root, 'build/Release'));

process.exitCode = await run(async (signal) => {
  if (!(await compileTypescript('typescript', false))) return false;
  const libtorch = await findLibtorch({ signal });
  const { compile } = await import('#dist/libtorch/build/compile.js');
  const built = await compile({ root, out: join(root, 'build-gyp'), ...libtorch, signal });
  mkdirSync(product, { recursive: true });
  for (const name of ['loader.node', 'node_libtorch.node', 'libtorch.so']) {
    if (existsSync(join(built, name))) copyFileSync(join(built, name), join(product, name));
  }
  return true;
});
