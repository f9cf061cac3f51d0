/** The commands that mend an installation. They differ between a clone, where things are built, and an installed package. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isClone, packageRoot } from './package-root.js';

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
  damagedPackage: (folder: string): string => `rm -r ${folder} && npm install`,

  damagedSet: (): string => (isClone() ? 'npm run build' : 'npx node-libtorch setup --cpu --verify'),

  noCuda: (): string =>
    `${isClone() ? 'node dist/cli/main.js' : 'npx node-libtorch'} setup --cuda, or LIBTORCH=/path/to/a/torch with CUDA`,
};
