import { createHash } from 'node:crypto';
import type { BoundArguments } from '../signature/bind.js';
import { dtypeTable, type DType, type TensorData } from '../tensor/dtype.js';
import { Turns } from '../async/turns.js';
import { realsOf, realTo } from '../tensor/reals.js';
import { pickTensorRows } from '../tensor/rows.js';
import { spreadOut } from '../tensor/spread.js';
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

type Reals = ReturnType<typeof realsOf>;
/** Elements of a row, by their index. */
type Row = (i: number) => number;

/** A row of the example and what others may be made of. */
interface Given {
  readonly base: Reals;
  readonly other: Row;
  /** The base row, or numbers of about its scale where it is of zeros; and its least and greatest element. */
  readonly lively: Row;
  readonly extent: Range;
  /** The same of the other row. */
  readonly livelyOther: Row;
  readonly otherExtent: Range;
  /** Which input it is of: no two get the same numbers. */
  readonly stream: number;
  /** The largest size of an element in the example; 1 where all are 0. */
  readonly scale: number;
  readonly min: number;
  readonly max: number;
  readonly isSigned: boolean;
}

type Plain = Pick<Given, 'base' | 'stream' | 'scale' | 'min' | 'max' | 'isSigned'>;

const ordinary = ['first', 'second', 'spread'] as const;
/** Those that find the most first: of large rows only some are tried. */
const extreme = [
  ...['quiet', 'loud', 'negative', 'zero', 'loudNegative', 'loudest', 'peaky', 'quietest', 'flat', 'loudestNegative'],
] as const as readonly ExtremeKind[];
type ExtremeKind =
  | 'quiet'
  | 'loud'
  | 'negative'
  | 'loudNegative'
  | 'zero'
  | 'quietest'
  | 'loudest'
  | 'loudestNegative'
  | 'peaky'
  | 'flat';
type MadeKind = (typeof ordinary)[number] | ExtremeKind;
type ProbeKind = MadeKind | 'example' | 'crossed' | 'withZero' | 'notANumber';

/** How much larger and smaller extreme rows are: a sound may be 120 dB below another. */
const factor = 1000;
/** Rows of the example that are probes of their own, beside the first two. */
const mostExamples = 2;
/** Inputs that are loud among quiet ones, and quiet among loud ones. */
const mostCrossed = 4;
/** Elements of all probes together, but for the least number of probes. */
const mostElements = 16 * 2 ** 20;
const leastProbes = 4;

type Make = (given: Given) => Row;

const nearZero = ({ min, max }: Plain): number => Math.min(max, Math.max(min, 0));

/** Deterministic numbers over the range, or about as large as the example's. */
function spread({ scale, min, max, isSigned, stream }: Plain, seed: number): Row {
  const [low, high] = spreadExtent({ scale, min, max, isSigned });
  return (i) => low + (high - low) * spreadOut(i + seed * 97, stream);
}

function spreadExtent({ scale, min, max, isSigned }: Pick<Plain, 'scale' | 'min' | 'max' | 'isSigned'>): Range {
  return [Math.max(min, isSigned ? -1.5 * scale : 0), Math.min(max, 1.5 * scale)];
}

/** Within the range on the other side of zero, or of the middle where the range has no such numbers. */
function mirrored({ min, max }: Plain, row: Row, [low, high]: Range): Row {
  const fits = -high >= min && -low <= max;
  return fits ? (i) => -row(i) : (i) => min + max - row(i);
}

function scaled(given: Plain, row: Row, by: number): Row {
  const zero = nearZero(given);
  return (i) => zero + (row(i) - zero) * by;
}

const floats: Readonly<Record<MadeKind, Make>> = {
  first:
    ({ base }) =>
    (i) =>
      base[i] as number,
  second: ({ other }) => other,
  spread: (given) => spread(given, 2),
  quiet: (given) => scaled(given, given.lively, 1 / factor),
  loud: (given) => scaled(given, given.lively, factor),
  negative: (given) => mirrored(given, given.lively, given.extent),
  loudNegative: (given) => scaled(given, mirrored(given, given.livelyOther, given.otherExtent), factor),
  zero: (given) => () => nearZero(given),
  quietest: (given) => scaled(given, given.lively, 1 / factor ** 2),
  loudest: (given) => scaled(given, given.lively, factor ** 2),
  loudestNegative: (given) => scaled(given, mirrored(given, given.lively, given.extent), factor ** 2),
  // One element stands out.
  peaky: (given) => {
    const still = scaled(given, given.lively, 1 / factor ** 2);
    const at = Math.floor(given.base.length / 3);
    const size = 10 * given.scale;
    const peak = size <= given.max || given.max >= -given.min ? Math.min(size, given.max) : Math.max(-size, given.min);
    return (i) => (i === at ? peak : still(i));
  },
  // Nearly constant.
  flat: (given) => {
    const middle = Math.min(given.max, Math.max(given.min, given.scale / 2));
    return (i) => middle * (1 + 1e-3 * (spreadOut(i + 7, given.stream) - 0.5));
  },
};

