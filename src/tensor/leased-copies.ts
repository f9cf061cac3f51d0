/**
 * Copies that are given back. Memory for some thousand rows a second is felt twice: making it, and the full collections that V8 does
 * because so much memory outside of its heap came and went. Chunks that are used again stay in the caches of the processor, too.
 */
import { dtypeTable, type TensorData } from './dtype.js';
import { chunkBytes, roomFor, wholeData } from './copies.js';
import type { Tensor } from './tensor.js';

/** Chunks that are kept while nobody uses them. */
const mostFree = 32;

/** Memory that the copies of some calls share. It is used again when all of them were given back. */
export class Chunk {
  readonly #buffer = Buffer.allocUnsafeSlow(chunkBytes).buffer;
  #used = 0;
  #leases = 0;

  hasRoom(bytes: number): boolean {
    return this.#used + bytes <= chunkBytes;
  }

  lease(): this {
    this.#leases++;
    return this;
  }

  /** A tensor's elements; the room was asked for. @throws as wholeData */
  copy({ dtype, data: given, shape }: Tensor): TensorData {
    const data = wholeData(dtype, given, shape);
    const copy = new dtypeTable[dtype].array(this.#buffer, this.#used, data.length);
    copy.set(data as never);
    this.#used += roomFor(copy.byteLength);
    return copy;
  }

  /** Nobody reads or writes the copies of one lease any more. */
  giveBack(): void {
    this.#leases--;
    // The current one goes on being filled; it is looked at when it is full.
    if (this !== current) retire(this);
  }

  get isFree(): boolean {
    return this.#leases === 0;
  }

  clear(): void {
    this.#used = 0;
  }
}

let current: Chunk | undefined;
const free: Chunk[] = [];

/**
 * A chunk with room for so many bytes, for copies that are given back together. One that is never given back costs no more than
 * other memory: its chunk is collected, and not used again.
 */
export function lease(bytes: number): Chunk {
  if (current?.hasRoom(bytes)) return current.lease();
  const full = current;
  current = free.pop() ?? new Chunk();
  if (full) retire(full);
  return current.lease();
}

function retire(chunk: Chunk): void {
  if (!chunk.isFree || free.length === mostFree) return;
  chunk.clear();
  free.push(chunk);
}
