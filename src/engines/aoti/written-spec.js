import { checkSignature } from '../../signature/check.js';
import { boundsOf, extentOf, isPlain, largestSize, malformed, } from './input-spec.js';
/** The member of a package's metadata that scripts/export/node_libtorch_export.py writes. */
export const writtenKey = 'NODE_LIBTORCH_SIGNATURE';
/** @throws ERR_MODEL_FORMAT for what that script does not write */
export function readWrittenSpec(json) {
    const written = readWritten(json);
    const inputs = list(written.inputs, 'inputs').map(toInput);
    const symbols = new Map(Object.entries((written.symbols ?? {})).map(([name, range]) => [name, toBounds(range)]));
    const outputs = list(written.outputs, 'outputs').map((output) => toOutput(output, symbols));
    checkNames({ inputs: inputs.map(({ name, dtype }) => ({ name, dtype, shape: [] })), outputs });
    const parameters = list(written.parameters, 'parameters').map((name) => {
        if (typeof name !== 'string')
            throw wrong('names of parameters');
        return name;
    });
    const constants = new Map(Object.entries((written.constants ?? {})).map(([leaf, value]) => [Number(leaf), value]));
    const results = new Map(list(written.outputs, 'outputs').flatMap((output, leaf) => {
        const { type, value } = output;
        return type === undefined ? [] : [[leaf, { value: toResult(type, value) }]];
    }));
    return {
        ...{ inputs, symbols, outputs, parameters, constants, results },
        boundsAreInferred: false,
        namesAreMadeUp: false,
        warnings: [],
    };
}
/**
 * Names of the buffers that forward changes; undefined where an older exporter did not write them.
 * @throws ERR_MODEL_FORMAT
 */
export function writtenState(json) {
    const { mutates } = readWritten(json);
    if (mutates === undefined)
        return undefined;
    return list(mutates, 'names of buffers').map((name) => {
        if (typeof name !== 'string')
            throw wrong('names of buffers');
        return name;
    });
}
function readWritten(json) {
    let written;
    try {
        written = JSON.parse(json);
    }
    catch {
        throw wrong('JSON');
    }
    if (typeof written !== 'object' || written === null || written.version !== 1)
        throw wrong('version 1');
    return written;
}
function toInput(input) {
    const { name, dtype, shape, order } = (input ?? {});
    const extents = list(shape, 'a shape').map((size) => {
        if (typeof size === 'string')
            return extentOf(size);
        if (!Number.isSafeInteger(size) || size < 0)
            throw wrong('sizes');
        return size;
    });
    const axes = list(order, 'an order of dimensions');
    if (extents.some((_, axis) => !axes.includes(axis)) || axes.length !== extents.length)
        throw wrong('an order of dimensions');
    return { name: name, dtype: dtype, shape: extents, order: axes };
}
function toOutput(output, symbols) {
    const { name, dtype, shape, type } = (output ?? {});
    if (type !== undefined)
        return { name: name, dtype: null, shape: null, type: typeOf(type) };
    const extents = list(shape, 'a shape').map((size) => (typeof size === 'string' ? outputExtent(size) : size));
    const known = extents.map((extent) => (typeof extent === 'object' ? extent : null));
    const bounds = known.map((extent) => (extent === null ? null : boundsOf(extent, symbols)));
    return {
        name: name,
        dtype: dtype,
        shape: extents.map((extent) => (typeof extent === 'object' ? null : extent)),
        ...(bounds.some((bound) => bound !== null) && { bounds }),
        ...(known.some((extent) => extent !== null && isPlain(extent)) && {
            symbols: known.map((extent) => (extent !== null && isPlain(extent) ? extent.symbol : null)),
        }),
    };
}
/** Null for a size that depends on others in another way: nothing is checked by it. */
function outputExtent(text) {
    try {
        return extentOf(text);
    }
    catch {
        return null;
    }
}
/** TorchScript's names of what the exporter writes for results that are no tensors. */
const types = { None: 'NoneType', int: 'int', bool: 'bool' };
function typeOf(type) {
    const known = Object.hasOwn(types, String(type)) ? types[String(type)] : undefined;
    if (known === undefined)
        throw wrong('types of results');
    return known;
}
function toResult(type, value) {
    if (type === 'None')
        return null;
    if (value === undefined || Number.isSafeInteger(value) || typeof value === 'boolean')
        return value;
    throw wrong('results');
}
function toBounds(range) {
    const [min, max] = list(range, 'a range');
    if (!Number.isSafeInteger(min) || min < 0)
        throw wrong('ranges');
    if (max !== null && !Number.isSafeInteger(max))
        throw wrong('ranges');
    return { min: min, max: Math.min(max ?? largestSize, largestSize) };
}
/** Names and dtypes are what a signature allows. */
function checkNames(signature) {
    try {
        checkSignature(signature);
    }
    catch (error) {
        throw wrong(error.message);
    }
}
function list(value, what) {
    if (!Array.isArray(value))
        throw wrong(what);
    return value;
}
function wrong(what) {
    return malformed(`${writtenKey} in its metadata without what is needed: ${what}`);
}