const chosen = ({ min, max, stream }: Plain, seed: number): Row => {
  return (i) => min + Math.floor(spreadOut(i + seed * 97, stream) * (max - min + 1));
};

const integers: Readonly<Record<MadeKind, Make>> = {
  ...floats,
  spread: (given) => chosen(given, 2),
  quiet:
    ({ min }) =>
    () =>
      min,
  loud:
    ({ max }) =>
    () =>
      max,
  negative:
    ({ base, min, max }) =>
    (i) =>
      min + max - (base[i] as number),
  loudNegative: (given) => chosen(given, 5),
  zero:
    ({ base }) =>
    (i) =>
      base[(i + 1) % base.length] as number,
  quietest: (given) => chosen(given, 7),
  loudest: (given) => chosen(given, 9),
  loudestNegative: (given) => chosen(given, 11),
  peaky:
    ({ base, min, max }) =>
    (i) =>
      i === Math.floor(base.length / 3) ? max : min,
  flat:
    ({ base, min, max }) =>
    (i) =>
      i === Math.floor(base.length / 3) ? min : max,
};

export interface ProbeOptions {
  /** Integers may be 0 though the example has none: a division by 0 is refused, and ends no process. */
  readonly mayBeZero?: boolean;
}

/**
 * Rows of other scale, sign and order than the example's, within the ranges and dtypes. The first is the example's first row.
 * Rows that are equal are one. Of large rows there are fewer.
 * @param rangeOf the bounds that values of a tensor argument must keep, by its position
 */
export async function probeRows(
  example: BoundArguments,
  rangeOf: (position: number) => Range | undefined,
  { mayBeZero = false }: ProbeOptions = {},
): Promise<Probe[]> {
  const turns = new Turns();
  const makers: (TensorProbes | undefined)[] = [];
  let elements = 0;
  for (const [position, value] of example.entries()) {
    const isTensor = value instanceof Tensor;
    makers.push(isTensor ? await TensorProbes.of(value, rangeOf(position), position, turns) : undefined);
    if (isTensor) elements += value.data.length / Math.max(1, value.shape[0] ?? 1);
  }
  const most = Math.max(leastProbes, Math.floor(mostElements / Math.max(1, elements)));
  const tensors = makers.flatMap((maker, position) => (maker ? [position] : []));
  const make = async (rowOf: (probes: TensorProbes, position: number) => Promise<Tensor>): Promise<BoundArguments> => {
    const args: (Value | undefined)[] = [];
    for (const [position, value] of example.entries()) {
      const probes = makers[position];
      args.push(probes ? await rowOf(probes, position) : value);
    }
    return args;
  };
  const found: Probe[] = [];
  const seen = new Set<string>();
  const digests = new Map<Tensor, string>();
  const add = async (kind: ProbeKind, args: BoundArguments, calm: BoundArguments = args): Promise<void> => {
    const key = await keyOf(args, digests, turns);
    if (seen.has(key)) return;
    seen.add(key);
    const isOrdinary = kind === 'example' || (ordinary as readonly string[]).includes(kind);
    found.push({ kind, isOrdinary, args, ...((await keyOf(calm, digests, turns)) !== key && { calm }) });
  };
  const addMade = async (kind: ProbeKind, kindOf: (position: number) => MadeKind): Promise<void> => {
    if (found.length >= most) return;
    await add(
      kind,
      await make((probes, position) => probes.row(kindOf(position))),
      await make((probes, position) => probes.row(probes.isFloat ? kindOf(position) : 'first')),
    );
  };
  const addExtremes = async (kinds: readonly MadeKind[]): Promise<void> => {
    for (const kind of kinds) await addMade(kind, () => kind);
  };
  await addExtremes([...ordinary, ...extreme.slice(0, 2)]);
  // What is made of several inputs, as a ratio is, stays as it was where all are scaled alike.
  for (const own of tensors.length > 1 ? tensors.slice(0, mostCrossed) : []) {
    await addMade('crossed', (position) => (position === own ? 'loud' : 'quiet'));
    await addMade('crossed', (position) => (position === own ? 'quiet' : 'loud'));
  }
  await addExtremes(extreme.slice(2));
  const rows = example.find((value) => value instanceof Tensor)?.shape[0] ?? 0;
  for (let row = 2; row < Math.min(rows, 2 + mostExamples); ++row) {
    if (found.length >= most) break;
    await add(
      'example',
      example.map((value) => (value instanceof Tensor ? pickTensorRows(value, [row]) : value)),
    );
  }
  if (mayBeZero && makers.some((probes) => probes?.lacksZero) && found.length < most) {
    await add('withZero', await make((probes) => (probes.lacksZero ? probes.withZero() : probes.row('first'))));
  }
  if (makers.some((probes) => probes?.mayBeNaN)) {
    await add('notANumber', await make((probes) => (probes.mayBeNaN ? probes.notANumber() : probes.row('first'))));
  }
  return found;
}

