#!/usr/bin/env node
// publish.mjs TAG [--dry-run]: publishes the platforms' tarballs in out/, and then node-libtorch, whose optionalDependencies are
// those very packages. What is published already is passed over, so that a broken run can be run again.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, run } from '../steps/build.mjs';
import { say } from '../steps/context.mjs';
import { out, source } from './context.mjs';
import { stageMain } from './main.mjs';
import { pack } from './pack.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'dry-run': { type: 'boolean' } } });

process.exitCode = await run(async (signal) => {
  const [tag] = positionals;
  if (tag !== `v${source.version}`)
    throw new Error(`Expected the tag v${source.version}, as package.json has it, but received ${tag}`);
  if (!(await build({ signal, skipNative: true }))) return false;
  mkdirSync(out, { recursive: true });
  const platforms = readdirSync(out)
    .filter((name) => name.endsWith('.tgz') && name !== `node-libtorch-${source.version}.tgz`)
    .map((name) => ({ path: join(out, name), ...manifestOf(join(out, name)) }));
  const strangers = platforms.filter(({ version }) => version !== source.version);
  if (platforms.length === 0 || strangers.length > 0)
    throw new Error(`Expected packages of ${source.version} in ${out}`);
  const folder = stageMain(platforms.map(({ name }) => name));
  for (const { path, name } of platforms) publish(path, name);
  publish(pack([folder], { keep: true })[0], source.name);
  return true;
});

function manifestOf(tarball) {
  const { name, version } = JSON.parse(
    execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' }),
  );
  return { name, version };
}

function publish(tarball, name) {
  if (isPublished(name)) return say(`${name} ${source.version} is there already`);
  const args = ['publish', tarball, '--access=public', ...(values['dry-run'] ? ['--dry-run'] : ['--provenance'])];
  execFileSync('npm', args, { stdio: 'inherit' });
}

function isPublished(name) {
  try {
    execFileSync('npm', ['view', `${name}@${source.version}`, 'version'], { stdio: ['ignore', 'pipe', 'ignore'] });
    return true;
  } catch {
    return false;
  }
}
