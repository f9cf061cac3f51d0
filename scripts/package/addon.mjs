// @node-libtorch/<platform>: the two native modules, and on Linux the empty libtorch.so.

import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from '../steps/context.mjs';
import { freshFolder, platformManifest, source, write } from './context.mjs';
import { bom, npmComponent } from './npm-bom.mjs';
import { floorsOf } from './floors.mjs';

const modules = ['loader.node', 'node_libtorch.node', 'libtorch.so'];

/** @param floors of LibTorch's own libraries: what is declared covers both */
export async function stageAddon(platform, runtimeFloors) {
  const [{ addonPackage }, { compareDotted, libtorchVersion }] = await Promise.all([
    import('#dist/libtorch/find/addon-files.js'),
    import('#dist/libtorch/version.js'),
  ]);
  const name = addonPackage(platform);
  const folder = freshFolder(name);
  const built = modules.map((file) => join(root, 'build/Release', file)).filter((path) => existsSync(path));
  for (const path of built) copyFileSync(path, join(folder, basename(path)));
  const own = platform.os === 'linux' ? await floorsOf(built) : {};
  const higher = (a, b) => (a === undefined || (b !== undefined && compareDotted(b, a) > 0) ? b : a);
  const floors = Object.fromEntries(
    Object.entries({
      glibc: higher(own.glibc, runtimeFloors.glibc),
      glibcxx: higher(own.glibcxx, runtimeFloors.glibcxx),
    }).filter(([, version]) => version !== undefined),
  );
  write(folder, 'package.json', {
    ...platformManifest(name, `The native addon of node-libtorch for ${name.split('/')[1]}`, platform),
    nodeLibtorch: { torch: libtorchVersion, ...floors },
  });
  const api = JSON.parse(readFileSync(join(root, 'node_modules/node-addon-api/package.json'), 'utf8'));
  write(
    folder,
    'sbom.cdx.json',
    bom(npmComponent(name, source.version, source.license), [npmComponent(api.name, api.version, api.license)]),
  );
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  copyFileSync(join(root, 'node_modules/node-addon-api/LICENSE.md'), join(folder, 'LICENSE.node-addon-api.md'));
  write(folder, 'README.md', readme(name, libtorchVersion, floors));
  return { name, folder, floors };
}

const readme = (name, torch, { glibc, glibcxx }) => `# ${name}

The native addon of node-libtorch, which installs it where it fits. It is compiled
against LibTorch ${torch}${glibc ? ` and needs glibc ${glibc} and libstdc++ with GLIBCXX_${glibcxx}, or newer` : ''}.
`;
