import type { Readable } from 'node:stream';
import { inflateRawSync } from 'node:zlib';
import type yauzl from 'yauzl';
import { describe, torchError, type TorchError } from '../errors.js';

/** Bounds on what an archive may unpack to: a 1.5 MB one was seen to take 1.6 GB. */
export interface ArchiveLimits {
  readonly entries: number;
  readonly nameBytes: number;
  /** Unpacked to packed, of one entry that is larger than a mebibyte unpacked. */
  readonly ratio: number;
  /** Unpacked bytes of all entries that are not read in place: code and pickles, or whatever is compressed. */
  readonly codeBytes: number;
}

export const defaultArchiveLimits: ArchiveLimits = {
  entries: 10_000,
  nameBytes: 255,
  ratio: 20,
  codeBytes: 256 * 2 ** 20,
};

export interface ZipEntry {
  readonly name: string;
  readonly packed: number;
  readonly unpacked: number;
  readonly stored: boolean;
  /** Where its local header begins. */
  readonly offset: number;
  readonly crc: number;
  /** The Unix file mode that its maker gave, 0 where it gave none. */
  readonly mode: number;
}

/** The fixed part of a local header; a name and padding follow. */
const localHeaderBytes = 30;
/** PK 3 4 */
const localHeaderMark = 0x04034b50;
/** Of an entry that is unpacked at once, on the event loop: well below a millisecond. */
const smallBytes = 64 * 1024;

/** A zip archive in memory, whose directory was read and whose sizes, names and places were checked. */
export class ZipArchive {
  readonly entries: readonly ZipEntry[];
  readonly #bytes: Buffer;
  readonly #zip: yauzl.ZipFile;
  readonly #raw: ReadonlyMap<ZipEntry, yauzl.Entry>;

  private constructor(bytes: Buffer, zip: yauzl.ZipFile, raw: ReadonlyMap<ZipEntry, yauzl.Entry>) {
    this.#bytes = bytes;
    this.#zip = zip;
    this.#raw = raw;
    this.entries = [...raw.keys()];
  }

  /**
   * @param noZip the error for what is no zip archive
   * @param check what else must hold of every entry; it throws
   * @throws what `noZip` makes, or ERR_UNSAFE_ARCHIVE for hostile sizes, names and places
   */
  static async open(
    bytes: Buffer,
    noZip: (reason: string) => TorchError,
    limits = defaultArchiveLimits,
    check?: (entry: ZipEntry) => void,
  ): Promise<ZipArchive> {
    const zip = await openZip(bytes, noZip);
    const raw = await readDirectory(zip, limits);
    for (const entry of raw.keys()) {
      check?.(entry);
      checkEntry(entry, limits);
    }
    checkOverlap([...raw.keys()], bytes.length);
    return new ZipArchive(bytes, zip, raw);
  }

  /** The unpacked bytes in pieces; more or fewer than the directory says are an error of the stream. */
  stream(entry: ZipEntry): Promise<Readable> {
    return new Promise((resolve, reject) => {
      this.#zip.openReadStream(this.#raw.get(entry) as yauzl.Entry, (error, stream) => {
        if (error) reject(unsafe(`entry ${describe(entry.name)} cannot be read (${error.message})`));
        else resolve(stream);
      });
    });
  }

  /** The unpacked bytes in pieces, as `stream`; those of a small entry at once, which takes a tenth of the time. */
  async pieces(entry: ZipEntry): Promise<AsyncIterable<Buffer> | Iterable<Buffer>> {
    const small = entry.unpacked <= smallBytes ? this.#unpacked(entry) : undefined;
    return small ? [small] : ((await this.stream(entry)) as AsyncIterable<Buffer>);
  }

  /**
   * Where the bytes of a stored entry lie.
   * @throws ERR_UNSAFE_ARCHIVE for one that is compressed, or that begins otherwise than the directory says
   */
  placeOf({ name, offset, packed, stored }: ZipEntry): { readonly offset: number; readonly size: number } {
    if (!stored) throw unsafe(`entry ${describe(name)} is compressed, which PyTorch never does; save it again`);
    const begin = this.#begin(offset);
    if (begin === undefined) throw unsafe(`entry ${describe(name)} does not begin where the directory says`);
    if (begin + packed > this.#bytes.length) throw unsafe(`entry ${describe(name)} lies beyond the end of the file`);
    return { offset: begin, size: packed };
  }

  /** Behind a local header. */
  #begin(offset: number): number | undefined {
    const bytes = this.#bytes;
    if (offset + localHeaderBytes > bytes.length || bytes.readUInt32LE(offset) !== localHeaderMark) return undefined;
    return offset + localHeaderBytes + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
  }

  /** Undefined for what is not as the directory says; the stream then says what is wrong with it. */
  #unpacked({ offset, packed, unpacked, stored }: ZipEntry): Buffer | undefined {
    const begin = this.#begin(offset);
    if (begin === undefined) return undefined;
    const body = this.#bytes.subarray(begin, begin + packed);
    if (stored) return body.length === unpacked ? body : undefined;
    try {
      const found = inflateRawSync(body, { maxOutputLength: Math.max(1, unpacked) });
      return found.length === unpacked ? found : undefined;
    } catch {
      return undefined;
    }
  }
}

