/** A staged version becomes one of the registry: the moment is the rename of its record's folder. */

import { dirname, join } from 'node:path';
import { expected, torchError } from '../../errors.js';
import type { FileDigest } from '../../files/hash.js';
import { digestFile } from '../../files/hash.js';
import { parseRecord } from '../manifest.js';
import { checkName, checkVersion } from '../names.js';
import { maxRecordBytes, recordIn } from '../read.js';
import type { ModelRecord } from '../model-record.js';
import { Change, writeNew } from './change.js';
import type { Disk } from './disk.js';
import { damagedName, stagedName, type Folders } from './places.js';
import type { OpenStaging } from './staging.js';
import { planted } from './storage-error.js';

/** What lies beside each other in `model-registry/<name>/<version>`. */
export interface VersionFiles {
  readonly record: ModelRecord;
  /** The text of MODEL_CARD.md. */
  readonly card: string;
  /** The text of model.sig. */
  readonly signature?: string | undefined;
}

/** The bytes of metadata.json for a record, the same for the same record: what a signature binds. */
const recordText = (record: ModelRecord): string => `${JSON.stringify(record, undefined, 2)}\n`;

/** A registry may move to another system. @throws ERR_INVALID_ARGUMENT for names that Windows keeps for devices, or shortens */
function checkPortable(name: string): void {
  if (!/^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)|\.$/.test(name)) return;
  throw expected('a name that can be a folder on every system', 'a new model', name);
}

/** Before any lock is asked for. @throws ERR_MANIFEST for a record that could not be read again, ERR_INTEGRITY for other files */
export function checkStaged(staging: OpenStaging, { record }: VersionFiles): void {
  const text = recordText(record);
  const where = `${record.name} ${record.version}`;
  if (Buffer.byteLength(text) > maxRecordBytes) {
    throw torchError('ERR_MANIFEST', `Expected the record of ${where} to have at most ${maxRecordBytes} bytes`);
  }
  checkName(record.name);
  checkVersion(record.version);
  checkPortable(record.name);
  parseRecord(text, where, record);
  const described = filesOf(record);
  for (const [file, { sha256, bytes }] of staging.files) {
    const said = described.get(file);
    described.delete(file);
    if (said?.sha256 === sha256 && said.bytes === bytes) continue;
    throw torchError('ERR_INTEGRITY', `Expected the record of ${where} to describe ${file} as it was copied`);
  }
  const [missing] = described.keys();
  if (missing === undefined) return;
  throw torchError(
    'ERR_INTEGRITY',
    `Expected the files of ${where} to be copied before its commit, but ${missing} is not`,
  );
}

/** What became of a commit. */
export interface Committed {
  /** False when the version is there already, with the same files. */
  readonly added: boolean;
  /** Its files were put back, of which some were missing or damaged. */
  readonly repaired?: true;
}

/** Under the writer's lock. */
export async function commit(
  disk: Disk,
  folders: Folders,
  staging: OpenStaging,
  files: VersionFiles,
): Promise<Committed> {
  const { record } = files;
  const { name, version } = record;
  for (const folder of [folders.registryDir, folders.modelsDir]) await requireOwnFolder(disk, join(folder, name));
  if (await isThere(disk, folders, record)) {
    const repaired = await repair(disk, folders, staging, record);
    return { added: false, ...(repaired && { repaired }) };
  }
  const isPlaced = await liesThere(disk, folders, staging, record);
  const staged = await stageRecord(disk, staging, files);
  await Change.of(disk, async (change) => {
    if (!isPlaced) {
      await staging.sync();
      await change.move(staging.folder, await change.folder(folders.modelsDir, name), version);
    }
    await change.move(staged, await change.folder(folders.registryDir, name), version);
  });
  return { added: true };
}

/**
 * Puts the files of a version in their place again where somebody has deleted or damaged one.
 * @returns false when nothing was wrong
 * @throws ERR_INTEGRITY where other files lie among them, which would be lost
 */
async function repair(disk: Disk, { modelsDir }: Folders, staging: OpenStaging, of: ModelRecord): Promise<boolean> {
  const folder = join(modelsDir, of.name, of.version);
  const kind = await disk.kind(folder);
  if (kind !== 'none' && kind !== 'folder') throw planted(folder, 'the folder of an artifact');
  const found = kind === 'folder' ? await filesBelow(disk, folder, staging.files) : [];
  if (await areWhole(folder, found ?? staging.files.keys(), staging.files)) return false;
  if (!found) {
    throw torchError(
      'ERR_INTEGRITY',
      `Expected the files of ${of.name} ${of.version} as they were added, but some are missing or damaged, and ${folder} has ` +
        'others beside them, which would be lost\n  fix: move that folder away, and add the version again',
    );
  }
  await Change.of(disk, async (change) => {
    await staging.sync();
    if (kind === 'folder') {
      await announce(disk, staging, of);
      await change.move(folder, dirname(staging.folder), damagedName);
    }
    await change.move(staging.folder, await change.folder(modelsDir, of.name), of.version);
  });
  return true;
}

/** Says which version the staging is about, before anything of it is moved: whoever ends it after a crash puts its files back. */
async function announce(disk: Disk, staging: OpenStaging, of: ModelRecord): Promise<void> {
  const folder = join(staging.recordFolder, stagedName(of));
  await disk.remove(folder); // of an attempt that failed
  await disk.makeFolder(folder);
  await disk.syncFolder(staging.recordFolder);
}

