import { createHash } from 'node:crypto';
import type { BoundArguments } from '../signature/bind.js';
import { dtypeTable, type DType, type TensorData } from '../tensor/dtype.js';
import { realsOf, realTo } from '../tensor/reals.js';
import { pickTensorRows } from '../tensor/rows.js';
import { Tensor } from '../tensor/tensor.js';
import type { Value } from '../tensor/value.js';

/** A row that a model is asked about: alone, and among others. */
export interface Probe {
  /** What it is beside the first row of the example. */
  readonly kind: ProbeKind;
  /** Like what the model gets. Extreme rows may bring it to where float32 has no numbers left. */
  readonly isOrdinary: boolean;
  /** Arguments of one row. */
  readonly args: BoundArguments;
  /** The same with the example's integers and flags, where they differ: an index may be refused. */
  readonly calm?: BoundArguments;
}

export type Range = readonly [number, number];

/** Elements of one row as numbers, and what they may be. */
interface Given {
  readonly base: readonly number[];
  readonly other: readonly number[];
  /** The largest size of an element in the example; 1 where all are 0. */
  readonly scale: number;
  readonly min: number;
  readonly max: number;
  readonly isSigned: boolean;
}

const ordinary = ['first', 'second', 'spread'] as const;
const extreme = ['quiet', 'loud', 'negative', 'loudNegative', 'zero', 'quietest', 'loudest'] as const;
type ProbeKind = (typeof ordinary)[number] | (typeof extreme)[number] | 'example';

/** How much larger and smaller extreme rows are: a sound may be 120 dB below another. */
const factor = 1000;
/** Rows of the example that are probes of their own, beside the first two. */
const mostExamples = 2;

type Make = (given: Given) => readonly number[];

const nearZero = ({ min, max }: Given): number => Math.min(max, Math.max(min, 0));
const lively = (given: Given): readonly number[] => (given.base.some((x) => x !== 0) ? given.base : spread(given, 1));

/** Deterministic numbers over the range, or about as large as the example's. */
function spread({ base, scale, min, max, isSigned }: Given, seed: number): number[] {
  const high = Math.min(max, 1.5 * scale);
  const low = Math.max(min, isSigned ? -1.5 * scale : 0);
  return base.map((_, i) => low + (high - low) * share(i, seed));
}

/** Knuth's multiplicative hash: spread out over 0 to 1, no seed needed. */
function share(i: number, seed: number): number {
  return (((i + seed * 97) * 2654435761) % 2 ** 32) / 2 ** 32;
}

/** Within the range on the other side of zero, or of the middle where the range has no such numbers. */
function mirrored(given: Given, values: readonly number[]): readonly number[] {
  const { min, max } = given;
  const fits = values.every((x) => -x >= min && -x <= max);
  return values.map((x) => (fits || max - min === Infinity ? -x : min + max - x));
}

function scaled(given: Given, values: readonly number[], by: number): readonly number[] {
  const zero = nearZero(given);
  return values.map((x) => zero + (x - zero) * by);
}

const floats: Readonly<Record<Exclude<ProbeKind, 'example'>, Make>> = {
  first: ({ base }) => base,
  second: ({ other }) => other,
  spread: (given) => spread(given, 2),
  quiet: (given) => scaled(given, lively(given), 1 / factor),
  loud: (given) => scaled(given, lively(given), factor),
  negative: (given) => mirrored(given, lively(given)),
  loudNegative: (given) =>
    scaled(given, mirrored(given, given.other.some((x) => x !== 0) ? given.other : lively(given)), factor),
  zero: (given) => given.base.map(() => nearZero(given)),
  quietest: (given) => scaled(given, lively(given), 1 / factor ** 2),
  loudest: (given) => scaled(given, lively(given), factor ** 2),
};

const rotated = (values: readonly number[], by: number): readonly number[] => [
  ...values.slice(by),
  ...values.slice(0, by),
];
const chosen = ({ base, min, max }: Given, seed: number): readonly number[] =>
  base.map((_, i) => min + Math.floor(share(i, seed) * (max - min + 1)));

