import { torchError } from '../../errors.js';
import { costs, malformed, Reader, wireTypes, type Budget } from './reader.js';
import { Writer } from './writer.js';

type Scalar = 'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'uint32' | 'uint64' | 'double' | 'float';

/** Names of the values of an enum. */
interface Choice {
  readonly names: Readonly<Record<string, number>>;
}

/** A message of whatever type. */
interface AnyMessage {
  encode(value: object): Writer;
  readInner(reader: Reader, before: Values | undefined): Values;
  empty(): Values;
}

type Type = Scalar | Choice | AnyMessage;

/** How a field stands in its message: `one` is its type's zero where it is missing, `optional` is undefined. */
type Label = 'one' | 'optional' | 'repeated' | 'map' | 'packed';

/** One field of a message. */
export interface Field {
  readonly number: number;
  readonly type: Type;
  readonly label: Label;
}

export const one = (number: number, type: Type): Field => ({ number, type, label: 'one' });
/** Also for the members of a oneof. */
export const optional = (number: number, type: Type): Field => ({ number, type, label: 'optional' });
export const repeated = (number: number, type: Type): Field => ({ number, type, label: 'repeated' });
/** Keys are texts. */
export const map = (number: number, type: Type): Field => ({ number, type, label: 'map' });
/** Floats or doubles as their bytes, one after the other: numbers of any number are read in one go. */
export const packed = (number: number, type: 'float' | 'double'): Field => ({ number, type, label: 'packed' });
export const choice = (names: Readonly<Record<string, number>>): Choice => ({ names });

/** How a scalar is written: the wire type, and the two directions. */
interface Coding {
  readonly wireType: number;
  readonly zero: unknown;
  readonly cost: number;
  read(reader: Reader): unknown;
  write(writer: Writer, value: never): void;
}

const { varint, fixed64, fixed32, bytes } = wireTypes;
const integer = (read: Coding['read']): Coding => ({
  wireType: varint,
  zero: 0,
  cost: costs.number,
  read,
  write: (writer, value) => writer.varint(value),
});
const codings: Readonly<Record<Scalar, Coding>> = {
  int32: integer((reader) => reader.int32()),
  int64: integer((reader) => reader.int64()),
  uint32: integer((reader) => reader.uint32()),
  uint64: integer((reader) => reader.uint64()),
  bool: {
    wireType: varint,
    zero: false,
    cost: costs.number,
    read: (reader) => reader.bool(),
    write: (writer, value) => writer.varint(value ? 1 : 0),
  },
  double: {
    wireType: fixed64,
    zero: 0,
    cost: costs.number,
    read: (reader) => reader.double(),
    write: (writer, value) => writer.double(value),
  },
  float: {
    wireType: fixed32,
    zero: 0,
    cost: costs.number,
    read: (reader) => reader.float(),
    write: (writer, value) => writer.float(value),
  },
  string: {
    wireType: bytes,
    zero: '',
    cost: costs.text,
    read: (reader) => reader.string(),
    write: (writer, value) => writer.string(value),
  },
  bytes: {
    wireType: bytes,
    zero: Buffer.alloc(0),
    cost: costs.text,
    read: (reader) => reader.bytes(),
    write: (writer, value) => writer.bytes(value),
  },
};

function codingOf(type: Scalar | Choice): Coding {
  if (typeof type === 'string') return codings[type];
  const { names } = type;
  const byNumber = new Map(Object.entries(names).map(([name, number]) => [number, name]));
  const zero = byNumber.get(0);
  return {
    wireType: varint,
    zero,
    cost: costs.number,
    // Of a newer peer: as if it were not there.
    read: (reader) => byNumber.get(reader.int32()) ?? zero,
    write: (writer, value) => writer.varint(names[value as string] ?? 0),
  };
}

function isMessage(type: Type): type is AnyMessage {
  return type instanceof Message;
}

/** A field with its ways, made once. */
interface Row {
  readonly name: string;
  readonly field: Field;
  readonly coding: Coding | undefined;
}

type Values = Record<string, unknown>;

/**
 * A message of protobuf 3 by the numbers and types of its fields. Source of the encoding: protobuf.dev, "Encoding". Integers of
 * 64 bits are numbers where those are exact, else bigints.
 */
export class Message<T extends object> implements AnyMessage {
  readonly #name: string;
  readonly #rows: readonly Row[];
  readonly #byNumber = new Map<number, Row>();

