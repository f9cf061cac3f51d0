// Programs of other people that the tests use, each by the file that Node runs.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
const here = fileURLToPath(new URL('..', import.meta.url));

export const tools = join(here, 'tools/node_modules');
/** For whoever imports a tool as a library. */
export const requireTool = createRequire(join(here, 'tools/package.json'));

export const npm11 = join(tools, 'npm11/bin/npm-cli.js');
export const npm12 = join(tools, 'npm12/bin/npm-cli.js');
export const pnpm = join(tools, 'pnpm/bin/pnpm.mjs');
/** Run by npx: it comes as a package for each system, which npm does not put into a lock file in full. */
export const pnpm12 = 'pnpm@12.21.0';
export const yarn1 = join(tools, 'yarn1/bin/yarn.js');
export const yarn = join(tools, '@yarnpkg/cli-dist/bin/yarn.js');

/** Whether everything is to be tried, which takes 600 MB of other Nodes. */
export const full = process.env.PACKAGE_TESTS === 'full';

/** Paths of Node, by major version: this one, and the newest; in full, the others too. */
export const nodes = new Map([
  [Number(process.versions.node.split('.')[0]), process.execPath],
  ...(full ? [20, 22, 24] : []).map((major) => [major, join(here, `nodes/node_modules/node${major}/bin/node`)]),
  [26, join(tools, 'node26/bin/node')],
]);

/** Brings a folder's node_modules to its lock file. */
export function installTools(name) {
  const folder = join(here, name);
  const lock = join(folder, 'package-lock.json');
  const done = join(folder, 'node_modules/.installed-lock.json');
  if (existsSync(done) && readFileSync(done).equals(readFileSync(lock))) return;
  process.stderr.write(`Installing test/package/${name}\n`);
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, stdio: ['ignore', 2, 2] });
  cpSync(lock, done);
}
