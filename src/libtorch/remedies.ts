/** The commands that mend an installation. They differ between a clone, where things are built, and an installed package. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SetKind } from './find/cache.js';
import { isClone, packageRoot } from './package-root.js';
import { libtorchVersion } from './version.js';

interface Manifest {
  readonly version: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** This package's own package.json. */
export function ownManifest(root: string = packageRoot()): Manifest {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
}

/** Whether a package of ours is published for this version; a clone knows of none. */
const isPublished = (name: string): boolean => name in (ownManifest().optionalDependencies ?? {});

export const remedies = {
  noAddon(addonPackage: string): string {
    if (isClone()) return 'npm run build';
    return isPublished(addonPackage) ? 'npm install --include=optional node-libtorch' : 'npx node-libtorch build';
  },

  noLibtorch(runtimePackage: string): string {
    if (isClone()) return 'npm run build';
    const install = isPublished(runtimePackage) ? 'npm install --include=optional node-libtorch, or ' : '';
    return `${install}npx node-libtorch setup --cpu`;
  },

  /** Native modules that do not load here. */
  rebuild(): string {
    return isClone() ? 'npm run build -- --force' : 'npx node-libtorch build, which compiles them on this machine';
  },

  /** A package whose files are not what was published: npm looks no further than whether its folder is there. */
  damagedPackage: (folder: string): string => `rm -r ${quoted(folder)} && npm install`,

  /** A set of the cache whose files are not what was fetched. */
  damagedSet: (kind: SetKind, version: string): string =>
    `${cli()} setup --${kind}${version === libtorchVersion ? '' : ` --version ${version}`} --verify`,

  noCuda: (): string => `${cli()} setup --cuda, or LIBTORCH=/path/to/a/torch with CUDA`,
};

const cli = (): string => (isClone() ? 'node dist/cli/main.js' : 'npx node-libtorch');

/** As a POSIX shell takes it for one word. */
const quoted = (path: string): string => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
