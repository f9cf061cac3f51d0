/** Opening what should be a regular file, and may be anything. */

import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { torchError, type TorchError } from '../errors.js';

export interface RegularFile {
  readonly file: FileHandle;
  /** In bytes, when it was opened. */
  readonly size: number;
}

/**
 * Opens a regular file for reading, and closes it after `use`.
 * (Not `await using`: the globals of a test runner's `vm` context have no `Symbol.asyncDispose` on Node 20.)
 * @param refuse makes the error for a folder, a FIFO or a device
 * @param flags of open(2), beside those for reading
 * @throws what `refuse` makes; ENOENT and the like as they come
 */
export async function withRegularFile<T>(
  path: string,
  refuse: () => Error,
  use: (opened: RegularFile) => Promise<T>,
  flags = 0,
): Promise<T> {
  const file = await openForReading(path, flags);
  try {
    return await use(await regular(file, refuse));
  } finally {
    await file.close();
  }
}

// Without O_NONBLOCK, opening a FIFO would hold a thread of libuv's pool until somebody writes to it. Windows has none.
const openForReading = (path: string, flags: number) =>
  open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | flags);

async function regular(file: FileHandle, refuse: () => Error): Promise<RegularFile> {
  const status = await file.stat();
  if (!status.isFile()) throw refuse();
  return { file, size: status.size };
}

/**
 * The same for the file of a model.
 * @param flags of open(2), beside those for reading
 * @throws ERR_MODEL_LOAD for what cannot be opened, and for anything but a regular file
 */
export async function withModelFile<T>(path: string, use: (opened: RegularFile) => Promise<T>, flags = 0): Promise<T> {
  const file = await openForReading(path, flags).catch((cause: unknown) => {
    throw noModelFile(path, cause);
  });
  try {
    return await use(await regular(file, () => torchError('ERR_MODEL_LOAD', `Expected a regular file at ${path}`)));
  } finally {
    await file.close();
  }
}

function noModelFile(path: string, cause: unknown): TorchError {
  const { code = 'unreadable' } = cause as NodeJS.ErrnoException;
  const what = code === 'ENOENT' ? `No such file: ${path}` : `Expected a readable model file at ${path} (${code})`;
  return torchError('ERR_MODEL_LOAD', what, { cause });
}

/** The error of a file whose content is known beforehand, so that anything but a regular file is another one. */
export const notRegular = (what: string) => () => torchError('ERR_INTEGRITY', `Expected ${what} to be a regular file`);

/**
 * The text of a small regular file.
 * @param flags of open(2), beside those for reading
 * @throws ERR_INTEGRITY for anything else; ENOENT and the like as they come
 */
export async function readSmallFile(path: string, what: string, maxBytes: number, flags = 0): Promise<string> {
  return await withRegularFile(
    path,
    notRegular(what),
    async ({ file, size }) => {
      if (size > maxBytes) {
        throw torchError('ERR_INTEGRITY', `Expected ${what} to be at most ${maxBytes} bytes but it has ${size}`);
      }
      return await file.readFile('utf8');
    },
    flags,
  );
}
