import { describe, torchError } from '../../errors.js';
import { elementCount, maxRank } from '../../tensor/shape.js';
import { requireDatatype } from '../datatype.js';
import { readData } from './elements.js';
import { limits } from './limits.js';
import { readInteger } from './numbers.js';
import { readParameters } from './parameters.js';
import { invalid } from './reader.js';
const members = ['name', 'shape', 'datatype', 'parameters', 'data'];
/** @throws ERR_MALFORMED_JSON, ERR_BAD_REQUEST, ERR_INVALID_SHAPE, ERR_INVALID_DTYPE, and as `readData` */
export function readTensor(reader, kind, index, options) {
    const what = `${kind} ${index}`;
    let name;
    let shape;
    let datatype;
    let parameters;
    let content;
    let dataAt;
    let known;
    const spec = () => {
        if (known || name === undefined || shape === undefined || datatype === undefined)
            return known;
        const where = `${kind} ${describe(name)}`;
        return (known = { datatype, shape, elements: elementCount(shape), where, ...options });
    };
    reader.members(what, members, (member) => {
        if (member === 'name')
            name = reader.string(`the name of ${what}`, limits.name);
        else if (member === 'shape')
            shape = readShape(reader, name ?? what);
        else if (member === 'datatype')
            datatype = requireDatatype(reader.string(`the datatype of ${what}`, limits.name), name ?? what);
        else if (reader.takeNull())
            return;
        else if (member === 'parameters')
            parameters = readParameters(reader, `parameters of ${name ?? what}`);
        else if (spec())
            content = readData(reader, known);
        else {
            // What the elements are comes behind them.
            dataAt = reader.at;
            skipData(reader);
        }
    });
    const missing = name === undefined ? 'name' : shape === undefined ? 'shape' : datatype === undefined ? 'datatype' : undefined;
    if (missing !== undefined)
        throw invalid(`Expected ${missing} in ${what}${name === undefined ? '' : ` ${describe(name)}`}`);
    const whole = spec();
    if (dataAt !== undefined) {
        const end = reader.at;
        reader.at = dataAt;
        content = readData(reader, whole);
        reader.at = end;
    }
    const { elements, where } = whole;
    return {
        name: name,
        datatype: whole.datatype,
        shape: whole.shape,
        elements,
        where,
        parameters,
        content,
    };
}
function readShape(reader, name) {
    const shape = [];
    reader.items(`shape of ${name}`, maxRank, (axis) => {
        const given = readInteger(reader, () => `shape[${axis}] of ${name}`);
        const size = Number(given);
        if (!Number.isSafeInteger(size) || size < 0) {
            throw torchError('ERR_INVALID_SHAPE', `Expected an integer from 0 up to 2^53 for shape[${axis}] of ${name} but received ${describe(given)}`);
        }
        shape.push(size);
    });
    return shape;
}
/** To the bracket that closes the array here: what is inside is looked at when it is known what it should be. */
function skipData(reader) {
    const { bytes } = reader;
    if (bytes[reader.at] !== 0x5b)
        throw reader.mismatch('data', 'an array');
    let depth = 0;
    for (let at = reader.at; at < bytes.length; at++) {
        const byte = bytes[at];
        if (byte === 0x22) {
            for (at++; at < bytes.length && bytes[at] !== 0x22; at++)
                if (bytes[at] === 0x5c)
                    at++;
        }
        else if (byte === 0x5b)
            depth++;
        else if (byte === 0x5d && --depth === 0) {
            reader.at = at + 1;
            return;
        }
    }
    reader.at = bytes.length;
    throw reader.fault();
}
