import { torchError, type TorchError } from '../../errors.js';

/** How the bytes of a field are laid out. 3 and 4 are groups, which nobody sends any more. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * What a message may be made of: so many numbers or fields that are not known, four times fewer texts or runs of numbers, 256
 * times fewer messages in it. Each becomes a value
 * of JavaScript, which takes many times its bytes.
 */
const defaultBudget = 4_000_000;
export const costs = { number: 1, text: 4, message: 256 } as const;

/** Of every text and every element of BYTES. A mark U+FEFF at the front belongs to the text. */
export const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const maxGroupDepth = 32;
const twoTo63 = 2n ** 63n;

/** Shared by the readers of one message. */
export interface Budget {
  left: number;
}

/** Reads one protobuf message. It never reads beyond its end, and never copies. */
export class Reader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  constructor(
    bytes: Buffer,
    readonly budget: Budget = { left: defaultBudget },
    at = 0,
    end = bytes.length,
  ) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** Takes from what the message may hold. @throws ERR_PAYLOAD_TOO_LARGE when nothing is left */
  spend(cost: number): void {
    if ((this.budget.left -= cost) >= 0) return;
    throw torchError(
      'ERR_PAYLOAD_TOO_LARGE',
      `Expected at most ${defaultBudget} numbers or ${defaultBudget / costs.text} strings in a message; raw contents may hold more numbers`,
    );
  }

  /** A varint of up to 64 bits: a number where it is safe, else a bigint. */
  uint64(): number | bigint {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 7; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    let big = BigInt(value);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      big |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return narrow(BigInt.asUintN(64, big));
    }
    throw malformed('Expected a varint of at most 10 bytes');
  }

  /** As `uint64`, of two's complement. */
  int64(): number | bigint {
    const value = this.uint64();
    return typeof value === 'bigint' && value >= twoTo63 ? narrow(BigInt.asIntN(64, value)) : value;
  }

  /** @throws ERR_BAD_REQUEST for what does not fit, which other readers would cut */
  int32(): number {
    const value = this.int64();
    if (typeof value === 'number' && value >= -0x80000000 && value <= 0x7fffffff) return value;
    throw malformed('Expected an integer of 32 bits');
  }

  uint32(): number {
    const value = this.uint64();
    if (typeof value === 'number' && value <= 0xffffffff) return value;
    throw malformed('Expected an unsigned integer of 32 bits');
  }

  bool(): boolean {
    return this.uint64() !== 0;
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  float(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  /** So many bytes as they lie there: a view. */
  raw(length: number): Buffer {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  bytes(): Buffer {
    return this.raw(this.#length());
  }

  /** @throws ERR_BAD_REQUEST for what is no UTF-8 */
  string(): string {
    const bytes = this.bytes();
    try {
      return utf8.decode(bytes);
    } catch {
      throw malformed('Expected UTF-8 in a text');
    }
  }

  /** What the next bytes with a length hold. */
  inner(): Reader {
    const length = this.#length();
    const at = this.#take(length);
    return new Reader(this.#bytes, this.budget, at, at + length);
  }

  /** The number and the wire type of the next field. */
  tag(): readonly [number, number] {
    const tag = this.uint64();
    if (typeof tag !== 'number' || tag > 0xffffffff || tag < 8) throw malformed('Expected the number of a field');
    return [Math.floor(tag / 8), tag % 8];
  }

  /** Passes over a field that is not known. */
  skip(wireType: number, depth = 0): void {
    this.spend(costs.number);
    if (wireType === wireTypes.varint) this.uint64();
    else if (wireType === wireTypes.fixed64) this.#take(8);
    else if (wireType === wireTypes.bytes) this.#take(this.#length());
    else if (wireType === wireTypes.fixed32) this.#take(4);
    else if (wireType === 3 && depth < maxGroupDepth) this.#skipGroup(depth);
    else throw malformed(`Expected a known wire type but received ${wireType}`);
  }

  #skipGroup(depth: number): void {
    for (;;) {
      const [, wireType] = this.tag();
      if (wireType === 4) return;
      this.skip(wireType, depth + 1);
    }
  }

  #length(): number {
    const length = this.uint64();
    if (typeof length === 'number') return length;
    throw truncated();
  }

  #byte(): number {
    if (this.#at >= this.#end) throw truncated();
    return this.#bytes[this.#at++] as number;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#end - at) throw truncated();
    this.#at = at + length;
    return at;
  }
}

function narrow(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

export function malformed(what: string): TorchError {
  return torchError('ERR_BAD_REQUEST', `${what}: the message is no protobuf of this protocol`);
}

function truncated(): TorchError {
  return malformed('Expected more bytes than there are');
}
