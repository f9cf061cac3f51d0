/** Opening what should be a regular file, and may be anything. */

import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { torchError, TorchError } from '../errors.js';

export interface RegularFile extends AsyncDisposable {
  readonly file: FileHandle;
  /** In bytes, when it was opened. */
  readonly size: number;
}

/**
 * Opens a regular file for reading; disposing closes it.
 * @param refuse makes the error for a folder, a FIFO or a device
 * @param flags of open(2), beside those for reading
 * @throws what `refuse` makes; ENOENT and the like as they come
 */
export async function openRegularFile(path: string, refuse: () => Error, flags = 0): Promise<RegularFile> {
  // Without O_NONBLOCK, opening a FIFO would hold a thread of libuv's pool until somebody writes to it. Windows has none.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | flags);
  try {
    const status = await file.stat();
    if (!status.isFile()) throw refuse();
    return { file, size: status.size, [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Opens the file of a model; disposing closes it.
 * @param flags of open(2), beside those for reading
 * @throws ERR_MODEL_LOAD for what cannot be opened, and for anything but a regular file
 */
export async function openModelFile(path: string, flags = 0): Promise<RegularFile> {
  const refuse = () => torchError('ERR_MODEL_LOAD', `Expected a regular file at ${path}`);
  try {
    return await openRegularFile(path, refuse, flags);
  } catch (cause) {
    throw cause instanceof TorchError ? cause : noModelFile(path, cause);
  }
}

function noModelFile(path: string, cause: unknown): TorchError {
  const { code = 'unreadable' } = cause as NodeJS.ErrnoException;
  const what = code === 'ENOENT' ? `No such file: ${path}` : `Expected a readable model file at ${path} (${code})`;
  return torchError('ERR_MODEL_LOAD', what, { cause });
}

/** The error of a file whose content is known beforehand, so that anything but a regular file is another one. */
export const notRegular = (what: string) => () => torchError('ERR_INTEGRITY', `Expected ${what} to be a regular file`);

/** The text of a small regular file. @throws ERR_INTEGRITY for anything else; ENOENT and the like as they come */
export async function readSmallFile(path: string, what: string, maxBytes: number): Promise<string> {
  await using opened = await openRegularFile(path, notRegular(what));
  if (opened.size > maxBytes) {
    throw torchError('ERR_INTEGRITY', `Expected ${what} to be at most ${maxBytes} bytes but it has ${opened.size}`);
  }
  return await opened.file.readFile('utf8');
}
