/** The commands that repair an installation. They differ between a clone, where things are built, and an installed package. */

import type { SetKind } from './find/cache.js';
import { isClone, isCore, isTraced, ownManifest } from '../files/package-root.js';
import { libtorchVersion } from './version.js';

/** Whether one of our packages is published for this version. A clone's package.json lists none. */
const isPublished = (name: string): boolean => name in (ownManifest().optionalDependencies ?? {});

/** For a copy that holds what imports reach and nothing else. */
const traced =
  "copy node_modules/@node-libtorch too, which no import names: for Next's output: 'standalone', with\n" +
  "       outputFileTracingIncludes: { '/*': ['./node_modules/@node-libtorch/**/*'] }; see docs/bundlers.md of node-libtorch";

export const remedies = {
  noAddon(addonPackage: string): string {
    if (isClone()) return 'npm run build';
    if (isTraced()) return traced;
    return isPublished(addonPackage) ? installed() : compiled();
  },

  noLibtorch(libtorchPackage: string): string {
    if (isClone()) return 'npm run build';
    if (isTraced()) return traced;
    const install = isPublished(libtorchPackage) ? `${installed()}, or ` : '';
    return `${install}npx node-libtorch setup --cpu`;
  },

  /** For native modules that do not load on this machine. */
  rebuild(): string {
    return isClone() ? 'npm run build -- --force' : `${compiled()}, which compiles them on this machine`;
  },

  /** For a package with changed or missing files. npm alone would keep it: it only checks that the folder exists. */
  damagedPackage: (folder: string): string => `rm -r ${quoted(folder)} && npm install`,

  /** For a set of the cache with changed or missing files. */
  damagedSet: (kind: SetKind, version: string): string =>
    `${cli()} setup --${kind}${version === libtorchVersion ? '' : ` --version ${version}`} --verify`,

  /** For Windows without the C++ runtime that LibTorch's libraries name. */
  noVisualCppRuntime:
    'install the newest Microsoft Visual C++ Redistributable (vc_redist.x64.exe): older ones lack VCRUNTIME140_THREADS.dll',

  /** For a machine whose NVIDIA devices do not show, or whose driver does not work. */
  noDevice: 'see that nvidia-smi works here (in a container: --gpus all), or leave the device to auto',

  noCuda: (): string => `${cli()} setup --cuda, or LIBTORCH=/path/to/a/torch with CUDA`,
};

const installed = (): string => `npm install --include=optional ${ownManifest().name}`;

/** The sources are in node-libtorch alone. */
const compiled = (): string =>
  isCore()
    ? 'install node-libtorch in the place of @node-libtorch/core, and npx node-libtorch build'
    : 'npx node-libtorch build';

const cli = (): string => (isClone() ? 'node dist/cli/main.js' : 'npx node-libtorch');

/** Quoted for a POSIX shell, where that is necessary. */
const quoted = (path: string): string => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
