import type { NumberParser } from '../../protocol/json/elements.js';
import { copyFloats } from '../../tensor/copies.js';
import { fitsPredictRequest } from './validation.js';

/** An array of numbers that was read from a JSON text; its values are what JSON.parse makes of them, rounded to float32. */
export interface NumberArray {
  readonly values: Float32Array;
  /** Bounds of the numbers before they were rounded: float32 can hold both. */
  readonly min: number;
  readonly max: number;
  /** Index of the first byte behind it. */
  readonly end: number;
}

/** A request without its numbers, which were read straight from the body's bytes. */
export interface PlainRequest {
  readonly numbers: NumberArray;
  readonly model_version?: string | undefined;
  readonly batch_size?: number | undefined;
  readonly model?: string | undefined;
  readonly top_k?: number | undefined;
}

const key = '"input_data"';
const commonHead = `{${key}:`;
/** Bytes beside the numbers; a request has no use for more. */
const maxRest = 1024;
/** A key written with escapes could be any key; other characters than ASCII are for a decoder to judge. */
const unusual = /\\|[^\t\n\r -~]/;

/**
 * Reads a body whose only large part is a plain array of numbers under `input_data`, about twice as fast as JSON.parse.
 * Undefined for everything else, be it faulty or only unusual: then the whole is parsed, and its faults are said.
 */
export function parsePlainRequest(
  bytes: Buffer,
  parser: NumberParser,
  maxNumbers = Infinity,
): PlainRequest | undefined {
  const at = bytes.subarray(0, maxRest).indexOf(key);
  if (at === -1) return undefined;
  const begin = arrayStart(bytes, at + key.length);
  if (begin > maxRest) return undefined;
  const numbers = parseNumberArray(bytes, begin, parser, maxNumbers);
  if (!numbers || bytes.length - numbers.end > maxRest) return undefined;
  const head = bytes.toString('latin1', 0, begin);
  const tail = bytes.toString('latin1', numbers.end);
  if (head === commonHead && tail === '}') return { numbers };
  if (unusual.test(head) || unusual.test(tail) || tail.includes('input_data')) return undefined;
  const rest = parsed(`${head}[0]${tail}`);
  if (!fitsPredictRequest(rest)) return undefined;
  const { model_version, batch_size, model, top_k } = rest;
  return { model_version, batch_size, model, top_k, numbers };
}

/** Most texts are smaller, and are read into memory that is there already. */
const smallText = 128 * 1024;
const largestText = 16 * 2 ** 20;
const scratch = new Float32Array(smallText / 2);
const found = new Float64Array(3);

/**
 * The array of numbers that opens at `begin` of a JSON text. Undefined for anything but at least one plain number, all
 * of which float32 can hold: JSON.parse knows what it is then. Undefined, too, before the addon is loaded, and for more
 * than `maxNumbers` in a text for which memory has to be made.
 */
export function parseNumberArray(
  bytes: Uint8Array,
  begin: number,
  parser: NumberParser,
  maxNumbers = Infinity,
): NumberArray | undefined {
  if (bytes.length > largestText) return undefined;
  // A number and its comma take two bytes at least.
  const out = bytes.length <= smallText ? scratch : new Float32Array(Math.min(bytes.length >> 1, maxNumbers));
  const count = parser.parseNumbers?.(bytes, begin, out, found) ?? 0;
  if (count === 0) return undefined;
  const [end, min, max] = found as unknown as readonly [number, number, number];
  return { values: copyFloats(out, count), end, min, max };
}

export const float32Max = 3.4028234663852886e38;

/** Whether float32 can hold numbers between these bounds. */
export function fitFloat32({ min, max }: Pick<NumberArray, 'min' | 'max'>): boolean {
  return min >= -float32Max && max <= float32Max;
}

/** Index of what follows the colon behind a key; of nothing that opens an array where there is none. */
function arrayStart(bytes: Buffer, behindKey: number): number {
  let at = skipBlank(bytes, behindKey);
  if (bytes[at] === 0x3a) at = skipBlank(bytes, at + 1);
  return at;
}

function skipBlank(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return at;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
