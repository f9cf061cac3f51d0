import { torchError, type TorchError } from '../../errors.js';
import { allocate, dtypeTable, type DType, type TensorData } from '../../tensor/dtype.js';
import { encodeBFloat16, encodeFloat16 } from '../../tensor/float16.js';
import { formatShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { bytesOf, datatypeTable, type Datatype } from '../datatype.js';
import type { TensorContent } from '../messages.js';
import { readInteger, readNumber } from './numbers.js';
import { parseData } from './parsed-data.js';
import { invalid, JsonReader } from './reader.js';
import { limits } from './limits.js';

/** Reads numbers natively: the host, which knows the addon. Without it every text is left to JSON.parse. */
export interface NumberParser {
  /** As `ModelHost` has it. */
  parseNumbers?(bytes: Uint8Array, begin: number, out: Float32Array, found: Float64Array): number;
}

/** What data is to become. */
export interface DataSpec {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** The product of the shape. */
  readonly elements: number;
  /** Names the tensor in errors: `input x`. */
  readonly where: string;
  readonly parser?: NumberParser | undefined;
  /** Takes what other servers write where the protocol has no word: `null` for NaN, 0 and 1 for booleans. */
  readonly isLenient?: boolean | undefined;
}

const openArray = 0x5b;
const closeArray = 0x5d;
const comma = 0x2c;

/**
 * The tensor whose elements stand here in an array, flat or nested as the shape is. Nothing is rounded, wrapped or cast but
 * decimals to the nearest float.
 * @throws ERR_MALFORMED_JSON; ERR_BAD_REQUEST for no array and an element of another kind; ERR_INVALID_SHAPE for another
 * number of elements; ERR_OUT_OF_RANGE for what the datatype cannot hold
 */
export function readData(reader: JsonReader, spec: DataSpec): TensorContent {
  const { datatype, shape, elements, where } = spec;
  if (reader.bytes[reader.at] !== openArray) throw reader.mismatch(`data of ${where}`, 'an array');
  // Each element is a byte at least: memory is asked for what can be there.
  if (elements > reader.bytes.length - reader.at) throw wrongCount(spec);
  const { dtype } = datatypeTable[datatype];
  if (dtype === undefined) {
    if (elements > limits.strings) throw invalid(`Expected at most ${limits.strings} strings in ${where}`);
    const data: string[] = [];
    new DataReader(reader, spec, (count) => readStrings(reader, spec, data, count)).read();
    return { shape, data };
  }
  const plain = readPlain(reader, spec, dtype);
  if (plain) return new Tensor('float32', plain, shape);
  const isFloat = dtypeTable[dtype].kind === 'float';
  const parsed = isFloat ? parseData(reader, spec, dtype, plainFloat(dtype)) : undefined;
  if (parsed) return new Tensor<DType>(dtype, parsed, shape);
  const data = allocate(dtype, elements);
  new DataReader(reader, spec, rowReader(reader, spec, dtype, data)).read();
  return new Tensor<DType>(dtype, data, shape);
}

const found = new Float64Array(3);
/** Fewer are read faster without a call of the addon. */
const nativeFrom = 32;

/** A flat array of plain numbers, read natively; undefined for anything else. */
function readPlain(reader: JsonReader, { parser, elements }: DataSpec, dtype: DType): Float32Array | undefined {
  if (dtype !== 'float32' || elements < nativeFrom || !parser?.parseNumbers) return undefined;
  const next = reader.bytes[reader.at + 1];
  if (next === openArray) return undefined;
  const out = new Float32Array(elements);
  if (parser.parseNumbers(reader.bytes, reader.at, out, found) !== elements) return undefined;
  reader.at = found[0] as number;
  return out;
}

/** Reads so many elements, with the commas between them. */
type Row = (count: number, from: number) => void;

class DataReader {
  #next = 0;

  constructor(
    readonly reader: JsonReader,
    readonly spec: DataSpec,
    readonly row: Row,
  ) {}

  read(): void {
    const { reader, spec } = this;
    const { shape, elements } = spec;
    const start = reader.at;
    reader.take(openArray);
    const isNested = shape.length > 1 && reader.bytes[reader.at] === openArray;
    reader.at = start;
    if (isNested) this.level(0);
    else this.line(elements);
  }

  private level(axis: number): void {
    const { reader, spec } = this;
    const { shape } = spec;
    const size = shape[axis] as number;
    if (axis === shape.length - 1) {
      this.line(size);
      return;
    }
    if (!reader.take(openArray)) throw this.otherNesting();
    for (let i = 0; i < size; i++) {
      if (i > 0 && !reader.take(comma)) throw this.otherCount();
      this.level(axis + 1);
      reader.blank();
    }
    if (!this.close()) throw this.otherCount();
  }

  private line(count: number): void {
    const { reader } = this;
    if (!reader.take(openArray)) throw this.otherNesting();
    this.row(count, this.#next);
    this.#next += count;
    if (!this.close()) throw count === 0 ? this.otherNesting() : this.otherCount();
  }

  /** Takes the bracket, and leaves what is behind it. */
  private close(): boolean {
    const { reader } = this;
    if (reader.bytes[reader.at] !== closeArray) return false;
    reader.at++;
    return true;
  }

  private otherNesting(): TorchError {
    return this.reader.kind() === undefined ? this.reader.fault() : wrongCount(this.spec);
  }

  private otherCount(): TorchError {
    const byte = this.reader.bytes[this.reader.at];
    return byte === comma || byte === closeArray ? wrongCount(this.spec) : this.reader.fault();
  }
}

function wrongCount({ where, shape, elements }: DataSpec): TorchError {
  const nested = shape.length > 1 ? `, flat or nested as ${formatShape(shape)} is` : '';
  return torchError(
    'ERR_INVALID_SHAPE',
    `Expected ${elements} elements in the data of ${where} for shape ${formatShape(shape)}${nested}`,
  );
}

/** Between two elements. @throws ERR_INVALID_SHAPE when there are no more */
function between(reader: JsonReader, spec: DataSpec): void {
  const { bytes } = reader;
  if (bytes[reader.at] !== comma) {
    reader.blank();
    if (bytes[reader.at] === closeArray) throw wrongCount(spec);
    if (bytes[reader.at] !== comma) throw reader.fault();
  }
  reader.at++;
  if ((bytes[reader.at] as number) <= 0x20) reader.blank();
}

function readStrings(reader: JsonReader, spec: DataSpec, data: string[], count: number): void {
  for (let i = 0; i < count; i++) {
    if (i > 0) between(reader, spec);
    else if (reader.bytes[reader.at] === closeArray) throw wrongCount(spec);
    data.push(reader.longString(`element ${data.length} of ${spec.where}`));
  }
  if (count > 0) reader.blank();
}

/** Writes elements from a place on. */
function rowReader(reader: JsonReader, spec: DataSpec, dtype: DType, data: TensorData): Row {
  const element = elementReader(reader, spec, dtype);
  return (count, from) => {
    for (let i = 0; i < count; i++) {
      if (i > 0) between(reader, spec);
      else if (reader.bytes[reader.at] === closeArray) throw wrongCount(spec);
      data[from + i] = element(from + i);
    }
    if (count > 0) reader.blank();
  };
}

type ElementReader = (index: number) => number | bigint;

function elementReader(reader: JsonReader, spec: DataSpec, dtype: DType): ElementReader {
  const { kind, min, max } = dtypeTable[dtype];
  const where = (index: number) => `element ${index} of ${spec.where}`;
  if (kind === 'bool') return (index) => readFlag(reader, where(index), spec.isLenient);
  if (kind === 'float') {
    const encode = floatEncoder(dtype);
    return (index) => {
      const byte = reader.bytes[reader.at] as number;
      if (byte > 0x39 || (byte === 0x2d && reader.bytes[reader.at + 1] === 0x49))
        return encode(readWord(reader, spec, index));
      if (byte < 0x2d || byte === 0x2e || byte === 0x2f) throw reader.mismatch(where(index), 'a number');
      const value = readNumber(reader);
      const encoded = encode(value);
      if (isInfinite(dtype, encoded)) throw outOfRange(spec, where(index));
      return encoded;
    };
  }
  const isWide = bytesOf(spec.datatype) === 8;
  const least = Number(min);
  const most = Number(max);
  return (index) => {
    const value = readInteger(reader, () => where(index));
    if (isWide) {
      const exact = BigInt(value);
      if (exact < (min as bigint) || exact > (max as bigint)) throw outOfRange(spec, where(index));
      return exact;
    }
    if (value < least || value > most) throw outOfRange(spec, where(index));
    return Number(value);
  };
}

/** How a float that JSON.parse has read becomes an element. Undefined for what is to be refused. */
function plainFloat(dtype: DType): (value: unknown) => number | undefined {
  const encode = floatEncoder(dtype);
  return (value) => {
    if (typeof value !== 'number') return undefined;
    const encoded = encode(value);
    return isInfinite(dtype, encoded) ? undefined : encoded;
  };
}

function floatEncoder(dtype: DType): (value: number) => number {
  if (dtype === 'float16') return encodeFloat16;
  if (dtype === 'bfloat16') return encodeBFloat16;
  return dtype === 'float32' ? Math.fround : Number;
}

/** Whether a finite number has become infinite. */
function isInfinite(dtype: DType, encoded: number): boolean {
  if (dtype === 'float16') return (encoded & 0x7fff) === 0x7c00;
  if (dtype === 'bfloat16') return (encoded & 0x7fff) === 0x7f80;
  return encoded === Infinity || encoded === -Infinity;
}

/** `NaN`, `Infinity` or `-Infinity`: RFC 8259 has no such words, but Python, Triton and its clients write them. */
function readWord(reader: JsonReader, spec: DataSpec, index: number): number {
  const { bytes, at } = reader;
  for (const word of words) {
    if (bytes.toString('latin1', at, at + word.length) !== word) continue;
    reader.at = at + word.length;
    return Number(word);
  }
  if (spec.isLenient && reader.takeNull()) return NaN;
  throw reader.mismatch(`element ${index} of ${spec.where}`, 'a number, NaN, Infinity or -Infinity');
}

const words = ['NaN', 'Infinity', '-Infinity'] as const;

function readFlag(reader: JsonReader, where: string, isLenient = false): 0 | 1 {
  const { bytes, at } = reader;
  if (bytes.toString('latin1', at, at + 4) === 'true') {
    reader.at = at + 4;
    return 1;
  }
  if (bytes.toString('latin1', at, at + 5) === 'false') {
    reader.at = at + 5;
    return 0;
  }
  if (isLenient && (bytes[at] === 0x30 || bytes[at] === 0x31)) {
    reader.at = at + 1;
    return bytes[at] === 0x31 ? 1 : 0;
  }
  throw reader.mismatch(where, 'true or false');
}

function outOfRange({ datatype }: DataSpec, where: string): TorchError {
  return torchError('ERR_OUT_OF_RANGE', `Expected a number that ${datatype} can hold for ${where}`);
}
