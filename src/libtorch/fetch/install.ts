/** Puts extracted files into the cache so that other processes see a complete set or none. */

import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, SetKind } from '../find/cache.js';
import type { FileDigest } from '../../files/hash.js';
import { manifestName, readManifest } from '../find/cache.js';
import { headersFolder, headersRecord, licencesFolder } from './inventory.js';
import { moveInto, writeFileAtomic } from '../../files/atomic.js';

/** The extracted files. Names are relative to the set; headers are below `include/`. */
export interface Extracted {
  readonly version: string;
  readonly platform: string;
  readonly kind: SetKind;
  readonly files: ReadonlyMap<string, FileDigest>;
}

/** Moves a new set in as one folder. Files that complete an existing set are moved one by one, and the manifest last. */
export async function install(fresh: string, set: string, staging: string, extracted: Extracted): Promise<void> {
  const part = manifestOf(extracted);
  const known = readManifest(set);
  const manifest: Manifest = { ...known, ...part, files: { ...known?.files, ...part.files } };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  if (known === undefined) {
    await writeFile(join(fresh, manifestName), text);
    return moveIn(fresh, set, staging);
  }
  await mkdir(join(set, 'lib'), { recursive: true });
  for (const name of Object.keys(part.files)) await rename(join(fresh, name), join(set, name));
  if (existsSync(join(fresh, headersFolder)))
    await moveInto(join(set, headersFolder), join(fresh, headersFolder), staging);
  const licences = join(fresh, licencesFolder);
  if (existsSync(licences)) {
    await mkdir(join(set, licencesFolder), { recursive: true });
    for (const project of readdirSync(licences))
      await moveInto(join(set, licencesFolder, project), join(licences, project), staging);
  }
  await writeFileAtomic(join(set, manifestName), text);
}

/** If another run has finished first, its set stays: it is the same and may be in use. */
async function moveIn(fresh: string, set: string, staging: string): Promise<void> {
  await rename(fresh, set).catch(async (error: unknown) => {
    const known = readManifest(set);
    const fetched = readManifest(fresh);
    if (known !== undefined && (known.headers !== undefined || fetched?.headers === undefined)) return;
    if (!existsSync(set)) throw error;
    await moveInto(set, fresh, staging);
  });
}

function manifestOf({ version, platform, kind, files }: Extracted): Manifest {
  const lieIn = (folder: string) => (file: [string, FileDigest]) => file[0].startsWith(`${folder}/`);
  const headers = [...files].filter(lieIn(headersFolder));
  return {
    version,
    platform,
    kind,
    files: Object.fromEntries([...files].filter((file) => !lieIn(headersFolder)(file) && !lieIn(licencesFolder)(file))),
    ...(headers.length > 0 && { headers: headersRecord(new Map(headers)) }),
  };
}
