import { access, constants, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { torchError } from '../../errors.js';

/** Makes the cache's folder. @throws ERR_DOWNLOAD where that, or writing to it, is not possible */
export async function makeCacheFolder(root: string): Promise<void> {
  try {
    await makeFolder(root);
    await access(`${root}/.`, constants.W_OK); // fails for a file of that name
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw torchError(
      'ERR_DOWNLOAD',
      `Expected to write to the cache ${root}, but that is not possible (${code ?? message})\n` +
        '  fix: set NODE_LIBTORCH_CACHE to a folder that can be written to',
      { cause },
    );
  }
}

/** Not `recursive`, which never ends where a parent exists that takes no folders, as /proc. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path).catch((again: unknown) => {
      if ((again as NodeJS.ErrnoException).code !== 'EEXIST') throw again;
    });
  }
}
