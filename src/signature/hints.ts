/** What to do about the commonest mistakes in a tensor, where its specification proves them. In the words of every protocol. */
import { dtypeTable, type DType } from '../tensor/dtype.js';
import { fitsSpec, formatShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { TensorSpec } from './spec.js';

type Shape = readonly number[];

/** Another shape of the same elements: undefined for ranks that it says nothing about. */
interface Remedy {
  readonly shape: (given: Shape) => Shape | undefined;
  readonly hint: (meant: string) => string;
}

const batched = (shape: Shape): Shape => [1, ...shape];
const lastFirst = ([n, h, w, c]: Shape): Shape => [n, c, h, w] as Shape;
const firstLast = ([n, c, h, w]: Shape): Shape => [n, h, w, c] as Shape;

/** THE TABLE; the first whose shape is one that the specification allows is taken. */
const remedies: readonly Remedy[] = [
  {
    shape: batched,
    hint: (meant) => `the batch dimension is missing: give one example as ${meant}`,
  },
  {
    shape: (given) => (given[0] === 1 && given.length > 1 ? given.slice(1) : undefined),
    hint: (meant) => `the model takes no batch dimension: give one example as ${meant}`,
  },
  {
    shape: (given) => (given.length === 4 ? lastFirst(given) : undefined),
    hint: (meant) => `the channels come last (NHWC), and the model takes them first (NCHW): transpose to ${meant}`,
  },
  {
    shape: (given) => (given.length === 4 ? firstLast(given) : undefined),
    hint: (meant) => `the channels come first (NCHW), and the model takes them last (NHWC): transpose to ${meant}`,
  },
  {
    shape: (given) => (given.length === 3 ? lastFirst(batched(given)) : undefined),
    hint: (meant) =>
      `the channels come last (HWC) and the batch dimension is missing: transpose to ${meant}, which has the channels first`,
  },
];

/** Of a shape that the specification does not allow. */
export function shapeHint(spec: TensorSpec, given: Shape): string | undefined {
  for (const { shape, hint } of remedies) {
    const meant = shape(given);
    if (meant && fitsSpec(meant, spec)) return hint(formatShape(meant));
  }
  return undefined;
}

/** Of a dtype that is not the specification's. */
export function dtypeHint(wanted: DType, given: DType): string | undefined {
  const [to, from] = [dtypeTable[wanted].kind, dtypeTable[given].kind];
  if (to === 'int' && from === 'float') {
    return `the model takes integers (ids, say), and numbers are float32 unless told otherwise: Tensor.from(ids, '${wanted}')`;
  }
  if (to === 'float' && from === 'int') {
    return `the model takes real numbers, and integers were given: Tensor.from(values, '${wanted}')`;
  }
  if (wanted === 'float32' && given === 'float64') return 'a Float64Array gives float64: make it a Float32Array';
  return undefined;
}

/** Of rows of fewer elements nobody says that they are pictures. 8 × 8 is the smallest that is met. */
const fewestPixels = 64;
/** Greatest value of a byte, as pixels are stored. */
const mostOfByte = 255;

/** One of them is above this, unless a picture is all but black; counts and classes seldom are. */
const mostOfCounts = 16;
/** Looked at, spread over all: a large body must not hold the event loop. */
const mostLookedAt = 4096;

/**
 * Of elements outside of a range: whole numbers from 0 to 255 where numbers around 0 to 1 are wanted are pixels, if some are
 * large and the shape is that of pictures. Says no value.
 * @param valueOf the element at a place
 */
export function rangeHint(
  [min, max]: readonly [number, number],
  { shape, data: { length } }: Pick<Tensor, 'shape' | 'data'>,
  valueOf: (element: number) => number | bigint,
): string | undefined {
  if (min < -1 || min > 0 || max !== 1 || (shape.length < 3 && length < fewestPixels)) return undefined;
  let step = Math.ceil(length / mostLookedAt);
  while (step > 1 && (step % 2 === 0 || step % 3 === 0)) step += 1; // else one channel of three might be all that is met
  let greatest = 0;
  for (let element = 0; element < length; element += step) {
    const value = Number(valueOf(element));
    if (!Number.isInteger(value) || value < 0 || value > mostOfByte) return undefined;
    if (value > greatest) greatest = value;
  }
  if (greatest <= mostOfCounts) return undefined;
  const how = min === 0 ? 'divide by 255' : 'divide by 127.5 and take 1 away';
  return `the elements are whole numbers from 0 to 255, as pixels are, and the model takes ${min} to 1: ${how}`;
}
