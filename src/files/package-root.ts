import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveFrom } from './resolve.js';

let known: string | undefined;

/** The folder of this package: the nearest package.json above this file that is ours, wherever dist/ was put. */
export function packageRoot(): string {
  return (known ??= find(dirname(fileURLToPath(import.meta.url))));
}

function find(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && ownManifest(folder).name === 'node-libtorch') return folder;
    if (folder === dirname(folder)) return from;
  }
}

export interface OwnManifest {
  readonly name: string;
  readonly version: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** This package's own package.json. */
export function ownManifest(root: string = packageRoot()): OwnManifest {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as OwnManifest;
}

/** The folder of a package that is installed for the one in `root`; undefined when it is not installed. */
export function packageFolder(name: string, root: string = packageRoot()): string | undefined {
  const manifest = resolveFrom(root, `${name}/package.json`);
  return manifest === undefined ? undefined : dirname(manifest);
}

/** Whether this is a clone of the repository; otherwise it is an installed package. */
export function isClone(): boolean {
  return existsSync(join(packageRoot(), 'scripts/build.mjs'));
}
