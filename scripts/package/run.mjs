#!/usr/bin/env node
// npm run package: builds what is stale and makes this platform's packages in out/. Tarballs are printed to stdout, in the
// order in which they are to be published. --for-publishing refuses to stage without the project's addresses (identity.mjs).

import { mkdirSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { build, run } from '../steps/build.mjs';
import { say } from '../steps/context.mjs';
import { stageAddon } from './addon.mjs';
import { requireBudget, sizeOf } from './budget.mjs';
import { nameOf, out } from './context.mjs';
import { stageCore } from './core.mjs';
import { identity, requireIdentity } from './identity.mjs';
import { stageMain } from './main.mjs';
import { requireNeeds } from './needs.mjs';
import { pack } from './pack.mjs';
import { stageRuntime } from './runtime.mjs';
import { Stages } from './stages.mjs';

const { values } = parseArgs({
  options: {
    'max-glibc': { type: 'string' },
    'platform-only': { type: 'boolean' },
    'for-publishing': { type: 'boolean' },
    optional: { type: 'string', multiple: true },
  },
});

process.exitCode = await run(async (signal) => {
  if (values['for-publishing']) requireIdentity(identity());
  requireNeeds();
  const stages = new Stages();
  stages.begin('Build what is stale');
  if (!(await build({ signal }))) return false;
  const [{ currentPlatform }, { compareDotted }, { reportTo }] = await Promise.all([
    import('#dist/libtorch/platform.js'),
    import('#dist/libtorch/version.js'),
    import('#dist/libtorch/fetch/progress.js'),
  ]);
  const platform = currentPlatform();
  mkdirSync(out, { recursive: true });
  stages.begin('Stage LibTorch');
  const runtime = await stageRuntime(platform, { signal, report: reportTo() });
  stages.begin('Stage the addon');
  const addon = await stageAddon(platform, runtime.floors);
  const limit = values['max-glibc'];
  if (limit !== undefined && addon.floors.glibc !== undefined && compareDotted(addon.floors.glibc, limit) > 0) {
    throw new Error(
      `The binaries need glibc ${addon.floors.glibc}, more than ${limit}\n  fix: build in manylinux_2_28`,
    );
  }
  const folders = [runtime.folder, addon.folder];
  if (!values['platform-only']) {
    stages.begin('Stage node-libtorch');
    const optional = [addon.name, runtime.name, ...(values.optional ?? [])];
    const main = stageMain(optional);
    folders.push(stageCore(main, optional), main);
  }
  const tarballs = pack(folders, { begin: (title) => stages.begin(title) });
  const sizes = folders.map((folder, i) => {
    const [packed, unpacked] = [statSync(tarballs[i]).size, sizeOf(folder)];
    return { name: nameOf(folder), packed, unpacked };
  });
  for (const { name, packed, unpacked } of sizes)
    say(`  ${name}: ${(packed / 1e6).toFixed(2)} MB packed, ${(unpacked / 1e6).toFixed(2)} MB unpacked`);
  requireBudget(sizes);
  for (const tarball of tarballs) process.stdout.write(`${tarball}\n`);
  stages.begin('Done');
  return true;
});
