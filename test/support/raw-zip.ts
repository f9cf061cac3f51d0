import { crc32 } from 'node:zlib';

/** One entry as the directory shall describe it; what is left out is made to agree with `body`. */
export interface RawEntry {
  readonly name: string;
  /** The bytes as they lie in the file, packed already if `method` says so. */
  readonly body?: Buffer;
  /** 0 stored (default), 8 deflated. */
  readonly method?: number;
  readonly packed?: number;
  readonly unpacked?: number;
  /** Where the directory says the entry begins, instead of where it does. */
  readonly offset?: number;
  /** A zip64 extra field in the directory: sizes and offset of 64 bits, whose 32-bit fields are then all ones. */
  readonly zip64?: readonly bigint[];
  readonly extra?: Buffer;
}

export interface RawEnd {
  /** Entries that the end record counts. */
  readonly count?: number;
  readonly directoryOffset?: number;
  readonly comment?: Buffer;
  /** A zip64 end record with this count (and the directory where `zip64Offset` says) before the end record. */
  readonly zip64Count?: bigint;
  readonly zip64Offset?: bigint;
  /** Where the zip64 locator points, instead of at its record. */
  readonly locatorTarget?: bigint;
}

/** A zip archive that may lie about itself in every way. */
export function rawZip(entries: readonly RawEntry[], end: RawEnd = {}): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const { name, body = Buffer.alloc(0), method = 0, zip64 } = entry;
    const label = Buffer.from(name);
    const packed = zip64 ? 0xffffffff : (entry.packed ?? body.length);
    const unpacked = zip64 ? 0xffffffff : (entry.unpacked ?? body.length);
    const offset = zip64 ? 0xffffffff : (entry.offset ?? at);
    const extra = zip64
      ? Buffer.concat([u16(1, zip64.length * 8), ...zip64.map(u64)])
      : (entry.extra ?? Buffer.alloc(0));
    const common = [u16(0x800, method, 0, 0x21), u32(crc32(body), packed, unpacked), u16(label.length)];
    if (entry.offset === undefined) {
      files.push(u32(0x04034b50), u16(20), ...common, u16(0), label, body);
      at += 30 + label.length + body.length;
    }
    directory.push(u32(0x02014b50), u16(20, 20), ...common, u16(extra.length, 0, 0, 0), u32(0, offset), label, extra);
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const count = end.count ?? entries.length;
  const start = end.directoryOffset ?? at;
  const big =
    end.zip64Count === undefined
      ? []
      : [
          ...[u32(0x06064b50), u64(44n), u16(45, 45), u32(0, 0)],
          ...[end.zip64Count, end.zip64Count, BigInt(size), end.zip64Offset ?? BigInt(at)].map(u64),
          ...[u32(0x07064b50, 0), u64(end.locatorTarget ?? BigInt(at + size)), u32(1)],
        ];
  const comment = end.comment ?? Buffer.alloc(0);
  const last = [u32(0x06054b50), u16(0, 0, count, count), u32(size, start), u16(comment.length), comment];
  return Buffer.concat([...files, ...directory, ...big, ...last]);
}

function u16(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => buffer.writeUInt16LE(value, i * 2));
  return buffer;
}

function u32(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => buffer.writeUInt32LE(value, i * 4));
  return buffer;
}

function u64(value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(value);
  return buffer;
}
