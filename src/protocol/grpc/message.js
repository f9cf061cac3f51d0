import { torchError } from '../../errors.js';
import { costs, malformed, Reader, wireTypes } from './reader.js';
import { Writer } from './writer.js';
export const one = (number, type) => ({ number, type, label: 'one' });
/** Also for the members of a oneof. */
export const optional = (number, type) => ({ number, type, label: 'optional' });
export const repeated = (number, type) => ({ number, type, label: 'repeated' });
/** Keys are texts. */
export const map = (number, type) => ({ number, type, label: 'map' });
/** Floats or doubles as their bytes, one after the other: numbers of any number are read in one go. */
export const packed = (number, type) => ({ number, type, label: 'packed' });
export const choice = (names) => ({ names });
const { varint, fixed64, fixed32, bytes } = wireTypes;
const integer = (read) => ({
    wireType: varint,
    zero: 0,
    cost: costs.number,
    read,
    write: (writer, value) => writer.varint(value),
});
const codings = {
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
function codingOf(type) {
    if (typeof type === 'string')
        return codings[type];
    const { names } = type;
    const byNumber = new Map(Object.entries(names).map(([name, number]) => [number, name]));
    const zero = byNumber.get(0);
    return {
        wireType: varint,
        zero,
        cost: costs.number,
        // Of a newer peer: as if it were not there.
        read: (reader) => byNumber.get(reader.int32()) ?? zero,
        write: (writer, value) => writer.varint(names[value] ?? 0),
    };
}
function isMessage(type) {
    return type instanceof Message;
}
/**
 * A message of protobuf 3 by the numbers and types of its fields. Source of the encoding: protobuf.dev, "Encoding". Integers of
 * 64 bits are numbers where those are exact, else bigints.
 */
export class Message {
    #name;
    #rows;
    #byNumber = new Map();
    constructor(name, fields) {
        this.#name = name;
        this.#rows = Object.entries(fields).map(([key, field]) => ({
            name: key,
            field,
            coding: isMessage(field.type) ? undefined : codingOf(field.type),
        }));
        for (const row of this.#rows)
            this.#byNumber.set(row.field.number, row);
    }
    /** The fields of the message, those with a zero too. Bytes are views of what is read. @throws ERR_BAD_REQUEST */
    decode(bytes, budget) {
        return this.read(new Reader(bytes, budget), this.empty());
    }
    /** Its bytes in pieces; large ones are those of the value. */
    encode(value) {
        const writer = new Writer();
        for (const row of this.#rows)
            write(writer, row, value[row.name]);
        return writer;
    }
    /** @internal */
    read(reader, into) {
        while (!reader.isAtEnd) {
            const [number, wireType] = reader.tag();
            const row = this.#byNumber.get(number);
            if (row)
                this.#readField(reader, row, wireType, into);
            else
                reader.skip(wireType);
        }
        return into;
    }
    /** @internal */
    readInner(reader, before) {
        reader.spend(costs.message);
        return this.read(reader.inner(), before ?? this.empty());
    }
    /** @internal */
    empty() {
        const values = {};
        for (const { name, field, coding } of this.#rows) {
            if (field.label === 'repeated')
                values[name] = [];
            else if (field.label === 'map')
                values[name] = Object.create(null);
            else
                values[name] = field.label === 'one' ? coding?.zero : undefined;
        }
        return values;
    }
    #readField(reader, { name, field, coding }, wireType, into) {
        const { label, type } = field;
        const fits = (wanted) => {
            if (wireType !== wanted)
                throw malformed(`Expected wire type ${wanted} for ${this.#name}.${name} but received ${wireType}`);
        };
        if (label === 'map') {
            fits(bytes);
            const [key, value] = readEntry(reader, type, coding);
            into[name][key] = value;
        }
        else if (label === 'packed') {
            const run = into[name] instanceof Run ? into[name] : new Run();
            into[name] = run;
            if (wireType === bytes)
                run.add(reader.bytes());
            else {
                fits(coding.wireType);
                run.add(reader.raw(type === 'float' ? 4 : 8));
            }
        }
        else if (!coding) {
            fits(bytes);
            const message = type;
            if (label === 'repeated')
                into[name].push(message.readInner(reader, undefined));
            else
                into[name] = message.readInner(reader, into[name]);
        }
        else if (label === 'repeated')
            readRepeated(reader, coding, wireType, fits, into[name]);
        else {
            fits(coding.wireType);
            reader.spend(coding.cost);
            into[name] = coding.read(reader);
        }
    }
}
function readRepeated(reader, coding, wireType, fits, into) {
    if (wireType === bytes && coding.wireType !== bytes) {
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
function readEntry(reader, type, coding) {
    reader.spend(costs.message);
    const inner = reader.inner();
    let key = '';
    let value = coding ? coding.zero : type.empty();
    while (!inner.isAtEnd) {
        const [number, wireType] = inner.tag();
        if (number === 1 && wireType === bytes)
            key = inner.string();
        else if (number === 2 && wireType === (coding?.wireType ?? bytes)) {
            value = coding ? coding.read(inner) : type.readInner(inner, undefined);
        }
        else
            inner.skip(wireType);
    }
    return [key, value];
}
function write(writer, row, value) {
    const { field, coding } = row;
    if (value === undefined)
        return;
    if (field.label === 'map')
        writeEntries(writer, row, value);
    else if (field.label === 'packed') {
        if (value.byteLength === 0)
            return;
        writer.tag(field.number, bytes);
        writer.bytes(value);
    }
    else if (field.label === 'repeated')
        writeRepeated(writer, row, value);
    else if (!coding)
        writer.message(field.number, field.type.encode(value));
    else if (field.label === 'optional' || value !== coding.zero) {
        writer.tag(field.number, coding.wireType);
        coding.write(writer, value);
    }
}
function writeRepeated(writer, { field, coding }, values) {
    if (values.length === 0)
        return;
    if (!coding) {
        for (const value of values)
            writer.message(field.number, field.type.encode(value));
    }
    else if (coding.wireType === bytes) {
        for (const value of values) {
            writer.tag(field.number, bytes);
            coding.write(writer, value);
        }
    }
    else {
        const inner = new Writer();
        for (const value of values)
            coding.write(inner, value);
        writer.message(field.number, inner);
    }
}
function writeEntries(writer, { field, coding }, values) {
    for (const [key, value] of Object.entries(values)) {
        if (value === undefined)
            continue;
        const inner = new Writer();
        inner.tag(1, bytes);
        inner.string(key);
        if (coding) {
            inner.tag(2, coding.wireType);
            coding.write(inner, value);
        }
        else
            inner.message(2, field.type.encode(value));
        writer.message(field.number, inner);
    }
}
/** Numbers that arrive in runs, joined: their bytes at the beginning of memory of their own. */
export class Run {
    #bytes = new Uint8Array(0);
    #length = 0;
    add(bytes) {
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
    bytes(size) {
        if (this.#length % size === 0)
            return this.#bytes.subarray(0, this.#length);
        throw torchError('ERR_BAD_REQUEST', `Expected numbers of ${size} bytes but received ${this.#length} bytes of them`);
    }
}
