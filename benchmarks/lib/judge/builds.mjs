// A built tree of a commit, in the cache: built once, and the newest few are kept.

import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheDir, root, say } from '../paths.mjs';

const kept = 3;
const done = '.built';
const keptOfBuild = ['Release', 'stamps.json'];

const git = (args, options = {}) =>
  execFileSync('git', ['-C', root, ...args], { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 30, ...options });

/** The full hash; undefined when this clone does not have the commit. */
export function commitOf(ref) {
  try {
    return git(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`])
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

/** The folder when it is a built tree; undefined when there is no such folder. */
export function builtFolder(path) {
  const folder = resolve(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  if (existsSync(join(folder, 'dist/index.js'))) return folder;
  throw new Error(`${path} is no built tree: it has no dist/index.js\n  fix: npm run build, in there`);
}

/** The commit's tree, built. @throws where it cannot be built; the output is on stderr */
export function buildOf(commit, builds = join(cacheDir, 'builds')) {
  const folder = join(builds, commit.slice(0, 16));
  mkdirSync(builds, { recursive: true });
  if (!existsSync(join(folder, done))) {
    rmSync(folder, { recursive: true, force: true });
    const unfinished = mkdtempSync(join(builds, 'unfinished-'));
    try {
      build(commit, unfinished);
      renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  linkPackages(commit, folder);
  const now = new Date();
  utimesSync(join(folder, done), now, now);
  forget(builds);
  return folder;
}

function build(commit, folder) {
  say(`Building ${commit.slice(0, 10)} in ${folder}`);
  const archive = git(['archive', '--format=tar', commit]);
  execFileSync('tar', ['-x', '-C', folder], { input: archive, stdio: ['pipe', 2, 2] });
  linkPackages(commit, folder);
  // Its build script finds by the stamps whether this tree's addon was made of the same sources; if so, it is not compiled again.
  if (existsSync(join(root, 'build/stamps.json'))) {
    mkdirSync(join(folder, 'build'));
    for (const name of keptOfBuild) cpSync(join(root, 'build', name), join(folder, 'build', name), { recursive: true });
  }
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: folder, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${commit.slice(0, 10)} could not be built; its output is above`);
  // Objects of the compiler are hundreds of MB.
  for (const name of readdirSync(join(folder, 'build'))) {
    if (!keptOfBuild.includes(name)) rmSync(join(folder, 'build', name), { recursive: true, force: true });
  }
  writeFileSync(join(folder, done), `${commit}\n`);
}

/** This tree's packages where the commit has the same ones; its own otherwise. */
function linkPackages(commit, folder) {
  const packages = join(folder, 'node_modules');
  // A link to a working tree that is gone is there, and leads nowhere.
  if (existsSync(packages)) return;
  rmSync(packages, { force: true });
  try {
    git(['diff', '--quiet', commit, '--', 'package-lock.json']);
    symlinkSync(join(root, 'node_modules'), packages);
  } catch {
    say(`Installing the packages of ${commit.slice(0, 10)}`);
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: folder,
      stdio: ['ignore', 2, 2],
    });
  }
}

/** All but the newest few are removed. */
function forget(builds) {
  const used = (name) => statSync(join(builds, name, done), { throwIfNoEntry: false })?.mtimeMs;
  const known = readdirSync(builds).filter((name) => used(name) !== undefined);
  const old = known.sort((a, b) => used(b) - used(a)).slice(kept);
  for (const name of old) rmSync(join(builds, name), { recursive: true, force: true });
}
