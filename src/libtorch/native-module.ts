/** Requires a native module of this package; an error says what is wrong with it, and how to repair it. */

import { createRequire } from 'node:module';
import { torchError } from '../errors.js';
import { bundledError, wasBundled } from '../files/bundled.js';
import { isTruncatedElf } from './elf.js';
import type { AddonFiles } from './find/addon-files.js';
import { remedies } from './remedies.js';

/** @throws ERR_ADDON_LOAD */
export function requireModule(path: string, files: AddonFiles): unknown {
  try {
    if (isTruncatedElf(path)) throw new Error('the file is truncated');
    return createRequire(import.meta.url)(path) as unknown;
  } catch (error) {
    if (wasBundled()) throw bundledError(`${path} to be loaded`, error);
    const { message } = error as Error;
    throw torchError('ERR_ADDON_LOAD', `${path} could not be loaded: ${message}\n  fix: ${fixFor(message, files)}`, {
      cause: error,
    });
  }
}

function fixFor(message: string, { prebuilt }: AddonFiles): string {
  if (/libstdc\+\+\.so\.6: cannot open shared object/.test(message)) {
    return 'apt-get install -y libstdc++6 (Debian, Ubuntu), dnf install -y libstdc++ (Fedora, RHEL)';
  }
  if (/version `(GLIBC|GLIBCXX|CXXABI)_[\d.]+' not found/.test(message)) {
    return `use a newer distribution, such as Debian 12 or Ubuntu 22.04, or ${remedies.rebuild()}`;
  }
  return prebuilt === undefined ? remedies.rebuild() : `${remedies.damagedPackage(prebuilt)}, or ${remedies.rebuild()}`;
}
