/** One file of a registry in the place of another: readers see the old one or the new one. */

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Change, writeNew } from './change.js';
import type { Disk } from './disk.js';
import type { Places } from './places.js';
import { planted } from './storage-error.js';

/**
 * @param content undefined removes the file
 * @throws ERR_INTEGRITY where a folder is in its place, what the system says; the file is as it was then
 */
export async function replaceFile(
  disk: Disk,
  { records }: Places,
  folder: string,
  file: string,
  content: string | Uint8Array | undefined,
): Promise<void> {
  const path = join(folder, file);
  const kind = await disk.kind(path);
  if (kind === 'folder') throw planted(path, 'a file');
  if (content === undefined && kind === 'none') return;
  const aside = join(records, randomUUID());
  try {
    await Change.of(disk, async (change) => {
      if (content === undefined) {
        await change.move(path, records, aside.slice(records.length + 1));
        await disk.syncFolder(folder);
      } else {
        const old = kind === 'file' ? await readFile(path) : undefined;
        await writeNew(disk, aside, content);
        await change.replace(aside, folder, file, old);
      }
    });
  } finally {
    await disk.remove(aside).catch(() => undefined); // the next writer does it
  }
}
