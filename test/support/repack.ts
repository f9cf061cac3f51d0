import { mkdtempSync, rmSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEntry } from '#dist/engines/pt2/entries.js';
import { torchError } from '#dist/errors.js';
import { ZipArchive } from '#dist/model/zip-archive.js';
import { fixture } from './paths.js';
import { zip } from './zip.js';

export interface Entry {
  name: string;
  data: Buffer;
  mode?: number;
}

export const compiled = (name: string): string => fixture(`aoti/${name}.pt2`);

/** A folder for changed packages, removed after the tests of a `describe`. */
export function scratch(): () => string {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'aoti-test-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  return () => folder;
}

export function entriesOf(name: string): Promise<Entry[]> {
  return entriesIn(compiled(name));
}

export async function entriesIn(path: string): Promise<Entry[]> {
  const archive = await ZipArchive.open(readFileSync(path), (reason) => torchError('ERR_MODEL_FORMAT', reason));
  return Promise.all(
    archive.entries.map(async (entry) => ({ name: entry.name, data: await readEntry(archive, entry) })),
  );
}

/** A copy of a fixture with changed entries. */
export async function repacked(
  folder: string,
  name: string,
  change: (entries: Entry[]) => readonly Entry[],
): Promise<string> {
  const path = join(folder, `${name}-${Math.random().toString(36).slice(2)}.pt2`);
  writeFileSync(path, zip(change(await entriesOf(name))));
  return path;
}

/** As repacked, with other members of the metadata. */
export function withMetadata(
  folder: string,
  name: string,
  members: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  return repacked(folder, name, (entries) =>
    entries.map((entry) => {
      if (!entry.name.endsWith('_metadata.json')) return entry;
      const metadata = { ...(JSON.parse(entry.data.toString()) as Record<string, string>), ...members };
      return { ...entry, data: Buffer.from(JSON.stringify(metadata)) };
    }),
  );
}
