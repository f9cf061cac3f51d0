// What the steps that make the packages share.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../steps/context.mjs';
import { identity } from './identity.mjs';

/** Everything that is made: `npm/<package>/` is what a package holds, `*.tgz` what is published. */
export const out = join(root, 'out');

/** The repository's package.json. */
export const source = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** An empty folder for a package's files. */
export function freshFolder(name) {
  const folder = join(out, 'npm', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The package that a folder of `freshFolder` is for. */
export const nameOf = (folder) => folder.slice(join(out, 'npm/').length).replaceAll('\\', '/');

export function write(folder, name, content) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'object' ? `${JSON.stringify(content, null, 2)}\n` : content);
}

/** The members of package.json by which npm leaves a package out on other platforms, and what all our packages have. */
export function platformManifest(name, description, { os, arch, libc }) {
  return {
    name,
    version: source.version,
    description,
    license: source.license,
    ...identity(),
    os: [os],
    cpu: [arch],
    ...(libc !== 'none' && { libc: [libc] }),
    engines: source.engines,
    preferUnplugged: true,
  };
}
