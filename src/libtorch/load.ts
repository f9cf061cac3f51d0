/** Loads the addon: checks the platform, finds and opens LibTorch, then requires the module. Once per environment. */

import { torchError } from '../errors.js';
import type { Addon } from '../addon/addon.js';
import type { AddonFiles } from './find/addon-files.js';
import { findAddon } from './find/addon-files.js';
import type { LoadedLibraries, Loader, OpenRequest } from './open-libraries.js';
import { openLibraries } from './open-libraries.js';
import { checkPlatform, currentPlatform } from './platform.js';
import { checkPrebuilt } from './find/prebuilt.js';
import { requireModule } from './native-module.js';

export interface LoadNativeOptions {
  /** The value of OMP_NUM_THREADS and MKL_NUM_THREADS, which are set before the libraries are opened. */
  readonly intraOpThreads: number;
}

export interface LoadedNative {
  readonly addon: Addon;
  readonly addonPath: string;
  readonly libtorch: LoadedLibraries;
}

let loaded: LoadedNative | undefined;
let loading: Promise<LoadedNative> | undefined;

/**
 * Loads the addon and LibTorch without holding the event loop for the libraries (0.3 s).
 * @throws ERR_PLATFORM_UNSUPPORTED, ERR_ADDON_NOT_FOUND, ERR_ADDON_LOAD, ERR_LIBTORCH_NOT_FOUND, ERR_LIBTORCH_VERSION or
 * ERR_LIBTORCH_LOAD, each with what was expected, what was found, and the command that fixes it
 */
export function loadNative(options: LoadNativeOptions): Promise<LoadedNative> {
  if (loaded !== undefined) return Promise.resolve(loaded);
  loading ??= load(options).finally(() => (loading = undefined));
  return loading;
}

async function load(options: LoadNativeOptions): Promise<LoadedNative> {
  const { files, loader, request } = prepare(options);
  return finish(files, await openLibraries(loader, request));
}

function prepare({ intraOpThreads }: LoadNativeOptions): { files: AddonFiles; loader: Loader; request: OpenRequest } {
  checkPlatform();
  checkWorkingFolder();
  const files = findAddon();
  if (files.prebuilt !== undefined) checkPrebuilt(files.prebuilt, currentPlatform());
  const loader = requireModule(files.loader, files) as Loader;
  const threads = String(intraOpThreads);
  const env = { OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads };
  return { files, loader, request: { env, version: loader.torchVersion, stub: files.stub } };
}

/** LibTorch's MKL ends the process where the working folder was removed, as after a deployment that replaced it. */
function checkWorkingFolder(): void {
  try {
    process.cwd();
  } catch (cause) {
    throw torchError(
      'ERR_LIBTORCH_LOAD',
      'Expected a working folder that exists, which LibTorch needs, but the one of this process was removed\n' +
        '  fix: start the process again, in a folder that stays',
      { cause },
    );
  }
}

/** The LibTorch release that the addon was compiled against; undefined if there is no addon that loads. */
export function addonTorchVersion(): string | undefined {
  try {
    return prepare({ intraOpThreads: 1 }).loader.torchVersion;
  } catch {
    return undefined;
  }
}

function finish(files: AddonFiles, libtorch: LoadedLibraries): LoadedNative {
  return (loaded ??= { addon: requireModule(files.addon, files) as Addon, addonPath: files.addon, libtorch });
}
