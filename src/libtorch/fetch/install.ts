/** Puts extracted files into the cache, so that a set is seen whole or not at all. */

import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileRecord, Manifest, SetKind } from '../find/cache.js';
import { manifestName, readManifest } from '../find/cache.js';
import { headersFolder, headersRecord } from './inventory.js';
import { replace } from './staging.js';

/** What was extracted; names are relative to the set, headers below `include/`. */
export interface Extracted {
  readonly version: string;
  readonly platform: string;
  readonly kind: SetKind;
  readonly files: ReadonlyMap<string, FileRecord>;
}

/** A new set is moved in as one folder; parts of an existing one one by one, and the manifest after them. */
export async function install(fresh: string, set: string, staging: string, extracted: Extracted): Promise<void> {
  const part = manifestOf(extracted);
  const known = readManifest(set);
  const manifest: Manifest = { ...known, ...part, files: { ...known?.files, ...part.files } };
  await writeFile(join(fresh, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
  if (known === undefined) return moveIn(fresh, set, staging);
  await mkdir(join(set, 'lib'), { recursive: true });
  for (const name of Object.keys(part.files)) await rename(join(fresh, name), join(set, name));
  if (existsSync(join(fresh, headersFolder)))
    await replace(join(fresh, headersFolder), join(set, headersFolder), staging);
  await rename(join(fresh, manifestName), join(set, manifestName));
}

/** Another run may have finished first: its set is as good and may be in use, so it stays. */
async function moveIn(fresh: string, set: string, staging: string): Promise<void> {
  await rename(fresh, set).catch(async (error: unknown) => {
    const known = readManifest(set);
    const fetched = readManifest(fresh);
    if (known !== undefined && (known.headers !== undefined || fetched?.headers === undefined)) return;
    if (!existsSync(set)) throw error;
    await replace(fresh, set, staging);
  });
}

function manifestOf({ version, platform, kind, files }: Extracted): Manifest {
  const isHeader = ([name]: [string, FileRecord]): boolean => name.startsWith(`${headersFolder}/`);
  const headers = [...files].filter(isHeader);
  return {
    version,
    platform,
    kind,
    files: Object.fromEntries([...files].filter((file) => !isHeader(file))),
    ...(headers.length > 0 && { headers: headersRecord(new Map(headers)) }),
  };
}
