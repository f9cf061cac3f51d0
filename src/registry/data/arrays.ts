/** Arrays of rows that are read from the front to the back: of .npy and .npz files, a part at a time. */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type yauzl from 'yauzl';
import { isError, torchError, type TorchError } from '../../errors.js';
import { dtypeTable, type DType } from '../../tensor/dtype.js';
import { npyHeadBytes, npyNumbers, parseNpyHeader, type NpyHeader } from '../../tensor/npy.js';
import { elementCount } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';

/** One array, whose first dimension is its rows. */
export interface RowArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** @returns rows from `from` on, as a tensor of its own; `from` is never lower than where the last read has ended */
  read(from: number, count: number): Promise<Tensor>;
}

/** Arrays of one file, or of none. */
export interface RowArrays {
  /** By name; of a file with one array, or a tensor, the name is empty. */
  readonly arrays: ReadonlyMap<string, RowArray>;
  close(): Promise<void>;
}

/** In Fortran order a row is spread over the whole file, which is then read at once. */
const mostFortranBytes = 2 ** 31;

/** A tensor in memory. */
export function arrayOfTensor({ dtype, shape, data }: Tensor): RowArray {
  const size = elementsOfRow(shape);
  return {
    dtype,
    shape,
    read: (from, count) =>
      Promise.resolve(
        new Tensor(dtype, data.slice(from * size, (from + count) * size) as never, [count, ...shape.slice(1)]),
      ),
  };
}

/** @throws ERR_INVALID_INPUT for a file that is missing or no array of numbers */
export async function openArrays(path: string, what: string): Promise<RowArrays> {
  const file = await open(path).catch((cause: unknown) => {
    throw unreadable(path, what, cause);
  });
  try {
    if (!(await file.stat()).isFile()) throw unreadable(path, what, 'it is no file');
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (buffer.toString('latin1') === 'PK\x03\x04') return await openZip(path, what, file);
    return { arrays: new Map([['', await plainArray(file)]]), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_')
      ? named(path, what, error as TorchError)
      : unreadable(path, what, error);
  }
}

const named = (path: string, what: string, { code, message }: TorchError): TorchError =>
  torchError(code, `${message} (${what}, ${path})`);

function unreadable(path: string, what: string, cause: unknown): TorchError {
  const { code, message = String(cause) } = isError(cause) ? (cause as NodeJS.ErrnoException) : {};
  return torchError('ERR_INVALID_INPUT', `Expected ${what} in ${path}, a .npy or .npz file, but ${code ?? message}`, {
    cause,
  });
}

async function plainArray(file: FileHandle): Promise<RowArray> {
  const { size } = await file.stat();
  const head = Buffer.alloc(Math.min(size, npyHeadBytes));
  await file.read(head, 0, head.length, 0);
  const header = requireNumbers(parseNpyHeader(head));
  requireBytes(header, size - header.start);
  return arrayOf(header, async (from, bytes) => {
    const part = Buffer.alloc(bytes);
    let filled = 0;
    while (filled < bytes) {
      const { bytesRead } = await file.read(part, filled, bytes - filled, header.start + from + filled);
      if (bytesRead === 0)
        throw torchError('ERR_INVALID_INPUT', 'Expected the file to stay as it is but it was cut off');
      filled += bytesRead;
    }
    return part;
  });
}

type NumbersHeader = NpyHeader & { readonly dtype: DType };

function requireNumbers(header: NpyHeader): NumbersHeader {
  if (header.dtype) return header as NumbersHeader;
  throw torchError('ERR_INVALID_INPUT', 'Expected numbers or bools in the .npy file but received text');
}

const elementsOfRow = (shape: readonly number[]): number => elementCount(shape.slice(1));

function requireBytes({ dtype, shape }: NumbersHeader, bytes: number): void {
  if (shape.length === 0)
    throw torchError('ERR_INVALID_SHAPE', 'Expected rows in the .npy file but received one number');
  const wanted = elementCount(shape) * dtypeTable[dtype].bytes;
  if (bytes === wanted) return;
  throw torchError('ERR_INVALID_INPUT', `Expected ${wanted} bytes of elements in the .npy file but received ${bytes}`);
}

/** @param bytesAt reads bytes of the elements */
function arrayOf(header: NumbersHeader, bytesAt: (from: number, bytes: number) => Promise<Uint8Array>): RowArray {
  const { dtype, shape } = header;
  const rowBytes = elementsOfRow(shape) * dtypeTable[dtype].bytes;
  if (!header.isFortran) {
    return {
      dtype,
      shape,
      read: async (from, count) =>
        npyNumbers(dtype, {
          ...header,
          shape: [count, ...shape.slice(1)],
          bytes: await bytesAt(from * rowBytes, count * rowBytes),
        }),
    };
  }
  const all = elementCount(shape) * dtypeTable[dtype].bytes;
  if (all > mostFortranBytes) {
    throw torchError(
      'ERR_INVALID_INPUT',
      `Expected at most ${mostFortranBytes} bytes in Fortran order but received ${all}: save it in C order (numpy.ascontiguousarray)`,
    );
  }
  let whole: Promise<RowArray> | undefined;
  return {
    dtype,
    shape,
    read: async (from, count) => {
      whole ??= bytesAt(0, all).then((bytes) => arrayOfTensor(npyNumbers(dtype, { ...header, bytes })));
      return (await whole).read(from, count);
    },
  };
}

async function openZip(path: string, what: string, file: FileHandle): Promise<RowArrays> {
  const { default: yauzl } = await import('yauzl');
  const zip = await new Promise<yauzl.ZipFile>((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false, validateEntrySizes: true, strictFileNames: true };
    yauzl.fromFd(file.fd, options, (error, opened) => {
      if (error) reject(unreadable(path, what, error));
      else resolve(opened);
    });
  });
  const arrays = new Map<string, RowArray>();
  const streams: EntryBytes[] = [];
  for (const entry of await entriesOf(zip)) {
    if (!entry.fileName.endsWith('.npy')) throw unreadable(path, what, 'it has an entry that is no .npy file');
    const bytes = new EntryBytes(zip, entry);
    streams.push(bytes);
    arrays.set(entry.fileName.slice(0, -'.npy'.length), await zippedArray(bytes, entry.uncompressedSize));
  }
  return {
    arrays,
    close: async () => {
      for (const stream of streams) stream.close();
      await file.close();
    },
  };
}

