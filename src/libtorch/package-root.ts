import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let known: string | undefined;

/** The folder of this package: the nearest package.json above this file that is ours, wherever dist/ was put. */
export function packageRoot(): string {
  return (known ??= find(dirname(fileURLToPath(import.meta.url))));
}

function find(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (
      existsSync(manifest) &&
      (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name === 'node-libtorch'
    ) {
      return folder;
    }
    if (folder === dirname(folder)) return from;
  }
}

/** The command that builds the addon and fetches LibTorch, which differs between a clone and an installed package. */
export function isClone(): boolean {
  return existsSync(join(packageRoot(), 'scripts/build.mjs'));
}
