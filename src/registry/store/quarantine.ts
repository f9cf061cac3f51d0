import { join } from 'node:path';
import { quarantineFile, quarantineText, type QuarantineEntry } from '../quarantine.js';
import { quarantineIn } from '../read.js';
import type { Disk } from './disk.js';
import type { Folders, Places } from './places.js';
import { replaceFile } from './replace.js';

export type QuarantineEdit = (entries: readonly QuarantineEntry[]) => readonly QuarantineEntry[];

/** Writes anew which versions of a model are in quarantine, unless that stays as it is. */
export async function editQuarantine(
  disk: Disk,
  { registryDir }: Folders,
  places: Places,
  name: string,
  edit: QuarantineEdit,
): Promise<void> {
  const folder = join(registryDir, name);
  // Its last version was removed, and so was the folder: nothing is left of what was in quarantine.
  if ((await disk.kind(folder)) === 'none') return;
  const before = await quarantineIn(registryDir, name);
  const text = quarantineText(edit(before));
  if (text === quarantineText(before)) return;
  await replaceFile(disk, places, folder, quarantineFile, text);
}
