/** THE TABLE of what is watched of a tensor's rows: by its dtype and shape, the first row that fits. */
import type { TensorSpec } from '../../signature/spec.js';
import { dtypeTable, type DType } from '../../tensor/dtype.js';
import { elementsOf, type Elements } from './elements.js';
import { mostElements, placesOf, summarize, summaryFeatures } from './summary.js';
import type { Tensor } from '../../tensor/tensor.js';

/** A tensor as the readers need it. */
export interface Rows {
  readonly elements: Elements;
  readonly shape: readonly number[];
  /** Elements of a row. */
  readonly size: number;
}

/** What is watched of one tensor, and how a row of it is read. */
export interface RowsReader {
  /** Names of the features, of which each is the tensor's own name and what comes behind it. */
  readonly suffixes: readonly string[];
  /** The features are elements that stand by themselves: few whole numbers among them may be kinds. */
  readonly isSingle: boolean;
  /** Writes the features of a row from `at` on. */
  read(rows: Rows, row: number, out: Float64Array, at: number): void;
}

type Spec = Pick<TensorSpec, 'dtype' | 'shape' | 'labels'>;

interface ReaderRow {
  readonly fits: (dtype: DType, shape: readonly (number | null)[]) => boolean;
  readonly make: (dtype: DType, shape: readonly (number | null)[], labels: readonly string[] | undefined) => RowsReader;
}

/** Inputs of at most so many elements in a row are watched element by element. */
export const mostSingle = 64;

/** Elements of a row as far as the signature says them. */
function elementsIn(shape: readonly (number | null)[]): number | null {
  return shape
    .slice(1)
    .reduce<number | null>((product, size) => (product === null || size === null ? null : product * size), 1);
}

const isFew = (shape: readonly (number | null)[], most = mostSingle): boolean => {
  const elements = elementsIn(shape);
  return elements !== null && elements >= 1 && elements <= most;
};

const isChannels = (size: number | null | undefined): boolean => size === 1 || size === 3 || size === 4;
const channelsFirst = (shape: readonly (number | null)[]): boolean => shape.length === 4 && isChannels(shape[1]);
const channelsLast = (shape: readonly (number | null)[]): boolean => shape.length === 4 && isChannels(shape[3]);
/** Bytes and bools are pictures and masks. */
const isIds = (dtype: DType): boolean => dtypeTable[dtype].kind === 'int' && dtypeTable[dtype].bytes > 1;

const table: readonly ReaderRow[] = [
  { fits: (_, shape) => isFew(shape), make: (_, shape, labels) => new Singles(shape, labels) },
  { fits: (_, shape) => channelsFirst(shape), make: (_, shape) => new Channels(shape, shape[1] as number, true) },
  { fits: (_, shape) => channelsLast(shape), make: (_, shape) => new Channels(shape, shape[3] as number, false) },
  { fits: (dtype, shape) => isIds(dtype) && shape.length === 2, make: () => new Tokens() },
  { fits: () => true, make: (_, shape) => new Channels(shape, 1, true) },
];

/** How rows of a tensor are read. @param spec of a tensor with at least one dimension */
export function readerOf({ dtype, shape, labels }: Spec): RowsReader {
  const [known, sizes] = [dtype as DType, shape as readonly (number | null)[]];
  return (table.find(({ fits }) => fits(known, sizes)) as ReaderRow).make(known, sizes, labels);
}

/** What a reader takes; undefined for a tensor without rows, or one whose memory is gone. */
export function rowsOf(tensor: Tensor, rows: number): Rows | undefined {
  const { shape, data } = tensor;
  if (shape.length === 0 || shape[0] !== rows || rows === 0 || data.length === 0) return undefined;
  return { elements: elementsOf(tensor), shape, size: data.length / rows };
}

/** Each element by itself. */
class Singles implements RowsReader {
  readonly suffixes: readonly string[];
  readonly isSingle = true;

  constructor(shape: readonly (number | null)[], labels: readonly string[] | undefined) {
    const [, ...sizes] = shape as readonly number[];
    const count = sizes.reduce((product, size) => product * size, 1);
    const isNamed = sizes.length === 1 && labels?.length === count;
    this.suffixes = Array.from({ length: count }, (_, i) => {
      if (sizes.length === 0) return '';
      return `[${isNamed ? labels[i] : placeOf(i, sizes)}]`;
    });
  }

  read({ elements: { data, get }, size }: Rows, row: number, out: Float64Array, at: number): void {
    const from = row * size;
    for (let i = 0; i < this.suffixes.length; ++i) out[at + i] = i < size ? get(data, from + i) : NaN;
  }
}

