#!/usr/bin/env node
// npm run package: builds what is stale and makes this platform's packages in out/. Tarballs are printed to stdout, in the
// order in which they are to be published.

import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { build, run } from '../steps/build.mjs';
import { stageAddon } from './addon.mjs';
import { out } from './context.mjs';
import { stageMain } from './main.mjs';
import { pack } from './pack.mjs';
import { stageRuntime } from './runtime.mjs';

const { values } = parseArgs({
  options: {
    'max-glibc': { type: 'string' },
    'platform-only': { type: 'boolean' },
    optional: { type: 'string', multiple: true },
  },
});

process.exitCode = await run(async (signal) => {
  if (!(await build({ signal }))) return false;
  const [{ currentPlatform }, { compareDotted }, { reportTo }] = await Promise.all([
    import('#dist/libtorch/platform.js'),
    import('#dist/libtorch/version.js'),
    import('#dist/libtorch/fetch/progress.js'),
  ]);
  const platform = currentPlatform();
  mkdirSync(out, { recursive: true });
  const runtime = await stageRuntime(platform, { signal, report: reportTo() });
  const addon = await stageAddon(platform, runtime.floors);
  const limit = values['max-glibc'];
  if (limit !== undefined && addon.floors.glibc !== undefined && compareDotted(addon.floors.glibc, limit) > 0) {
    throw new Error(
      `The binaries need glibc ${addon.floors.glibc}, more than ${limit}\n  fix: build in manylinux_2_28`,
    );
  }
  const folders = [runtime.folder, addon.folder];
  if (!values['platform-only']) folders.push(stageMain([addon.name, runtime.name, ...(values.optional ?? [])]));
  for (const tarball of pack(folders)) process.stdout.write(`${tarball}\n`);
  return true;
});
