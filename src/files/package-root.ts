import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledError } from './bundled.js';
import { resolveFrom } from './resolve.js';

let known: string | undefined;

/** The package without server and command line; it has the same code. */
const coreName = '@node-libtorch/core';
const ownNames: ReadonlySet<string> = new Set(['node-libtorch', coreName]);

/**
 * The folder of this package: the nearest package.json above this file that is ours, wherever dist/ was put.
 * @throws ERR_ADDON_LOAD where there is none, since a bundler took this file elsewhere
 */
export function packageRoot(): string {
  // A bundler that makes CommonJS leaves the URL out.
  return (known ??= find((import.meta as { readonly url?: string }).url ?? 'file:///'));
}

function find(url: string): string {
  for (let folder = dirname(fileURLToPath(url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && ownNames.has(ownManifest(folder).name)) return folder;
    if (folder === dirname(folder)) throw bundledError('the package.json of node-libtorch above its code');
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

/** Whether a tracer (Next's standalone output, serverless packers) left out what no import reaches, native modules too. */
export function isTraced(): boolean {
  return !existsSync(join(packageRoot(), 'README.md'));
}

/** Whether this is the package without server and command line, which has no sources to compile. */
export function isCore(): boolean {
  return ownManifest().name === coreName;
}

/** Whether this is a clone of the repository; otherwise it is an installed package. */
export function isClone(): boolean {
  return existsSync(join(packageRoot(), 'scripts/build.mjs'));
}
