import { crc32 } from 'node:zlib';
import { describe } from '../../errors.js';
import { unsafe, type ZipArchive, type ZipEntry } from '../../model/zip-archive.js';

const [fileTypeMask, regularFile] = [0o170000, 0o100000];
/** Of entries that are read into memory, and in one turn of the event loop: of large models they have 2 MiB. */
export const maxText = 16 * 2 ** 20;

/**
 * A small entry's bytes, checked against its checksum.
 * @throws ERR_UNSAFE_ARCHIVE
 */
export async function readEntry(archive: ZipArchive, entry: ZipEntry): Promise<Buffer> {
  if (entry.unpacked > maxText) throw unsafe(`entry ${describe(entry.name)} has ${entry.unpacked} bytes`);
  const pieces: Buffer[] = [];
  for await (const piece of await archive.stream(entry)) pieces.push(piece as Buffer);
  const bytes = Buffer.concat(pieces);
  if (crc32(bytes) !== entry.crc) throw unsafe(`entry ${describe(entry.name)} has bytes that its checksum is not of`);
  return bytes;
}

/** The first bytes of an entry: at least as many as asked for, where it has them. */
export async function headOf(archive: ZipArchive, entry: ZipEntry, bytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of await archive.stream(entry)) {
    pieces.push(piece as Buffer);
    length += (piece as Buffer).length;
    if (length >= bytes) break; // which also ends the stream
  }
  return Buffer.concat(pieces);
}

/** Entries by their path below the archive's one root folder, which has the name that the file had when it was written. */
export function entriesByPath(entries: readonly ZipEntry[]): Map<string, ZipEntry> {
  const files = new Map<string, ZipEntry>();
  const spellings = new Set<string>();
  const root = entries.every(({ name }) => /^[^/]+\//.test(name) && !name.startsWith('data/'))
    ? (entries[0]?.name.split('/')[0] ?? '')
    : undefined;
  for (const entry of entries) {
    const { name, mode, unpacked } = entry;
    checkName(name);
    const type = mode & fileTypeMask;
    if (name.endsWith('/')) {
      if (unpacked > 0) throw unsafe(`folder ${describe(name)} has contents of its own`);
      continue;
    }
    if (type !== 0 && type !== regularFile) throw unsafe(`entry ${describe(name)} is a link or a device`);
    if (root !== undefined && !name.startsWith(`${root}/`)) throw unsafe('its entries lie in several folders');
    const path = root === undefined ? name : name.slice(root.length + 1);
    // File systems that fold case would write one over the other.
    const spelling = path.normalize('NFC').toLowerCase();
    if (spellings.has(spelling)) throw unsafe(`entry ${describe(name)} is there twice`);
    spellings.add(spelling);
    files.set(path, entry);
  }
  for (const spelling of spellings) {
    for (let end = spelling.indexOf('/'); end >= 0; end = spelling.indexOf('/', end + 1)) {
      if (spellings.has(spelling.slice(0, end)))
        throw unsafe(`${describe(spelling.slice(0, end))} is both a file and a folder`);
    }
  }
  return files;
}

function checkName(name: string): void {
  const segments = name.replace(/\/$/, '').split('/');
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f\\:]/.test(name) || segments.some((part) => part === '' || part === '.' || part === '..')) {
    throw unsafe(`entry ${describe(name)} has a name that may lead out of the package's folder`);
  }
}
