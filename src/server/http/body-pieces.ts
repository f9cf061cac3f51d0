import { Pieces } from '../../protocol/binary/pieces.js';

/** How a body is cut, once its beginning has come. */
export interface BodyCut {
  /** Bytes at the front that tell it. */
  readonly front: number;
  /**
   * The sizes of what lies behind the front, one after the other.
   * @param rest bytes that are there
   * @returns undefined, or what does not add up to `rest`, where they cannot be told
   */
  sizes(front: Buffer, rest: number): readonly number[] | undefined;
  /** Memory for one of them. */
  allocate(bytes: number): ArrayBuffer;
}

/** Pieces that are smaller than this are put together: each costs as much memory beside its bytes. */
const smallPiece = 1024;
const gathered = 16 * 1024;
/** Less is copied once it is whole. */
const worthCutting = 64 * 1024;
/** A larger size is believed once so much has come: memory is for those that send. */
const believed = 1024 * 1024;

/**
 * Gathers a body in the pieces that it comes in. Where it is told how the body is cut, each part lands in memory of its own as
 * it comes, and is one piece: nobody copies it later.
 */
export class PieceReader {
  #parts: Buffer[] = [];
  #free: Buffer = empty;
  #length = 0;
  readonly #declared: number;
  #cut: BodyCut | undefined;
  #landing: Landing | undefined;

  /** @param declared bytes that the body says it has */
  constructor(declared: number, cut?: BodyCut) {
    this.#declared = declared;
    if (cut && cut.front <= worthCutting && declared - cut.front >= worthCutting) this.#cut = cut;
  }

  add(chunk: Buffer): void {
    if (this.#landing) {
      const taken = this.#landing.take(chunk);
      // More than was declared: whoever reads the body says so.
      if (taken < chunk.length) this.#keep(chunk.subarray(taken));
      return;
    }
    this.#length += chunk.length;
    this.#keep(chunk);
    const cut = this.#cut;
    if (!cut || this.#length < cut.front || (this.#declared > believed && this.#length < believed)) return;
    this.#cut = undefined;
    this.#land(cut);
  }

  pieces(): Pieces {
    return new Pieces(this.#landing ? [...this.#landing.parts(), ...this.#parts] : this.#parts);
  }

  #keep(chunk: Buffer): void {
    if (chunk.length >= smallPiece) {
      this.#parts.push(chunk);
      this.#free = empty;
      return;
    }
    const last = this.#parts.at(-1);
    if (chunk.length > this.#free.length) this.#free = Buffer.allocUnsafeSlow(gathered);
    const free = this.#free;
    const target = free.subarray(0, chunk.length);
    chunk.copy(target);
    // Directly behind the last one: both are one piece.
    if (last?.buffer === free.buffer)
      this.#parts[this.#parts.length - 1] = Buffer.from(free.buffer, last.byteOffset, last.length + chunk.length);
    else this.#parts.push(target);
    this.#free = free.subarray(chunk.length);
  }

  #land(cut: BodyCut): void {
    const came = new Pieces(this.#parts);
    const front = came.range(0, cut.front);
    const rest = this.#declared - cut.front;
    const sizes = cut.sizes(front, rest);
    if (sizes?.reduce((sum, size) => sum + size, 0) !== rest) return;
    let parts: Buffer[];
    try {
      parts = sizes.map((size) => Buffer.from(cut.allocate(size)));
    } catch {
      return; // what there is no memory for fails where it is used
    }
    const landing = new Landing(front, parts);
    let skipped = cut.front;
    for (const part of this.#parts) {
      landing.take(part.subarray(skipped));
      skipped = Math.max(0, skipped - part.length);
    }
    this.#landing = landing;
    this.#parts = [];
    this.#free = empty;
  }
}

/** Memory that bytes fall into, one part after the other. */
class Landing {
  #part = 0;
  #filled = 0;

  constructor(
    readonly front: Buffer,
    readonly targets: readonly Buffer[],
  ) {}

  /** @returns how many bytes there was room for */
  take(bytes: Buffer): number {
    let taken = 0;
    while (taken < bytes.length) {
      const target = this.targets[this.#part];
      if (!target) break;
      const copied = bytes.copy(target, this.#filled, taken);
      taken += copied;
      this.#filled += copied;
      if (this.#filled < target.length) continue;
      this.#part++;
      this.#filled = 0;
    }
    return taken;
  }

  /** What has come. */
  parts(): Buffer[] {
    const open = this.targets[this.#part]?.subarray(0, this.#filled);
    return [this.front, ...this.targets.slice(0, this.#part), ...(open ? [open] : [])];
  }
}

const empty: Buffer = Buffer.alloc(0);
