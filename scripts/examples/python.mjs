// A reader's Python: one that has torch, and what else an example's script imports.

import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { root } from './project.mjs';

const run = (args, options) =>
  execFileSync('bash', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 2], ...options });
const beside = (name, ...args) => [join(root, 'scripts/python-beside.sh'), name, '-W', 'ignore', ...args];

/** The folder with the python3 of an environment: scripts/python-beside.sh has them by their names. */
export function pythonPath(name) {
  if (name === undefined) return dirname(run([join(root, 'scripts/python-env.sh')]).trim());
  return dirname(run(beside(name, '-c', 'import sys; print(sys.executable)')).trim());
}

/** Runs a script of this repository in an example's folder. @returns what it prints */
export function runPython(name, folder, script, ...args) {
  return run(beside(name, join(root, script), ...args), { cwd: folder });
}
