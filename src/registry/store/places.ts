/** Where a store puts what is not finished, and how it calls it: names say what they belong to, so a crash loses nothing of it. */

import { join } from 'node:path';
import { isModelName, isVersion } from '../names.js';
import type { Disk } from './disk.js';
import { planted } from './storage-error.js';

/** The folders of a registry: real paths of two folders, which may be on different file systems. */
export interface Folders {
  readonly registryDir: string;
  readonly modelsDir: string;
}

/** In both folders. What begins with a dot is never listed. */
const stagingName = '.staging';

export interface Places {
  readonly lock: string;
  /**
   * Of records: `<id>/lock` and `<id>/<name>~<version>/` for a version that is being added or whose files are put back,
   * `<id>~<name>~<version>/` for one that is being removed, `<id>` for the new content of a file.
   */
  readonly records: string;
  /** Of artifacts: `<id>/`, with `files`, and `damaged` in whose place they are put. Each has its twin among the records, which is made before it and removed after it. */
  readonly artifacts: string;
}

export const placesOf = ({ registryDir, modelsDir }: Folders): Places => ({
  lock: join(registryDir, '.lock'),
  records: join(registryDir, stagingName),
  artifacts: join(modelsDir, stagingName),
});

/** Makes the two staging folders, unless they are there. @throws ERR_INTEGRITY when a link or a file is in their place */
export async function makeStaging(disk: Disk, { records, artifacts }: Places): Promise<void> {
  for (const path of [records, artifacts]) {
    const kind = await disk.kind(path);
    if (kind === 'none') await disk.makeFolder(path);
    else if (kind !== 'folder') throw planted(path, 'a folder');
  }
}

/** What lay in the place of files that are put back, beside these. */
export const damagedName = 'damaged';

export interface Version {
  readonly name: string;
  readonly version: string;
}

/** How a version is called in a staging folder: `~` is in no name. */
export const stagedName = ({ name, version }: Version): string => `${name}~${version}`;

/** The version that a staged name is about; undefined for any other name. */
export function stagedVersion(staged: string): Version | undefined {
  const [name, version, ...rest] = staged.split('~');
  return isModelName(name) && isVersion(version) && rest.length === 0 ? { name, version } : undefined;
}
