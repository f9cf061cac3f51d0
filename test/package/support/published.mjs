import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Registry } from './registry.mjs';
import { installTools, root } from './tools.mjs';

/** Makes the packages, where they are stale; the tarballs' paths. */
export function makePackages() {
  const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 2] };
  return execFileSync(process.execPath, [join(root, 'scripts/package/run.mjs')], options)
    .trim()
    .split('\n');
}

/** A registry with our packages in it, freshly made. */
export async function publishedPackages() {
  installTools('tools');
  const tarballs = makePackages();
  const registry = new Registry();
  await registry.start();
  for (const tarball of tarballs) registry.publish(tarball);
  return registry;
}