const integers: typeof floats = {
  first: ({ base }) => base,
  second: ({ other }) => other,
  spread: (given) => chosen(given, 2),
  quiet: ({ base, min }) => base.map(() => min),
  loud: ({ base, max }) => base.map(() => max),
  negative: ({ base, min, max }) => base.map((x) => min + max - x),
  loudNegative: (given) => chosen(given, 5),
  zero: ({ base }) => rotated(base, 1),
  quietest: (given) => chosen(given, 7),
  loudest: (given) => chosen(given, 9),
};

/**
 * Rows of other scale, sign and order than the example's, within the ranges and dtypes. The first is the example's first row.
 * Rows that are equal are one.
 * @param rangeOf the bounds that values of a tensor argument must keep, by its position
 */
export function probeRows(example: BoundArguments, rangeOf: (position: number) => Range | undefined): Probe[] {
  const tensors = example.map((value, position) =>
    value instanceof Tensor ? probesOf(value, rangeOf(position)) : undefined,
  );
  const make = (rowOf: (probes: TensorProbes) => Tensor): BoundArguments =>
    example.map((value, position): Value | undefined => {
      const probes = tensors[position];
      return probes ? rowOf(probes) : value;
    });
  const found: Probe[] = [];
  const seen = new Set<string>();
  const add = (kind: ProbeKind, args: BoundArguments, calm: BoundArguments): void => {
    const key = keyOf(args);
    if (seen.has(key)) return;
    seen.add(key);
    const isOrdinary = kind === 'example' || (ordinary as readonly string[]).includes(kind);
    found.push({ kind, isOrdinary, args, ...(keyOf(calm) !== key && { calm }) });
  };
  for (const kind of [...ordinary, ...extreme]) {
    add(
      kind,
      make((probes) => probes.rows[kind]),
      make((probes) => (probes.isFloat ? probes.rows : probes.calm)[kind]),
    );
  }
  const rows = example.find((value) => value instanceof Tensor)?.shape[0] ?? 0;
  for (let row = 2; row < Math.min(rows, 2 + mostExamples); ++row) {
    const args = example.map((value) => (value instanceof Tensor ? pickTensorRows(value, [row]) : value));
    add('example', args, args);
  }
  return found;
}

type Rows = Readonly<Record<Exclude<ProbeKind, 'example'>, Tensor>>;

interface TensorProbes {
  readonly isFloat: boolean;
  readonly rows: Rows;
  /** The base and the other row alone. */
  readonly calm: Rows;
}

function probesOf(tensor: Tensor, range: Range | undefined): TensorProbes {
  const { kind } = dtypeTable[tensor.dtype];
  const isFloat = kind === 'float';
  const first = pickTensorRows(tensor, [0]);
  const base = [...realsOf(first)];
  const [min, max] = boundsOf(tensor, range);
  const all = realsOf(tensor);
  let scale = 0;
  let isSigned = false;
  for (const x of all) {
    if (Number.isFinite(x)) scale = Math.max(scale, Math.abs(x));
    if (x < 0) isSigned = true;
  }
  const plain = { base, scale: scale || 1, min, max, isSigned };
  const given: Given = { ...plain, other: otherRow(tensor, { ...plain, other: base }, isFloat) };
  const clip = (x: number): number => Math.min(max, Math.max(min, x));
  // Numbers that JavaScript cannot hold exactly are only put into another order.
  const isExact = isFloat || all.every((x) => Number.isSafeInteger(x));
  const made = isFloat ? floats : integers;
  const row = (values: readonly number[]): Tensor => tensorOf(tensor.dtype, values, first.shape);
  const rows = Object.fromEntries(
    Object.entries(made).map(([name, make]) => [
      name,
      name === 'first' || !isExact ? first : row(name === 'second' ? given.other : make(given).map(clip)),
    ]),
  ) as Rows;
  const calm = Object.fromEntries(Object.keys(made).map((name) => [name, first])) as Rows;
  return { isFloat, rows, calm };
}