/** Nothing is written through a link. @throws ERR_INTEGRITY for what is neither a folder nor absent */
async function requireOwnFolder(disk: Disk, path: string): Promise<void> {
  const kind = await disk.kind(path);
  if (kind !== 'none' && kind !== 'folder') throw planted(path, 'a folder');
}

/** @throws ERR_VERSION_EXISTS when the version is there with other files */
async function isThere(disk: Disk, { registryDir }: Folders, record: ModelRecord): Promise<boolean> {
  const { name, version } = record;
  const path = join(registryDir, name, version);
  const kind = await disk.kind(path);
  if (kind === 'none') return false;
  if (kind !== 'folder') throw planted(path, 'the folder of a version');
  if ((await disk.names(path)).length === 0) return false;
  const fix = `add it as another version, or remove this one first (registry rm ${name}@${version})`;
  const there = await recordIn(registryDir, name, version).catch((cause: unknown) => {
    const { message } = cause as Error;
    throw torchError(
      'ERR_VERSION_EXISTS',
      `Expected a new version but ${name} ${version} is there, and cannot be read: ${message}\n  fix: ${fix}`,
      { cause },
    );
  });
  if (isSame(filesOf(there), filesOf(record))) return true;
  throw torchError(
    'ERR_VERSION_EXISTS',
    `Expected a new version, since versions never change, but ${name} ${version} is there with sha256 ` +
      `${there.artifact.sha256}, and not ${record.artifact.sha256}\n  fix: ${fix}`,
  );
}

/**
 * Whether the very files lie in their place already, where somebody put them before they had a record.
 * @throws ERR_VERSION_EXISTS when other files do, or links
 */
async function liesThere(disk: Disk, { modelsDir }: Folders, staging: OpenStaging, of: ModelRecord): Promise<boolean> {
  const folder = join(modelsDir, of.name, of.version);
  const kind = await disk.kind(folder);
  if (kind === 'none') return false;
  if (kind !== 'folder') throw planted(folder, 'the folder of an artifact');
  if ((await disk.names(folder)).length === 0) return false;
  if (await holds(disk, folder, staging.files)) return true;
  throw torchError(
    'ERR_VERSION_EXISTS',
    `Expected no files of ${of.name} ${of.version}, but ${folder} has some, which no record describes\n` +
      '  fix: look at them, and move them away',
  );
}

/** Whether a folder holds these files and nothing else. What a link leads to may change, and may not be read then. */
async function holds(disk: Disk, folder: string, files: ReadonlyMap<string, FileDigest>): Promise<boolean> {
  const found = await filesBelow(disk, folder, files);
  return found !== undefined && (await areWhole(folder, found, files));
}

/** Whether the names are those of all files, and each has its bytes. */
async function areWhole(
  folder: string,
  found: Iterable<string>,
  files: ReadonlyMap<string, FileDigest>,
): Promise<boolean> {
  const names = [...found];
  if (names.length !== files.size) return false;
  for (const file of names) {
    const digest = await digestFile(join(folder, file)).catch(() => undefined);
    if (digest?.sha256 !== files.get(file)?.sha256) return false;
  }
  return true;
}

/** Names of all files below a folder; undefined as soon as something is there that is none of these files and no folder of them. */
async function filesBelow(
  disk: Disk,
  folder: string,
  files: ReadonlyMap<string, FileDigest>,
  below = '',
): Promise<string[] | undefined> {
  const found: string[] = [];
  for (const name of await disk.names(join(folder, below))) {
    const path = `${below}${name}`;
    const kind = await disk.kind(join(folder, path));
    if (kind === 'file' && files.has(path)) {
      found.push(path);
      continue;
    }
    if (kind !== 'folder' || ![...files.keys()].some((file) => file.startsWith(`${path}/`))) return undefined;
    const deeper = await filesBelow(disk, folder, files, `${path}/`);
    if (!deeper) return undefined;
    found.push(...deeper);
  }
  return found;
}

async function stageRecord(
  disk: Disk,
  staging: OpenStaging,
  { record, card, signature }: VersionFiles,
): Promise<string> {
  const folder = join(staging.recordFolder, stagedName(record));
  await disk.remove(folder); // of an attempt that failed
  await disk.makeFolder(folder);
  await writeNew(disk, join(folder, 'metadata.json'), recordText(record));
  await writeNew(disk, join(folder, 'MODEL_CARD.md'), card);
  if (signature !== undefined) await writeNew(disk, join(folder, 'model.sig'), signature);
  await disk.syncFolder(folder);
  return folder;
}

/** The artifact and its sidecars, by name. */
function filesOf({ artifact }: ModelRecord): Map<string, FileDigest> {
  return new Map([artifact, ...(artifact.sidecars ?? [])].map(({ file, sha256, bytes }) => [file, { sha256, bytes }]));
}

function isSame(a: ReadonlyMap<string, FileDigest>, b: ReadonlyMap<string, FileDigest>): boolean {
  return a.size === b.size && [...a].every(([file, { sha256 }]) => b.get(file)?.sha256 === sha256);
}
