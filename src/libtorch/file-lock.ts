/** Locks of files that end with their holder, through loader.node: Node has none, and no LibTorch is needed for them. */

import { getSystemErrorName } from 'node:util';
import { torchError } from '../errors.js';
import { findAddon } from './find/addon-files.js';
import { requireModule } from './native-module.js';
import type { Loader } from './open-libraries.js';
import { remedies } from './remedies.js';

let loader: Loader | undefined;

/**
 * Takes the lock of an open file (flock(2), LockFileEx on Windows), without waiting. It excludes other processes, threads and
 * other descriptors of this process. It ends when the descriptor is closed, and when the process ends, however it does.
 * @returns false when somebody else has it
 * @throws ERR_ADDON_NOT_FOUND, ERR_ADDON_LOAD; an error with the system's `code` where the file system has no locks
 */
export function tryLock(fd: number): boolean {
  const status = (loader ??= openLoader()).tryLock(fd);
  if (status <= 0) return status === 0;
  const code = getSystemErrorName(-status);
  throw Object.assign(new Error(`${code}: flock`), { code, syscall: 'flock', errno: -status });
}

function openLoader(): Loader {
  const files = findAddon();
  const opened = requireModule(files.loader, files) as Partial<Loader>;
  if (typeof opened.tryLock === 'function') return opened as Loader;
  throw torchError(
    'ERR_ADDON_LOAD',
    `Expected ${files.loader} of this version, which locks files, but it is older\n` +
      `  fix: ${files.prebuilt === undefined ? remedies.rebuild() : remedies.damagedPackage(files.prebuilt)}`,
  );
}
