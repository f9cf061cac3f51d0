// The steps of `npm run build`, each skipped when its inputs are what they were at its last success.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fingerprint, Stamps } from './stamps.mjs';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const stamps = new Stamps(join(root, 'build/stamps.json'));
const dist = (name) => import(new URL(`../../dist/${name}`, import.meta.url).href);
const say = (text) => process.stderr.write(`${text}\n`);

/** src → dist. False when tsc found faults (it has printed them). */
export function typescript(force) {
  const inputs = fingerprint(root, ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']);
  const outputs = [join(root, 'dist/errors.js')];
  if (!force && stamps.isFresh('typescript', inputs, outputs)) return true;
  say('Compiling TypeScript');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  if (!existsSync(tsc)) throw new Error('The packages are not installed\n  fix: npm ci');
  // Its own record of what it has written must not outlive the files.
  const args = outputs.every(existsSync) && !force ? [] : ['--force'];
  const { status } = spawnSync(process.execPath, [tsc, '-b', ...args, 'tsconfig.build.json'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) stamps.set('typescript', inputs);
  return status === 0;
}

/** A LibTorch with headers: found (LIBTORCH, Python) or fetched into the cache. */
export async function libtorch(signal) {
  const [{ libtorchForBuild }, { reportTo }] = await Promise.all([dist('provision/for-build.js'), dist('provision/report.js')]);
  return libtorchForBuild({ report: reportTo(process.stderr), signal });
}

/** native/ → build/Release/*.node. True when something was built. */
export async function native(found, force, signal) {
  const outputs = ['loader', 'node_libtorch']
    .filter((name) => existsSync(join(root, `native/${name.replace('node_libtorch', 'addon')}.cc`)))
    .map((name) => join(root, `build/Release/${name}.node`));
  const where = [found.version, found.libDir, found.includeDir, process.env.CXX, process.arch];
  const inputs = fingerprint(root, ['native', 'CMakeLists.txt'], where);
  if (!force && stamps.isFresh('native', inputs, outputs)) return false;
  say(`Building the addon against LibTorch ${found.version} (${found.source})`);
  const { compile } = await dist('provision/compile.js');
  await compile({ root, libDir: found.libDir, includeDir: found.includeDir, version: found.version, signal });
  stamps.set('native', inputs);
  return true;
}
