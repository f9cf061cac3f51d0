#!/usr/bin/env node
// complete.mjs: makes node-libtorch itself and @node-libtorch/core, whose optionalDependencies are the platforms' packages in out/, wherever they were made.
// --for-publishing refuses without the project's addresses (identity.mjs).

import { parseArgs } from 'node:util';
import { build, run } from '../steps/build.mjs';
import { stageCore } from './core.mjs';
import { identity, requireIdentity } from './identity.mjs';
import { stageMain } from './main.mjs';
import { pack } from './pack.mjs';
import { tarballs } from './tarballs.mjs';

const { values } = parseArgs({ options: { 'for-publishing': { type: 'boolean' } } });

process.exitCode = await run(async (signal) => {
  if (values['for-publishing']) requireIdentity(identity());
  const { platforms } = tarballs();
  if (!(await build({ signal, skipNative: true }))) return false;
  const optional = platforms.map(({ name }) => name);
  const main = stageMain(optional);
  for (const tarball of pack([stageCore(main, optional), main], { keep: true })) process.stdout.write(`${tarball}\n`);
  return true;
});