/** The rows of one tensor argument, each made once it is asked for. */
class TensorProbes {
  readonly isFloat: boolean;
  readonly #dtype: DType;
  readonly #first: Tensor;
  readonly #given: Given;
  readonly #isExact: boolean;
  readonly #isOpen: boolean;
  readonly #turns: Turns;
  readonly #made = new Map<MadeKind, Tensor>();

  private constructor(dtype: DType, first: Tensor, given: Given, isExact: boolean, isOpen: boolean, turns: Turns) {
    this.isFloat = dtypeTable[dtype].kind === 'float';
    this.#dtype = dtype;
    this.#first = first;
    this.#given = given;
    this.#isExact = isExact;
    this.#isOpen = isOpen;
    this.#turns = turns;
  }

  static async of(tensor: Tensor, range: Range | undefined, stream: number, turns: Turns): Promise<TensorProbes> {
    const { dtype } = tensor;
    const isFloat = dtypeTable[dtype].kind === 'float';
    const first = pickTensorRows(tensor, [0]);
    const base = realsOf(first);
    const all = tensor.shape[0] === 1 ? base : realsOf(tensor);
    let scale = 0;
    let isSigned = false;
    let isExact = true;
    for (let i = 0; i < all.length; ++i) {
      const x = all[i] as number;
      const size = Math.abs(x);
      if (size > scale && size !== Infinity) scale = size;
      if (x < 0) isSigned = true;
      if (!Number.isSafeInteger(x)) isExact = false;
      if (i % piece === piece - 1 && turns.isDue(piece * costOfElement)) await turns.pause();
    }
    const [min, max] = boundsOf(tensor, range, all);
    const plain: Plain = { base, stream, scale: scale || 1, min, max, isSigned };
    const other = otherRow(tensor, plain, isFloat);
    const ofRow = (row: Row): { row: Row; extent: Range } => {
      let low = Infinity;
      let high = -Infinity;
      for (let i = 0; i < base.length; ++i) {
        const x = row(i);
        if (x < low) low = x;
        if (x > high) high = x;
      }
      if (low !== 0 || high !== 0) return { row, extent: [low, high] };
      return { row: spread(plain, 1), extent: spreadExtent(plain) };
    };
    const own = ofRow((i) => base[i] as number);
    if (turns.isDue(base.length * costOfElement)) await turns.pause();
    const others = ofRow(other);
    if (turns.isDue(base.length * costOfElement)) await turns.pause();
    const given: Given = {
      ...plain,
      other,
      lively: own.row,
      extent: own.extent,
      livelyOther: others.row,
      otherExtent: others.extent,
    };
    // Numbers that JavaScript cannot hold exactly are only put into another order.
    return new TensorProbes(dtype, first, given, isFloat || isExact, isFloat && range === undefined, turns);
  }

  /** Integers above 0 alone, among which an index of 0 would be another. */
  get lacksZero(): boolean {
    return !this.isFloat && this.#isExact && this.#given.min === 1 && this.#given.base.length > 0;
  }

  /** Floats that nobody set bounds for. */
  get mayBeNaN(): boolean {
    return this.#isOpen && this.#given.base.length > 0;
  }