  constructor(name: string, fields: { readonly [K in keyof T]-?: Field }) {
    this.#name = name;
    this.#rows = Object.entries<Field>(fields).map(([key, field]) => ({
      name: key,
      field,
      coding: isMessage(field.type) ? undefined : codingOf(field.type),
    }));
    for (const row of this.#rows) this.#byNumber.set(row.field.number, row);
  }

  /** The fields of the message, those with a zero too. Bytes are views of what is read. @throws ERR_BAD_REQUEST */
  decode(bytes: Buffer, budget?: Budget): T {
    return this.read(new Reader(bytes, budget), this.empty()) as T;
  }

  /** Its bytes in pieces; large ones are those of the value. */
  encode(value: T): Writer {
    const writer = new Writer();
    for (const row of this.#rows) write(writer, row, (value as Values)[row.name]);
    return writer;
  }

  /** @internal */
  read(reader: Reader, into: Values): Values {
    while (!reader.isAtEnd) {
      const [number, wireType] = reader.tag();
      const row = this.#byNumber.get(number);
      if (row) this.#readField(reader, row, wireType, into);
      else reader.skip(wireType);
    }
    return into;
  }

  /** @internal */
  readInner(reader: Reader, before: Values | undefined): Values {
    reader.spend(costs.message);
    return this.read(reader.inner(), before ?? this.empty());
  }

  /** @internal */
  empty(): Values {
    const values: Values = {};
    for (const { name, field, coding } of this.#rows) {
      if (field.label === 'repeated') values[name] = [];
      else if (field.label === 'map') values[name] = Object.create(null);
      else values[name] = field.label === 'one' ? coding?.zero : undefined;
    }
    return values;
  }

  #readField(reader: Reader, { name, field, coding }: Row, wireType: number, into: Values): void {
    const { label, type } = field;
    const fits = (wanted: number): void => {
      if (wireType !== wanted)
        throw malformed(`Expected wire type ${wanted} for ${this.#name}.${name} but received ${wireType}`);
    };
    if (label === 'map') {
      fits(bytes);
      const [key, value] = readEntry(reader, type, coding);
      (into[name] as Values)[key] = value;
    } else if (label === 'packed') {
      const run = into[name] instanceof Run ? into[name] : new Run();
      into[name] = run;
      // As dear as a text, not as a number: those who send many numbers send them in one run.
      reader.spend(costs.text);
      if (wireType === bytes) run.add(reader.bytes());
      else {
        fits((coding as Coding).wireType);
        run.add(reader.raw(type === 'float' ? 4 : 8));
      }
    } else if (!coding) {
      fits(bytes);
      const message = type as AnyMessage;
      if (label === 'repeated') (into[name] as unknown[]).push(message.readInner(reader, undefined));
      else into[name] = message.readInner(reader, into[name] as Values | undefined);
    } else if (label === 'repeated') readRepeated(reader, coding, wireType, fits, into[name] as unknown[]);
    else {
      fits(coding.wireType);
      reader.spend(coding.cost);
      into[name] = coding.read(reader);
    }
  }
}

function readRepeated(
  reader: Reader,
  coding: Coding,
  wireType: number,
  fits: (wanted: number) => void,
  into: unknown[],
): void {
  if (wireType === bytes && coding.wireType !== bytes) {
    reader.spend(costs.text);
    const inner = reader.inner();
    while (!inner.isAtEnd) {
      reader.spend(coding.cost);
      into.push(coding.read(inner));
    }
    return;
  }
  fits(coding.wireType);
  reader.spend(coding.cost);
  into.push(coding.read(reader));
}

function readEntry(reader: Reader, type: Type, coding: Coding | undefined): readonly [string, unknown] {
  reader.spend(costs.message);
  const inner = reader.inner();
  let key = '';
  let value: unknown = coding ? coding.zero : (type as AnyMessage).empty();
  while (!inner.isAtEnd) {
    const [number, wireType] = inner.tag();
    if (number === 1 && wireType === bytes) {
      inner.spend(costs.text);
      key = inner.string();
    } else if (number === 2 && wireType === (coding?.wireType ?? bytes)) {
      inner.spend(coding?.cost ?? 0);
      value = coding ? coding.read(inner) : (type as AnyMessage).readInner(inner, undefined);
    } else inner.skip(wireType);
  }
  return [key, value];
}

function write(writer: Writer, row: Row, value: unknown): void {
  const { field, coding } = row;
  if (value === undefined) return;
  if (field.label === 'map') writeEntries(writer, row, value as Values);
  else if (field.label === 'packed') {
    if ((value as Uint8Array).byteLength === 0) return;
    writer.tag(field.number, bytes);
    writer.bytes(value as Uint8Array);
  } else if (field.label === 'repeated') writeRepeated(writer, row, value as readonly unknown[]);
  else if (!coding) writer.message(field.number, (field.type as AnyMessage).encode(value as object));
  else if (field.label === 'optional' || value !== coding.zero) {
    writer.tag(field.number, coding.wireType);
    coding.write(writer, value as never);
  }
}

function writeRepeated(writer: Writer, { field, coding }: Row, values: readonly unknown[]): void {
  if (values.length === 0) return;
  if (!coding) {
    for (const value of values) writer.message(field.number, (field.type as AnyMessage).encode(value as object));
  } else if (coding.wireType === bytes) {
    for (const value of values) {
      writer.tag(field.number, bytes);
      coding.write(writer, value as never);
    }
  } else {
    const inner = new Writer();
    for (const value of values) coding.write(inner, value as never);
    writer.message(field.number, inner);
  }
}

function writeEntries(writer: Writer, { field, coding }: Row, values: Values): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const inner = new Writer();
    inner.tag(1, bytes);
    inner.string(key);
    if (coding) {
      inner.tag(2, coding.wireType);
      coding.write(inner, value as never);
    } else inner.message(2, (field.type as AnyMessage).encode(value as object));
    writer.message(field.number, inner);
  }
}

/** Numbers that arrive in runs, joined: their bytes at the beginning of memory of their own. */
export class Run {
  #bytes = new Uint8Array(0);
  #length = 0;

  add(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#bytes.length) {
      // Exactly what one run has; twice as much for each further one.
      const larger = new Uint8Array(this.#length === 0 ? needed : Math.max(needed, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = needed;
  }

  /** @throws ERR_BAD_REQUEST where the bytes end inside a number */
  bytes(size: number): Uint8Array {
    if (this.#length % size === 0) return this.#bytes.subarray(0, this.#length);
    throw torchError('ERR_BAD_REQUEST', `Expected numbers of ${size} bytes but received ${this.#length} bytes of them`);
  }
}
