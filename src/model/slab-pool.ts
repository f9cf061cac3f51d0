import type { SlabPool } from './collate.js';

/** Slabs kept for reuse, in bytes; what comes back beyond it is let go. */
const keptBytes = 64 * 2 ** 20;
const smallest = 4096;

/** A pool of powers of two, so that batches of any size find a slab. */
export function slabPool(allocate: (bytes: number) => ArrayBuffer): SlabPool {
  const free = new Map<number, ArrayBuffer[]>();
  let kept = 0;
  return {
    take(bytes) {
      const size = Math.max(smallest, 2 ** Math.ceil(Math.log2(Math.max(1, bytes))));
      const slab = free.get(size)?.pop();
      if (!slab) return allocate(size);
      kept -= size;
      return slab;
    },
    give(slab) {
      if (slab.byteLength > keptBytes) return;
      if (kept + slab.byteLength > keptBytes) {
        free.clear(); // what an earlier load needed must not keep out what the present one does
        kept = 0;
      }
      kept += slab.byteLength;
      const list = free.get(slab.byteLength);
      if (list) list.push(slab);
      else free.set(slab.byteLength, [slab]);
    },
  };
}
