import { startedEngine } from './engine.js';

/** An array of numbers that was read from a JSON text. */
export interface NumberArray {
  /** What JSON.parse would make of them, rounded to float32. */
  readonly values: Float32Array;
  /** Index of the first byte behind it. */
  readonly end: number;
  /** Of the numbers before they were rounded. */
  readonly min: number;
  readonly max: number;
}

/** Most texts are smaller, and are read into memory that is there already. */
const smallText = 128 * 1024;
const largestText = 16 * 2 ** 20;
const scratch = new Float32Array(smallText / 2);
const found = new Float64Array(3);

/**
 * The array of numbers that opens at `begin` of a JSON text. Undefined for anything but at least one plain number, all
 * of which float32 can hold: JSON.parse knows what it is then. Undefined, too, before the engine is up.
 */
export function parseNumberArray(bytes: Uint8Array, begin: number): NumberArray | undefined {
  const engine = startedEngine();
  if (!engine || bytes.length > largestText) return undefined;
  // A number and its comma take two bytes at least.
  const out = bytes.length <= smallText ? scratch : new Float32Array(bytes.length >> 1);
  const count = engine.addon.parseNumbers(bytes, begin, out, found);
  if (count === 0) return undefined;
  const [end, min, max] = found as unknown as readonly [number, number, number];
  return { values: out.slice(0, count), end, min, max };
}