/** The first row that is another than the first; else the first in reverse; else (floats) numbers near it. */
function otherRow(tensor: Tensor, given: Given, isFloat: boolean): readonly number[] {
  const { base, min, max } = given;
  const isOther = (row: readonly number[]): boolean => row.some((x, i) => !Object.is(x, base[i]));
  for (let row = 1; row < Math.min(tensor.shape[0] ?? 0, 64); ++row) {
    const values = [...realsOf(pickTensorRows(tensor, [row]))];
    if (isOther(values)) return values;
  }
  const reversed = [...base].reverse();
  if (isOther(reversed)) return reversed;
  if (!isFloat) return chosen(given, 1);
  // Away from a bound where there is one, and by a share that grows along the row.
  return base.map((x, i) => {
    const step = Number.isFinite(max - min) ? (max - min) / 2 : given.scale;
    const moved = (step * (i + 1)) / base.length;
    return x + moved <= max ? x + moved : x - moved;
  });
}

/** Floats beyond this in size overflow in half precision as soon as they are added up. */
const largestHalf = 3e4;
const largestFloat = 1e30;

/**
 * What elements may be. Without a range integers stay between those of the example, for they may be indices; nothing makes
 * 0 of what has none, for it may be divided by.
 */
function boundsOf(tensor: Tensor, range: Range | undefined): Range {
  const { dtype, shape } = tensor;
  const { kind } = dtypeTable[dtype];
  if (kind === 'float') {
    const most = dtype === 'float16' ? largestHalf : largestFloat;
    return range ? [Math.max(range[0], -most), Math.min(range[1], most)] : [-most, most];
  }
  if (kind === 'bool') return [0, 1];
  if (range && Number.isSafeInteger(Math.ceil(range[0])) && Number.isSafeInteger(Math.floor(range[1]))) {
    return [Math.ceil(range[0]), Math.floor(range[1])];
  }
  let min = Infinity;
  let max = -Infinity;
  for (const x of realsOf(tensor)) {
    min = Math.min(min, x);
    max = Math.max(max, x);
  }
  if (min > max) return [0, 0];
  if (dtype === 'uint8') return [min === 0 ? 0 : 1, 255]; // pixels, most of the time
  const isMask = min === 1 && max === 1 && shape.length > 1;
  return [isMask ? 0 : Math.min(min, 1), max];
}

function tensorOf(dtype: DType, values: readonly number[], shape: readonly number[]): Tensor {
  const { array } = dtypeTable[dtype];
  const data = new array(values.length) as TensorData;
  const encode = realTo(dtype);
  for (let i = 0; i < data.length; ++i) data[i] = encode(values[i] as number);
  return new Tensor(dtype, data, shape);
}

/** Equal for equal rows: of the bytes of each tensor. */
function keyOf(args: BoundArguments): string {
  const hash = createHash('sha1');
  for (const value of args) if (value instanceof Tensor) hash.update(value.data);
  return hash.digest('base64');
}

/** The same row with its floats moved by a share of themselves, up and down in turn; undefined where there are none. */
export function nudged(args: BoundArguments, by: number): BoundArguments | undefined {
  return withFloats(args, (x, i) => x * (1 + (share(i, 3) < 0.5 ? by : -by)));
}

/** The same row with its floats multiplied, within the ranges; undefined where there are none but zeros. */
export function multiplied(
  args: BoundArguments,
  by: number,
  rangeOf: (position: number) => Range | undefined,
): BoundArguments | undefined {
  const found = withFloats(args, (x, _, position) => {
    const [min, max] = rangeOf(position) ?? [-Infinity, Infinity];
    return Math.min(max, Math.max(min, x * by));
  });
  return found && keyOf(found) !== keyOf(args) ? found : undefined;
}

function withFloats(
  args: BoundArguments,
  change: (x: number, i: number, position: number) => number,
): BoundArguments | undefined {
  let changed = false;
  const found = args.map((value, position): Value | undefined => {
    if (!(value instanceof Tensor) || dtypeTable[value.dtype].kind !== 'float') return value;
    changed = true;
    const values = [...realsOf(value)].map((x, i) => change(x, i, position));
    return tensorOf(value.dtype, values, value.shape);
  });
  return changed ? found : undefined;
}