  async row(kind: MadeKind): Promise<Tensor> {
    if (kind === 'first' || !this.#isExact) return this.#first;
    const made = this.#made.get(kind) ?? (await this.#fill((this.isFloat ? floats : integers)[kind](this.#given)));
    this.#made.set(kind, made);
    return made;
  }

  async withZero(): Promise<Tensor> {
    const { base } = this.#given;
    return this.#fill((i) => (i === base.length - 1 ? 0 : (base[i] as number)), [0, Infinity]);
  }

  async notANumber(): Promise<Tensor> {
    return this.#fill(() => NaN);
  }

  async #fill(row: Row, [min, max]: Range = [this.#given.min, this.#given.max]): Promise<Tensor> {
    const { array } = dtypeTable[this.#dtype];
    const data = new array(this.#first.data.length) as TensorData;
    const encode = realTo(this.#dtype);
    for (let from = 0; from < data.length; from += piece) {
      const to = Math.min(data.length, from + piece);
      for (let i = from; i < to; ++i) data[i] = encode(Math.min(max, Math.max(min, row(i))));
      if (this.#turns.isDue((to - from) * costOfElement)) await this.#turns.pause();
    }
    return new Tensor(this.#dtype, data, this.#first.shape);
  }
}

/** Elements between two looks at the turn. */
const piece = 16 * 1024;
/** What an element counts for in a turn: making it takes as long as copying some bytes. */
const costOfElement = 4;

/** The first row that is another than the first; else the first in reverse; else (floats) numbers near it. */
function otherRow(tensor: Tensor, given: Plain, isFloat: boolean): Row {
  const { base, min, max, scale } = given;
  const width = base.length;
  const isOther = (row: Row): boolean => {
    for (let i = 0; i < width; ++i) if (!Object.is(row(i), base[i])) return true;
    return false;
  };
  for (let row = 1; row < Math.min(tensor.shape[0] ?? 0, 64); ++row) {
    const values = realsOf(pickTensorRows(tensor, [row]));
    const at: Row = (i) => values[i] as number;
    if (isOther(at)) return at;
  }
  const reversed: Row = (i) => base[width - 1 - i] as number;
  if (isOther(reversed)) return reversed;
  if (!isFloat) return chosen(given, 1);
  // Away from a bound where there is one, and by a share that grows along the row.
  const step = Number.isFinite(max - min) ? (max - min) / 2 : scale;
  return (i) => {
    const x = base[i] as number;
    const moved = (step * (i + 1)) / width;
    return x + moved <= max ? x + moved : x - moved;
  };
}

/** Floats beyond this in size overflow in half precision as soon as they are added up. */
const largestHalf = 3e4;
const largestFloat = 1e30;

/**
 * What elements may be. Without a range integers stay between those of the example, for they may be indices; nothing makes
 * 0 of what has none, for it may be divided by.
 */
function boundsOf(tensor: Tensor, range: Range | undefined, reals: Reals): Range {
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
  for (const x of reals) {
    min = Math.min(min, x);
    max = Math.max(max, x);
  }
  if (min > max) return [0, 0];
  if (dtype === 'uint8') return [min === 0 ? 0 : 1, 255]; // pixels, most of the time
  if (dtype === 'int8') return [-128, 127];
  if (dtype === 'int16') return [-32768, 32767]; // sound, most of the time; neither is an index
  const isMask = min === 1 && max === 1 && shape.length > 1;
  return [isMask ? 0 : Math.min(min, 1), max];
}

/** Equal for equal rows: of the bytes of each tensor. */
async function keyOf(args: BoundArguments, digests: Map<Tensor, string>, turns: Turns): Promise<string> {
  let key = '';
  for (const value of args) {
    if (!(value instanceof Tensor)) continue;
    let digest = digests.get(value);
    if (digest === undefined) {
      const hash = createHash('sha1');
      const { buffer, byteOffset, byteLength } = value.data;
      for (let from = 0; from < byteLength; from += bytesOfPiece) {
        const size = Math.min(bytesOfPiece, byteLength - from);
        hash.update(new Uint8Array(buffer, byteOffset + from, size));
        if (turns.isDue(size)) await turns.pause();
      }
      digest = hash.digest('base64');
      digests.set(value, digest);
    }
    key += digest;
  }
  return key;
}

const bytesOfPiece = 256 * 1024;

/** The same row with its floats moved by a share of themselves, up and down in turn; undefined where there are none. */
export function nudged(args: BoundArguments, by: number): BoundArguments | undefined {
  return withFloats(args, (x, i) => x * (1 + (spreadOut(i + 3 * 97) < 0.5 ? by : -by)));
}

/** The same row with its floats multiplied, within the ranges; undefined where there are none but zeros. */
export function multiplied(
  args: BoundArguments,
  by: number,
  rangeOf: (position: number) => Range | undefined,
): BoundArguments | undefined {
  let moved = false;
  const found = withFloats(args, (x, _, position) => {
    const [min, max] = rangeOf(position) ?? [-Infinity, Infinity];
    const y = Math.min(max, Math.max(min, x * by));
    if (x !== y) moved = true;
    return y;
  });
  return moved ? found : undefined;
}

function withFloats(
  args: BoundArguments,
  change: (x: number, i: number, position: number) => number,
): BoundArguments | undefined {
  let changed = false;
  const found = args.map((value, position): Value | undefined => {
    if (!(value instanceof Tensor) || dtypeTable[value.dtype].kind !== 'float') return value;
    changed = true;
    const reals = realsOf(value);
    const data = new dtypeTable[value.dtype].array(reals.length) as TensorData;
    const encode = realTo(value.dtype);
    for (let i = 0; i < reals.length; ++i) data[i] = encode(change(reals[i] as number, i, position));
    return new Tensor(value.dtype, data, value.shape);
  });
  return changed ? found : undefined;
}