function checkEntry({ name, packed, unpacked, stored }: ZipEntry, limits: ArchiveLimits): void {
  if (Buffer.byteLength(name) > limits.nameBytes) throw unsafe('an entry has a name of more than 255 bytes');
  if (stored && packed !== unpacked) throw unsafe(`entry ${describe(name)} is stored, yet its two sizes differ`);
  if (unpacked > 2 ** 20 && unpacked > packed * limits.ratio) {
    throw unsafe(`entry ${describe(name)} unpacks to more than ${limits.ratio} times its size`);
  }
}

/** Entries that share bytes are how a small file unpacks to a large one although no single entry is compressed. */
function checkOverlap(entries: readonly ZipEntry[], fileBytes: number): void {
  let end = 0;
  for (const { name, offset, packed } of entries.toSorted((a, b) => a.offset - b.offset)) {
    if (offset < end) throw unsafe(`entry ${describe(name)} overlaps another`);
    end = offset + localHeaderBytes + packed;
    if (end > fileBytes) throw unsafe(`entry ${describe(name)} lies beyond the end of the file`);
  }
}

async function openZip(bytes: Buffer, noZip: (reason: string) => TorchError): Promise<yauzl.ZipFile> {
  // A program that loads no archive does not pay for the library.
  const { default: yauzl } = await import('yauzl');
  const options = { lazyEntries: true, validateEntrySizes: true, strictFileNames: true, autoClose: false };
  return new Promise((resolve, reject) => {
    yauzl.fromBuffer(bytes, options, (error, zip) => {
      if (error) reject(noZip(error.message));
      else resolve(zip);
    });
  });
}

function readDirectory(zip: yauzl.ZipFile, limits: ArchiveLimits): Promise<Map<ZipEntry, yauzl.Entry>> {
  return new Promise((resolve, reject) => {
    if (zip.entryCount > limits.entries) {
      reject(unsafe(`it has ${zip.entryCount} entries, more than ${limits.entries}`));
      return;
    }
    const entries = new Map<ZipEntry, yauzl.Entry>();
    const seen = new Set<string>();
    zip.on('entry', (entry: yauzl.Entry) => {
      const { fileName: name, compressedSize: packed, uncompressedSize: unpacked, crc32: crc } = entry;
      if (seen.has(name)) {
        reject(unsafe(`entry ${describe(name)} is there twice`));
        return;
      }
      seen.add(name);
      const stored = entry.compressionMethod === 0;
      const [offset, mode] = [entry.relativeOffsetOfLocalHeader, entry.externalFileAttributes >>> 16];
      entries.set({ name, packed, unpacked, stored, offset, crc, mode }, entry);
      zip.readEntry();
    });
    zip.on('end', () => {
      resolve(entries);
    });
    zip.on('error', (fault: Error) => {
      reject(unsafe(`reading its directory failed: ${describe(fault.message)}`));
    });
    zip.readEntry();
  });
}

export function unsafe(why: string): TorchError {
  return torchError('ERR_UNSAFE_ARCHIVE', `Expected an archive as PyTorch writes it, but ${why}`);
}
