#!/usr/bin/env node
// publish.mjs TAG [--dry-run]: publishes the tarballs in out/, the platforms' first, and then those that name them. What
// is published already is passed over, so that a broken run can be run again.

import { parseArgs } from 'node:util';
import { run } from '../steps/build.mjs';
import { say } from '../steps/context.mjs';
import { source } from './context.mjs';
import { coreName } from './core.mjs';
import { requireIdentity } from './identity.mjs';
import { npm } from './npm.mjs';
import { tarballs } from './tarballs.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'dry-run': { type: 'boolean' } } });

process.exitCode = await run(() => {
  const [tag] = positionals;
  if (tag !== `v${source.version}`)
    throw new Error(`Expected the tag v${source.version}, as package.json has it, but received ${tag}`);
  const { platforms, core, main } = tarballs();
  const names = platforms.map(({ name }) => name).sort();
  for (const [name, found] of Object.entries({ [coreName]: core, [source.name]: main })) {
    const named = Object.keys(found?.optionalDependencies ?? {}).sort();
    if (names.join() !== named.join())
      throw new Error(`Expected ${name} to name ${names.join(', ')}, but it names ${named.join(', ') || 'nothing'}`);
  }
  for (const found of [...platforms, core, main]) requireIdentity(found, found.name);
  for (const { path, name } of [...platforms, core, main]) publish(path, name);
  return true;
});

function publish(tarball, name) {
  if (isPublished(name)) return say(`${name} ${source.version} is there already`);
  const args = ['publish', tarball, '--access=public', ...(values['dry-run'] ? ['--dry-run'] : ['--provenance'])];
  npm(args, { stdio: 'inherit' });
}

function isPublished(name) {
  try {
    npm(['view', `${name}@${source.version}`, 'version'], { stdio: ['ignore', 'pipe', 'ignore'] });
    return true;
  } catch {
    return false;
  }
}