/** Inputs of one model. */
const mostEntries = 256;

function entriesOf(zip: yauzl.ZipFile): Promise<yauzl.Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: yauzl.Entry[] = [];
    zip.on('entry', (entry: yauzl.Entry) => {
      entries.push(entry);
      if (entries.length > mostEntries) reject(new Error(`it has more than ${mostEntries} arrays`));
      else zip.readEntry();
    });
    zip.once('end', () => {
      resolve(entries);
    });
    zip.once('error', reject);
    zip.readEntry();
  });
}

async function zippedArray(bytes: EntryBytes, size: number): Promise<RowArray> {
  const header = requireNumbers(parseNpyHeader(await bytes.peek(Math.min(size, npyHeadBytes))));
  requireBytes(header, size - header.start);
  return arrayOf(header, (from, count) => bytes.at(header.start + from, count));
}

/** The unpacked bytes of an entry, from the front to the back. */
class EntryBytes {
  readonly #zip: yauzl.ZipFile;
  readonly #entry: yauzl.Entry;
  #pieces: AsyncIterator<Buffer> | undefined;
  #stream: { destroy(): unknown } | undefined;
  /** What has come and was not taken. */
  #kept = Buffer.alloc(0);
  /** Where that begins. */
  #place = 0;

  constructor(zip: yauzl.ZipFile, entry: yauzl.Entry) {
    this.#zip = zip;
    this.#entry = entry;
  }

  /** The first bytes, which stay to be read. */
  async peek(bytes: number): Promise<Buffer> {
    await this.#fill(bytes);
    return this.#kept.subarray(0, bytes);
  }

  async at(from: number, bytes: number): Promise<Buffer> {
    while (this.#place < from) {
      await this.#fill(1);
      const skipped = Math.min(this.#kept.length, from - this.#place);
      this.#kept = this.#kept.subarray(skipped);
      this.#place += skipped;
    }
    await this.#fill(bytes);
    const part = this.#kept.subarray(0, bytes);
    this.#kept = this.#kept.subarray(bytes);
    this.#place += bytes;
    return part;
  }

  close(): void {
    this.#stream?.destroy();
  }

  async #fill(bytes: number): Promise<void> {
    if (this.#kept.length >= bytes) return;
    this.#pieces ??= await this.#open();
    const parts: Buffer[] = [this.#kept];
    let length = this.#kept.length;
    while (length < bytes) {
      const next: IteratorResult<Buffer, unknown> = await this.#pieces.next();
      if (next.done)
        throw torchError('ERR_INVALID_INPUT', 'Expected whole arrays in the .npz file but one of them is cut off');
      parts.push(next.value);
      length += next.value.length;
    }
    this.#kept = Buffer.concat(parts);
  }

  #open(): Promise<AsyncIterator<Buffer>> {
    return new Promise((resolve, reject) => {
      this.#zip.openReadStream(this.#entry, (error, stream) => {
        if (error) {
          reject(error);
          return;
        }
        this.#stream = stream;
        resolve((stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]());
      });
    });
  }
}
