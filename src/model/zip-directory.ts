/** The directory of a zip archive on the disk, and small entries of it: enough to say what it is, whatever its size. */
import type yauzl from 'yauzl';
import { withModelFile } from '../files/regular-file.js';
import { defaultArchiveLimits } from './zip-archive.js';

/** An archive that is open. */
export interface ZipDirectory {
  /** Names of the entries, at most as many as an archive may have. */
  readonly names: readonly string[];
  /** The first bytes of an entry, unpacked; undefined where there is none or it cannot be read. */
  readonly head: (name: string, bytes: number) => Promise<Buffer | undefined>;
}

/** Names longer than this together are not read: a directory of 10,000 entries of a model has 1 MB of them. */
const mostNameBytes = 4 * 2 ** 20;

/**
 * Opens the directory and closes it after `use`. Nothing is checked: what is hostile is left out, and whoever loads the file
 * says what is wrong with it.
 * @returns undefined for what is no zip archive
 * @throws ERR_MODEL_LOAD for what is no regular file or cannot be read
 */
export async function withZipDirectory<T>(
  path: string,
  use: (directory: ZipDirectory) => Promise<T>,
): Promise<T | undefined> {
  return await withModelFile(path, async ({ file }) => {
    const zip = await openZip(file.fd);
    if (!zip) return undefined;
    const entries = await entriesOf(zip);
    return await use({
      names: [...entries.keys()],
      head: async (name, bytes) => {
        const entry = entries.get(name);
        return entry && (await headOf(zip, entry, bytes));
      },
    });
  });
}

async function openZip(descriptor: number): Promise<yauzl.ZipFile | undefined> {
  // A program that loads no archive does not pay for the library.
  const { default: yauzl } = await import('yauzl');
  const options = { lazyEntries: true, autoClose: false, decodeStrings: true };
  return await new Promise((resolve) => {
    yauzl.fromFd(descriptor, options, (error, zip) => {
      resolve(error ? undefined : zip);
    });
  });
}

function entriesOf(zip: yauzl.ZipFile): Promise<Map<string, yauzl.Entry>> {
  const entries = new Map<string, yauzl.Entry>();
  let bytes = 0;
  return new Promise((resolve) => {
    const done = (): void => {
      resolve(entries);
    };
    // Whoever loads it says so.
    if (zip.entryCount > defaultArchiveLimits.entries) {
      done();
      return;
    }
    zip.on('entry', (entry: yauzl.Entry) => {
      bytes += entry.fileName.length;
      if (bytes > mostNameBytes) {
        done();
        return;
      }
      entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.once('end', done);
    zip.once('error', done);
    zip.readEntry();
  });
}

function headOf(zip: yauzl.ZipFile, entry: yauzl.Entry, bytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error) {
        resolve(undefined);
        return;
      }
      const pieces: Buffer[] = [];
      let length = 0;
      const done = (): void => {
        resolve(Buffer.concat(pieces).subarray(0, bytes));
      };
      stream.on('data', (piece: Buffer) => {
        pieces.push(piece);
        length += piece.length;
        if (length < bytes) return;
        stream.destroy();
        done();
      });
      stream.once('end', done);
      stream.once('error', () => {
        resolve(undefined);
      });
    });
  });
}
