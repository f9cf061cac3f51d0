import { readFileSync, writeFileSync } from 'node:fs';
import { ZipArchive } from '#dist/model/zip-archive.js';
import { readEntry } from '#dist/engines/pt2/entries.js';
import { rawZip, type RawEntry } from './raw-zip.js';

const suffix = '.zeros';

async function entriesOf(file: string): Promise<RawEntry[]> {
  const archive = await ZipArchive.open(readFileSync(file), (reason) => new Error(reason) as never);
  return Promise.all(
    archive.entries.map(async (entry) => ({ name: entry.name, body: await readEntry(archive, entry) })),
  );
}

/** Writes a TorchScript file from one whose tensors were taken out (scripts/fixtures/faults_native.py): others in their place, no two alike: equal constants are merged. */
export async function withTensors(file: string, target: string): Promise<void> {
  const entries = (await entriesOf(file)).map(({ name, body = Buffer.alloc(0) }, i) =>
    name.endsWith(suffix)
      ? { name: name.slice(0, -suffix.length), body: Buffer.alloc(Number(body.toString()), 1 + i) }
      : { name, body },
  );
  writeFileSync(target, rawZip(entries));
}

/** Writes a copy of a package with so many more bytes, which nothing reads. */
export async function padded(file: string, target: string, bytes: number): Promise<void> {
  const entries = await entriesOf(file);
  const folder = entries[0]!.name.split('/')[0]!;
  writeFileSync(target, rawZip([...entries, { name: `${folder}/extra/padding`, body: Buffer.alloc(bytes) }]));
}
