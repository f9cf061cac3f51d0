/** Ends what a crash cut off. The writer's lock is held, so nothing here is in the middle of a commit. */

import { join } from 'node:path';
import { codeOf } from '../folders.js';
import type { Disk } from './disk.js';
import { takeLock, type Held } from './lock.js';
import { damagedName, stagedName, stagedVersion, type Folders, type Places, type Version } from './places.js';
import { editQuarantine } from './quarantine.js';
import { sweep } from './staging.js';

const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Takes back adds that did not come to their commit, ends removals that did, and removes what both left over. What a living
 * process is staging stays, and so does what is not ours. What cannot be done now is left to the next writer: no version that
 * has a record depends on it.
 */
export async function recover(disk: Disk, folders: Folders, places: Places): Promise<void> {
  for (const entry of await disk.names(places.records)) {
    const [id = '', ...rest] = entry.split('~');
    const removed = stagedVersion(rest.join('~'));
    if (!idPattern.test(id) || (rest.length > 0 && !removed)) continue;
    await ignoring(end(disk, folders, places, id, removed));
  }
}

async function end(disk: Disk, folders: Folders, places: Places, id: string, removed: Version | undefined) {
  if (removed) await endRemoval(disk, folders, places, id, removed);
  await endAdd(disk, folders, places, id);
}

/** Its record is staged, so it is removed; its artifact may be left. */
async function endRemoval(disk: Disk, folders: Folders, places: Places, id: string, of: Version) {
  const aside = join(places.artifacts, id);
  if ((await disk.kind(aside)) === 'none') await moveArtifact(disk, folders, of, aside);
  await forgetRemoval(disk, folders, places, id, of);
}

/** Nothing of the version is in its place: what is staged of it is no longer about it, and can be swept. */
export async function forgetRemoval(disk: Disk, folders: Folders, places: Places, id: string, of: Version) {
  await editQuarantine(disk, folders, places, of.name, (all) => all.filter(({ version }) => version !== of.version));
  await removeEmptyFolders(disk, folders, of.name);
  await disk.rename(join(places.records, `${id}~${stagedName(of)}`), join(places.records, id));
}

async function endAdd(disk: Disk, folders: Folders, places: Places, id: string) {
  const record = join(places.records, id);
  if ((await disk.kind(record)) !== 'folder') {
    await ignoring(disk.remove(record));
    return;
  } // the new content of a file
  const lock = await lockOf(record);
  if (lock === 'held') return;
  try {
    for (const of of (await disk.names(record)).map(stagedVersion)) {
      if (!of) continue;
      await takeBack(disk, folders, places, id, of);
      await removeEmptyFolders(disk, folders, of.name);
    }
    await sweep(disk, places, id);
  } finally {
    await lock?.release();
  }
}

/** Its record is staged, so it is not added. Where its files are staged no more, they are in their place already. */
async function takeBack(disk: Disk, folders: Folders, places: Places, id: string, of: Version) {
  const staging = join(places.artifacts, id);
  const aside = join(staging, 'files');
  if ((await disk.kind(join(staging, damagedName))) === 'folder') {
    await endRepair(disk, folders, staging, of);
    return;
  }
  if ((await disk.kind(aside)) !== 'none') return;
  // Removed, or a link: whose the artifact is can no longer be told.
  if ((await disk.kind(staging)) !== 'folder') return;
  await moveArtifact(disk, folders, of, aside);
}

/** Its files were to be put back: where the damaged ones are gone and the whole ones not there, these are, or else those again. */
async function endRepair(disk: Disk, { registryDir, modelsDir }: Folders, staging: string, of: Version) {
  // Removed since: nothing is owed to it.
  if ((await disk.kind(join(registryDir, of.name, of.version))) !== 'folder') return;
  const model = join(modelsDir, of.name);
  // Another recovery may have removed it as empty.
  if ((await disk.kind(model)) === 'none') await disk.makeFolder(model);
  const place = join(model, of.version);
  if ((await disk.kind(model)) !== 'folder' || (await disk.kind(place)) !== 'none') return;
  const whole = join(staging, 'files');
  await disk.rename((await disk.kind(whole)) === 'folder' ? whole : join(staging, damagedName), place);
  await disk.syncFolder(model);
}

/** The artifact of a version that has no record. Links on the way to it are not followed. */
async function moveArtifact(
  disk: Disk,
  { registryDir, modelsDir }: Folders,
  { name, version }: Version,
  aside: string,
) {
  if ((await disk.kind(join(registryDir, name, version))) !== 'none') return;
  if ((await disk.kind(join(modelsDir, name))) !== 'folder') return;
  const artifact = join(modelsDir, name, version);
  if ((await disk.kind(artifact)) !== 'none') await disk.rename(artifact, aside);
}

/** @returns undefined where there is no lock that a staging could hold: its maker ended before it had one */
async function lockOf(record: string): Promise<Held | 'held' | undefined> {
  try {
    return (await takeLock(join(record, 'lock'))) ?? 'held';
  } catch (error) {
    // A link, a FIFO. But where the system cannot open it now, somebody may hold it.
    return codeOf(error) === 'ERR_INTEGRITY' ? undefined : 'held';
  }
}

/** Folders of a model of which no version is left. */
async function removeEmptyFolders(disk: Disk, { registryDir, modelsDir }: Folders, name: string): Promise<void> {
  for (const folder of [registryDir, modelsDir]) {
    const path = join(folder, name);
    if ((await disk.kind(path)) === 'folder') await disk.removeEmpty(path);
  }
}

/** Nothing depends on it, and the next writer tries it again. */
export async function ignoring(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}
