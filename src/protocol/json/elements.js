import { torchError } from '../../errors.js';
import { allocate, dtypeTable } from '../../tensor/dtype.js';
import { encodeBFloat16, encodeFloat16 } from '../../tensor/float16.js';
import { formatShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { bytesOf, datatypeTable } from '../datatype.js';
import { readInteger, readNumber } from './numbers.js';
import { invalid, JsonReader } from './reader.js';
import { limits } from './limits.js';
const openArray = 0x5b;
const closeArray = 0x5d;
const comma = 0x2c;
/**
 * The tensor whose elements stand here in an array, flat or nested as the shape is. Nothing is rounded, wrapped or cast but
 * decimals to the nearest float.
 * @throws ERR_MALFORMED_JSON; ERR_BAD_REQUEST for no array and an element of another kind; ERR_INVALID_SHAPE for another
 * number of elements; ERR_OUT_OF_RANGE for what the datatype cannot hold
 */
export function readData(reader, spec) {
    const { datatype, shape, elements, where } = spec;
    if (reader.bytes[reader.at] !== openArray)
        throw reader.mismatch(`data of ${where}`, 'an array');
    // Each element is a byte at least: memory is asked for what can be there.
    if (elements > reader.bytes.length - reader.at)
        throw wrongCount(spec);
    const { dtype } = datatypeTable[datatype];
    if (dtype === undefined) {
        if (elements > limits.strings)
            throw invalid(`Expected at most ${limits.strings} strings in ${where}`);
        const data = [];
        new DataReader(reader, spec, (count) => readStrings(reader, spec, data, count)).read();
        return { shape, data };
    }
    const plain = readPlain(reader, spec, dtype);
    if (plain)
        return new Tensor('float32', plain, shape);
    const data = allocate(dtype, elements);
    new DataReader(reader, spec, rowReader(reader, spec, dtype, data)).read();
    return new Tensor(dtype, data, shape);
}
const found = new Float64Array(3);
/** Fewer are read faster without a call of the addon. */
const nativeFrom = 32;
/** A flat array of plain numbers, read natively; undefined for anything else. */
function readPlain(reader, { parser, elements }, dtype) {
    if (dtype !== 'float32' || elements < nativeFrom || !parser?.parseNumbers)
        return undefined;
    const next = reader.bytes[reader.at + 1];
    if (next === openArray)
        return undefined;
    const out = new Float32Array(elements);
    if (parser.parseNumbers(reader.bytes, reader.at, out, found) !== elements)
        return undefined;
    reader.at = found[0];
    return out;
}
class DataReader {
    reader;
    spec;
    row;
    #next = 0;
    constructor(reader, spec, row) {
        this.reader = reader;
        this.spec = spec;
        this.row = row;
    }
    read() {
        const { reader, spec } = this;
        const { shape, elements } = spec;
        const start = reader.at;
        reader.take(openArray);
        const isNested = shape.length > 1 && reader.bytes[reader.at] === openArray;
        reader.at = start;
        if (isNested)
            this.level(0);
        else
            this.line(elements);
    }
    level(axis) {
        const { reader, spec } = this;
        const { shape } = spec;
        const size = shape[axis];
        if (axis === shape.length - 1) {
            this.line(size);
            return;
        }
        if (!reader.take(openArray))
            throw this.otherNesting();
        for (let i = 0; i < size; i++) {
            if (i > 0 && !reader.take(comma))
                throw this.otherCount();
            this.level(axis + 1);
            reader.blank();
        }
        if (!this.close())
            throw this.otherCount();
    }
    line(count) {
        const { reader } = this;
        if (!reader.take(openArray))
            throw this.otherNesting();
        this.row(count, this.#next);
        this.#next += count;
        if (!this.close())
            throw count === 0 ? this.otherNesting() : this.otherCount();
    }
    /** Takes the bracket, and leaves what is behind it. */
    close() {
        const { reader } = this;
        if (reader.bytes[reader.at] !== closeArray)
            return false;
        reader.at++;
        return true;
    }
    otherNesting() {
        return this.reader.kind() === undefined ? this.reader.fault() : wrongCount(this.spec);
    }
    otherCount() {
        const byte = this.reader.bytes[this.reader.at];
        return byte === comma || byte === closeArray ? wrongCount(this.spec) : this.reader.fault();
    }
}
function wrongCount({ where, shape, elements }) {
    const nested = shape.length > 1 ? `, flat or nested as ${formatShape(shape)} is` : '';
    return torchError('ERR_INVALID_SHAPE', `Expected ${elements} elements in the data of ${where} for shape ${formatShape(shape)}${nested}`);
}
/** Between two elements. @throws ERR_INVALID_SHAPE when there are no more */
function between(reader, spec) {
    const { bytes } = reader;
    if (bytes[reader.at] !== comma) {
        reader.blank();
        if (bytes[reader.at] === closeArray)
            throw wrongCount(spec);
        if (bytes[reader.at] !== comma)
            throw reader.fault();
    }
    reader.at++;
    if (bytes[reader.at] <= 0x20)
        reader.blank();
}
function readStrings(reader, spec, data, count) {
    for (let i = 0; i < count; i++) {
        if (i > 0)
            between(reader, spec);
        else if (reader.bytes[reader.at] === closeArray)
            throw wrongCount(spec);
        data.push(reader.longString(`element ${data.length} of ${spec.where}`));
    }
    if (count > 0)
        reader.blank();
}
/** Writes elements from a place on. */
function rowReader(reader, spec, dtype, data) {
    const element = elementReader(reader, spec, dtype);
    return (count, from) => {
        for (let i = 0; i < count; i++) {
            if (i > 0)
                between(reader, spec);
            else if (reader.bytes[reader.at] === closeArray)
                throw wrongCount(spec);
            data[from + i] = element(from + i);
        }
        if (count > 0)
            reader.blank();
    };
}
function elementReader(reader, spec, dtype) {
    const { kind, min, max } = dtypeTable[dtype];
    const where = (index) => `element ${index} of ${spec.where}`;
    if (kind === 'bool')
        return (index) => readFlag(reader, where(index), spec.isLenient);
    if (kind === 'float') {
        const encode = floatEncoder(dtype);
        return (index) => {
            const byte = reader.bytes[reader.at];
            if (byte > 0x39 || (byte === 0x2d && reader.bytes[reader.at + 1] === 0x49))
                return encode(readWord(reader, spec, index));
            if (byte < 0x2d || byte === 0x2e || byte === 0x2f)
                throw reader.mismatch(where(index), 'a number');
            const value = readNumber(reader);
            const encoded = encode(value);
            if (isInfinite(dtype, encoded))
                throw outOfRange(spec, where(index));
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
            if (exact < min || exact > max)
                throw outOfRange(spec, where(index));
            return exact;
        }
        if (value < least || value > most)
            throw outOfRange(spec, where(index));
        return Number(value);
    };
}
function floatEncoder(dtype) {
    if (dtype === 'float16')
        return encodeFloat16;
    if (dtype === 'bfloat16')
        return encodeBFloat16;
    return dtype === 'float32' ? Math.fround : Number;
}
/** Whether a finite number has become infinite. */
function isInfinite(dtype, encoded) {
    if (dtype === 'float16')
        return (encoded & 0x7fff) === 0x7c00;
    if (dtype === 'bfloat16')
        return (encoded & 0x7fff) === 0x7f80;
    return encoded === Infinity || encoded === -Infinity;
}
/** `NaN`, `Infinity` or `-Infinity`: RFC 8259 has no such words, but Python, Triton and its clients write them. */
function readWord(reader, spec, index) {
    const { bytes, at } = reader;
    for (const word of words) {
        if (bytes.toString('latin1', at, at + word.length) !== word)
            continue;
        reader.at = at + word.length;
        return Number(word);
    }
    if (spec.isLenient && reader.takeNull())
        return NaN;
    throw reader.mismatch(`element ${index} of ${spec.where}`, 'a number, NaN, Infinity or -Infinity');
}
const words = ['NaN', 'Infinity', '-Infinity'];
function readFlag(reader, where, isLenient = false) {
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
function outOfRange({ datatype }, where) {
    return torchError('ERR_OUT_OF_RANGE', `Expected a number that ${datatype} can hold for ${where}`);
}
