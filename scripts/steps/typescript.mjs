// TypeScript to JavaScript: src → dist, test → build-test.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, say, stamps } from './context.mjs';
import { fingerprint } from './stamps.mjs';
import { validatorFiles, writeValidators } from './validators.mjs';

const projects = {
  typescript: {
    title: 'Compiling TypeScript',
    config: 'tsconfig.build.json',
    from: 'src',
    to: 'dist',
    made: validatorFiles,
    record: 'build',
  },
  tests: {
    title: 'Compiling the tests',
    config: 'tsconfig.test.json',
    from: 'test',
    to: 'build-test',
    made: [],
    record: 'build-test',
  },
};

/** What is in dist as it is in src: the CommonJS of `require`, and what a browser loads for the console. */
const copied = ['cjs', 'server/console/assets'];

/** Compiles a project unless its sources are what they were. False when tsc found faults, which it has printed. */
export async function compileTypescript(name, force) {
  const { title, config, from, to, made, record } = projects[name];
  // The tests import dist's declarations, so a change in src reaches them too.
  const sources = name === 'tests' ? ['src', 'test'] : ['src'];
  const inputs = fingerprint(
    root,
    [...sources, 'tsconfig.json', config, 'package-lock.json', 'scripts/steps/validators.mjs'],
    [],
    /\.([cm]?ts|[cm]js|json|js|css|svg)$/,
  );
  if (!force && stamps.isFresh(name, inputs, [join(root, to), ...made])) return true;
  say(title);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  if (!existsSync(tsc)) throw new Error('TypeScript is not installed\n  fix: npm ci');
  // tsc's own record of what it has written must not outlive the files.
  if (force || !existsSync(join(root, to)))
    rmSync(join(root, record, config.replace('.json', '.tsbuildinfo')), { force: true });
  const { status } = spawnSync(process.execPath, [tsc, '-p', config], { cwd: root, stdio: ['ignore', 2, 2] });
  removeOrphans(join(root, from), join(root, to));
  if (name === 'typescript') {
    for (const folder of copied) copyFolder(folder);
    if (status === 0) await writeValidators();
  }
  if (status === 0) stamps.set(name, inputs);
  return status === 0;
}

// Anew: what is gone from src must not be served.
function copyFolder(folder) {
  rmSync(join(root, 'dist', folder), { recursive: true, force: true });
  cpSync(join(root, 'src', folder), join(root, 'dist', folder), { recursive: true });
}

// What was compiled from a source that is gone could still be imported, and would hide that it is gone.
function removeOrphans(from, to) {
  for (const entry of readdirSync(to, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const source = join(from, path.slice(to.length + 1)).replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts');
    if (entry.isFile() && source.endsWith('.ts') && !existsSync(source)) rmSync(path);
  }
}
