import { mkdir, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { torchError } from '../errors.js';
import { isClone, packageRoot } from '../files/package-root.js';

/** The records that come with this package. */
export const bundledRegistryDir = (): string => bundled('model-registry');

/** The models that come with this package. */
export const bundledModelsDir = (): string => bundled('models');

/**
 * Whether one of some real paths is a folder of an installed package, which an update of the package replaces. It counts where
 * they lead, whoever named them and how: settings name the package's own folders too.
 */
export async function isInstalled(paths: readonly string[]): Promise<boolean> {
  if (isClone()) return false;
  const own = await Promise.all(
    [bundledRegistryDir(), bundledModelsDir()].map((path) => realpath(path).catch(() => path)),
  );
  return own.some((path) => paths.includes(path));
}

/** Names of the folders in a folder; links are none, so that nothing is listed twice or from elsewhere. */
export async function folders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** Makes folders that are not there. @throws ERR_CONFIG where that is not possible */
export async function makeFolders(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(path, { recursive: true }).catch((cause: unknown) => {
      const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
      throw torchError('ERR_CONFIG', `Expected to make the folder ${path}, but that is not possible (${code})`, {
        cause,
      });
    });
  }
}

/** The real path of a folder that a setting names. @throws ERR_CONFIG when it is none or cannot be read */
export async function existingFolder(path: string, key: string): Promise<string> {
  try {
    const real = await realpath(path);
    await readdir(real);
    return real;
  } catch (cause) {
    throw torchError('ERR_CONFIG', `Expected a folder for ${key} at ${path} (${codeOf(cause)})`, { cause });
  }
}

/** `ENOENT` and the like, or one of our own codes. */
export function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown error';
}

function bundled(folder: string): string {
  return join(packageRoot(), folder);
}