/** `3`, or `1,2` where a row has several dimensions. */
function placeOf(index: number, sizes: readonly number[]): string {
  let rest = index;
  return sizes
    .toReversed()
    .map((size) => {
      const place = rest % size;
      rest = Math.floor(rest / size);
      return place;
    })
    .reverse()
    .join(',');
}

const gathered = new Float64Array(mostElements);

/** A summary of each channel; of a row without channels, of all of it. And the sizes that a row is free to have. */
class Channels implements RowsReader {
  readonly suffixes: readonly string[];
  readonly isSingle = false;
  readonly #channels: number;
  readonly #isFirst: boolean;
  /** Axes whose size each call chooses. */
  readonly #free: readonly number[];
  /** Places of the elements that are looked at, for the number of elements that the last row had. */
  #places: Uint32Array | undefined;
  #placesFor = -1;

  constructor(shape: readonly (number | null)[], channels: number, isFirst: boolean) {
    this.#channels = channels;
    this.#isFirst = isFirst;
    this.#free = shape.flatMap((size, axis) => (axis > 0 && size === null ? [axis] : []));
    this.suffixes = [
      ...Array.from({ length: channels }, (_, channel) =>
        summaryFeatures.map((name) => `${channels === 1 ? '' : `[${channel}]`}.${name}`),
      ).flat(),
      ...this.#free.map((axis) => `.size[${axis}]`),
    ];
  }

  read({ elements, shape, size }: Rows, row: number, out: Float64Array, at: number): void {
    const channels = this.#channels;
    const count = Math.floor(size / channels);
    for (let channel = 0; channel < channels; ++channel) {
      const from = row * size + (this.#isFirst ? channel * count : channel);
      const step = this.#isFirst ? 1 : channels;
      this.#channel(elements, from, step, count, out, at + channel * summaryFeatures.length);
    }
    const sizes = at + channels * summaryFeatures.length;
    for (let i = 0; i < this.#free.length; ++i) out[sizes + i] = shape[this.#free[i] as number] ?? NaN;
  }

  #channel(elements: Elements, from: number, step: number, count: number, out: Float64Array, at: number): void {
    const { data, get, plain } = elements;
    if (plain && step === 1 && count <= mostElements) {
      summarize(plain, from, count, out, at);
      return;
    }
    if (this.#placesFor !== count) {
      this.#places = placesOf(count);
      this.#placesFor = count;
    }
    const places = this.#places;
    const taken = places?.length ?? count;
    for (let i = 0; i < taken; ++i) gathered[i] = get(data, from + (places ? (places[i] as number) : i) * step);
    summarize(gathered, 0, taken, out, at);
  }
}

/** Ids are told apart in so many groups. */
const groups = 4096;
const seen = new Uint8Array(groups);
/** Of a longer row, its first ids. */
const mostIds = 4096;

/** Ids of tokens. No id is counted by itself: what is watched is how a text is made. */
class Tokens implements RowsReader {
  readonly suffixes = [
    /** Ids without padding: the equal ids at the end of a row, or else at its beginning. */
    '.length',
    /** Mean square root of the ids. Most vocabularies are ordered by how frequent a token is. */
    '.rarity',
    /** Share of the ids that occur there for the first time. */
    '.distinct',
  ];
  readonly isSingle = false;

  read({ elements: { data, get }, size }: Rows, row: number, out: Float64Array, at: number): void {
    const from = row * size;
    const end = size - runAt(size, (i) => get(data, from + size - 1 - i));
    const start = end === size ? runAt(size, (i) => get(data, from + i)) : 0;
    const length = end - start;
    const looked = Math.min(length, mostIds);
    let roots = 0;
    let distinct = 0;
    seen.fill(0);
    for (let i = start; i < start + looked; ++i) {
      const id = get(data, from + i);
      roots += Math.sqrt(Math.max(0, id));
      const group = Math.abs(id) % groups;
      if (seen[group] === 0) {
        seen[group] = 1;
        ++distinct;
      }
    }
    out[at] = length;
    out[at + 1] = looked > 0 ? roots / looked : NaN;
    out[at + 2] = looked > 0 ? distinct / looked : NaN;
  }
}

/** How many equal ids a row begins with, where they are padding: two or more. */
function runAt(size: number, id: (i: number) => number): number {
  if (size === 0) return 0;
  const first = id(0);
  let run = 1;
  while (run < size && id(run) === first) ++run;
  return run > 1 ? run : 0;
}
