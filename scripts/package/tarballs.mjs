// The tarballs in out/ and what their package.json says.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { out, source } from './context.mjs';
import { coreName } from './core.mjs';

/** The platforms' packages, which come first, @node-libtorch/core and node-libtorch itself, where they are there. @throws for another release's */
export function tarballs() {
  mkdirSync(out, { recursive: true });
  const all = readdirSync(out)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => ({ path: join(out, name), ...manifestOf(join(out, name)) }));
  const stranger = all.find(({ version }) => version !== source.version);
  if (stranger !== undefined)
    throw new Error(`Expected packages of ${source.version} in ${out}, found ${stranger.path}`);
  const named = (wanted) => all.find(({ name }) => name === wanted);
  const platforms = all.filter(({ name }) => name !== source.name && name !== coreName);
  if (platforms.length === 0) throw new Error(`Expected the platforms' packages in ${out}, found none`);
  return { platforms, core: named(coreName), main: named(source.name) };
}

function manifestOf(tarball) {
  // By its name: of a path that begins with a drive, GNU's tar takes the drive for another machine.
  const options = { cwd: dirname(tarball), encoding: 'utf8' };
  const text = execFileSync('tar', ['-xzOf', basename(tarball), 'package/package.json'], options);
  const { name, version, os, cpu, optionalDependencies, repository, homepage, bugs } = JSON.parse(text);
  return { name, version, os, cpu, optionalDependencies, repository, homepage, bugs };
}
