// A project of a reader: a folder outside of this repository, with a copy of an example and with what its header installs. It is kept in
// the cache, so that only the first run installs.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const { cacheRoot } = await import(new URL('../../dist/libtorch/find/cache.js', import.meta.url).href);
const cache = join(cacheRoot(), 'examples');
/** What a package of this repository consists of. */
const shipped = ['dist', 'models', 'model-registry', 'package.json'];
const own = 'node-libtorch';

/** This build as a tarball. Its addon is not in it: on npm, that is the package of a platform. */
export function packOwn() {
  mkdirSync(cache, { recursive: true });
  const args = ['pack', '--ignore-scripts', '--silent', `--pack-destination=${cache}`];
  return join(cache, execFileSync('npm', args, { cwd: root, encoding: 'utf8' }).trim());
}

/**
 * @param main the example's main file, relative to examples/
 * @param install the command of its header
 * @param tarball of packOwn()
 * @returns the folder
 */
export function projectOf(name, main, install, tarball) {
  const folder = join(cache, name);
  const from = sourceOf(main);
  const alone = statSync(from).isFile();
  const written = alone ? manifestOf(install) : JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  const manifest = { ...written, dependencies: { ...written.dependencies, [own]: `file:${tarball}` } };
  const stamp = JSON.stringify([manifest, dependenciesOf(join(root, 'package.json'))]);
  const stampFile = join(folder, 'node_modules/.stamp');
  const isInstalled = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
  if (!isInstalled) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // What an earlier run left must not stand in for what this one lacks.
  for (const name of readdirSync(folder)) {
    if (name !== 'node_modules') rmSync(join(folder, name), { recursive: true });
  }
  cpSync(from, alone ? join(folder, basename(from)) : folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  if (!isInstalled) {
    const flags = [
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--no-package-lock',
      '--prefer-offline',
      '--loglevel=error',
    ];
    execFileSync('npm', ['install', ...flags], { cwd: folder, stdio: ['ignore', 'ignore', 2] });
    writeFileSync(stampFile, stamp);
  }
  putBuild(join(folder, 'node_modules', own));
  return folder;
}

/** An example is one file, or a folder with a package.json. */
function sourceOf(main) {
  const [first] = main.split('/');
  return join(root, 'examples', main.includes('/') ? first : main);
}

/** The manifest of a project in which somebody has typed the command. */
function manifestOf(install) {
  const names = /^npm install (.+)$/.exec(install)?.[1].split(' ');
  if (names === undefined) throw new Error(`expected «npm install NAMES» but received «${install}»`);
  return { private: true, type: 'module', dependencies: Object.fromEntries(names.map((name) => [name, '*'])) };
}

function dependenciesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).dependencies;
}

/** Today's build, where npm has put an older one; and the addon. */
function putBuild(folder) {
  for (const part of shipped) {
    rmSync(join(folder, part), { recursive: true, force: true });
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  chmodSync(join(folder, 'dist/cli/main.js'), 0o755); // as npm does with what `bin` names
  cpSync(join(root, 'build/Release'), join(folder, 'build/Release'), { recursive: true });
}

/** A file of this repository, for the reader's folder. */
export function put(folder, name, from) {
  const to = join(folder, name);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from.startsWith('/') ? from : join(root, from), to);
}
