#!/usr/bin/env node
// complete.mjs: makes node-libtorch itself, whose optionalDependencies are the platforms' packages in out/, wherever they were made.

import { build, run } from '../steps/build.mjs';
import { stageMain } from './main.mjs';
import { pack } from './pack.mjs';
import { tarballs } from './tarballs.mjs';

process.exitCode = await run(async (signal) => {
  const { platforms } = tarballs();
  if (!(await build({ signal, skipNative: true }))) return false;
  const folder = stageMain(platforms.map(({ name }) => name));
  process.stdout.write(`${pack([folder], { keep: true })[0]}\n`);
  return true;
});
