/** What the system says about a registry's disk, in words that say what to do. */

import { torchError, type TorchError } from '../../errors.js';

/** By the system's code: what is wrong, and what to do about it. */
const remedies: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  ENOSPC: ['the disk is full', 'free some space, or take folders on another disk; the same call works then'],
  EDQUOT: ['the quota of this user is used up', 'free some space, or ask for more'],
  EROFS: ['the file system is mounted read-only', 'mount it writable, or write where it is, and mount the result here'],
  EACCES: ['this user may not write there', 'give this user the permission, or run it as the owner of the folder'],
  EPERM: ['this user may not write there', 'give this user the permission, or run it as the owner of the folder'],
  EMFILE: [
    'this process has too many open files',
    'raise the limit (ulimit -n), or close some; the same call works then',
  ],
  ENFILE: ['the system has too many open files', 'close some, or raise fs.file-max; the same call works then'],
  ENOENT: ['a folder of the registry was removed', 'bring it back, or name the folder that has taken its place'],
  ENOTDIR: ['a folder of the registry was replaced by a file', 'bring the folder back'],
  EIO: ['the disk reports errors', 'look at the log of the system; the disk may be failing'],
  ENOLCK: ['the file system has no locks', 'keep the registry on a file system that has flock(2)'],
  ENOTSUP: ['the file system cannot do it', 'keep the registry on a file system that has flock(2)'],
  EXDEV: ['a folder of the registry is a mount of its own', 'mount the whole registry, and not a part of it'],
};

const full = new Set(['ENOSPC', 'EDQUOT']);

const unsettled = new WeakSet<object>();

/** Says of an error that not all that was done before it could be taken back. */
export function markUnsettled(error: unknown): void {
  if (typeof error === 'object' && error !== null) unsettled.add(error);
}

export const isUnsettled = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && unsettled.has(error);

/**
 * The error of a call of the system that failed. Errors of this package, and the reasons of an abort, stay as they are.
 * @param what what could not be done, e.g. `write to the registry /models`
 * @param isWrite whether the message says what became of the state before
 */
export function storageError(error: unknown, what: string, isWrite = false): unknown {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (syscall === undefined || code === undefined || code.startsWith('ERR_')) return error;
  const [why, fix] = remedies[code] ?? ['the system does not let it', 'see the code of the system'];
  const where = path === undefined ? syscall : `${syscall} ${path}`;
  const before = isUnsettled(error)
    ? '. What was begun could not be taken back either: the next write that succeeds ends it'
    : '. What was there before is unchanged';
  return torchError(
    full.has(code) ? 'ERR_STORAGE_FULL' : 'ERR_STORAGE',
    `Expected to ${what}, but ${why} (${code}: ${where})${isWrite ? before : ''}\n  fix: ${fix}`,
    { cause: error },
  );
}

/** Something lies where only this package puts things, and it is not what is put there. */
export function planted(path: string, wanted: string): TorchError {
  return torchError(
    'ERR_INTEGRITY',
    `Expected ${path} to be ${wanted}, but something else lies there. Nothing was written\n  fix: look at it, and move it away`,
  );
}

/** Whether a failed read is the fault of the process or of the disk, and not of the file that was asked for. */
export const isStorageFault = (code: string): boolean => ['EMFILE', 'ENFILE', 'EIO', 'ESTALE'].includes(code);
