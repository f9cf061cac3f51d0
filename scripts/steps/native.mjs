// LibTorch, the addon compiled against it, and one try of both. Of dist/ everything is imported late: it may not be there yet.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { root, say, stamps } from './context.mjs';
import { fingerprint } from './stamps.mjs';

const modules = ['loader.node', 'node_libtorch.node', ...(process.platform === 'linux' ? ['libtorch.so'] : [])].map(
  (name) => join(root, 'build/Release', name),
);

/** A LibTorch with headers: found (LIBTORCH, Python) or fetched into the cache. */
export async function findLibtorch({ signal, version }) {
  const [{ libtorchForBuild }, { reportTo }] = await Promise.all([
    import('#dist/libtorch/build/for-build.js'),
    import('#dist/libtorch/fetch/progress.js'),
  ]);
  return libtorchForBuild({ report: reportTo(process.stderr), signal, ...(version && { version }) });
}

/** native/ → build/Release/*.node, unless sources, LibTorch and compiler are what they were. */
export async function compileNative(libtorch, { force, signal }) {
  const { version, libDir, includeDir, source } = libtorch;
  const inputs = fingerprint(
    root,
    ['native', 'CMakeLists.txt'],
    [version, libDir, includeDir, process.env.CXX, process.arch],
  );
  if (!force && stamps.isFresh('native', inputs, modules)) return;
  say(`Building the addon against LibTorch ${version} (${source}: ${libDir})`);
  const { compile } = await import('#dist/libtorch/build/compile.js');
  await compile({ root, libDir, includeDir, version, signal });
  stamps.set('native', inputs);
}

/** Loads what was built, in a child process, once per binary and LibTorch: a bad one is found here and not in an app. */
export async function tryNative(libtorch, { force }) {
  const inputs = fingerprint(root, [], [libtorch.libDir, ...modules.map((path) => statSync(path).mtimeMs)]);
  if (!force && stamps.isFresh('probe', inputs, modules)) return;
  const { probe } = await import('#dist/libtorch/probe.js');
  const result = await probe();
  if (!result.ok) throw Object.assign(new Error(result.message), { code: result.code });
  stamps.set('probe', inputs);
  say(`The addon loads LibTorch ${result.libtorch.version} (${result.milliseconds} ms)`);
}
