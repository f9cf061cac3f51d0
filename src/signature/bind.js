import { describe, torchError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
import { namedArguments } from '../tensor/value.js';
import { checkRange } from './range.js';
import { formatSpecShape } from './spec.js';
import { fitsSpec, formatShape } from '../tensor/shape.js';
import { anyStrings, isStringsSpec, readStrings } from './strings.js';
import { parseTorchType } from './torch-type.js';
/** A binder of a method whose arguments stand in its schema. @param signature what is known of `forward`'s inputs */
export function schemaBinder({ args }, signature) {
    const argumentNames = args.map(({ name }) => name);
    const takesContainer = args.length === 1 && isContainerType(args[0]?.type ?? '');
    if (!signature) {
        const inputs = args.map(({ name, hasDefault }) => ({ name, optional: hasDefault }));
        return { names: argumentNames, specs: [], takesContainer, bind: (given) => orderedArguments(inputs, given) };
    }
    const { inputs } = signature;
    const places = placesOf(inputs, args);
    const check = inputChecks(inputs);
    const isSame = places.every((place, i) => place === i);
    const specs = new Array((places.at(-1) ?? -1) + 1).fill(undefined);
    for (const [i, place] of places.entries())
        specs[place] = inputs[i];
    return {
        names: argumentNames,
        specs,
        takesContainer,
        bind(given, options) {
            const ordered = orderedArguments(inputs, given);
            check(ordered, options);
            return isSame ? ordered : spread(ordered, places);
        },
    };
}
/** A check of arguments that stand in the order of the inputs. @throws as `Binder.bind` */
export function inputChecks(inputs) {
    const unbounded = inputs.map(withoutMostRows);
    const strings = inputs.map(isStringsSpec);
    const hasSymbols = inputs.some(({ symbols }) => symbols?.some((symbol) => symbol !== null));
    return (ordered, { anyRows = false, bounds } = {}) => {
        const specs = anyRows ? unbounded : inputs;
        const shapes = [];
        for (let i = 0; i < specs.length; ++i) {
            const spec = specs[i];
            const value = ordered[i];
            if (value === undefined && spec.optional)
                continue;
            if (strings[i]) {
                shapes[i] = readStrings(spec, value).shape;
                continue;
            }
            // The engine's own schema decides about what is not a tensor.
            const isOther = spec.type !== undefined && !(value instanceof Tensor);
            if (!isOther)
                checkTensor(spec, value, bounds);
            if (hasSymbols && value instanceof Tensor)
                shapes[i] = value.shape;
        }
        if (hasSymbols)
            checkSymbols(inputs, shapes);
    };
}
/** Arguments in the order of the inputs, up to the last that is given. @throws ERR_INVALID_INPUT (missing, extra) */
function orderedArguments(inputs, args) {
    const ordered = Array.isArray(args) ? args : byName(inputs, namedArguments(args));
    if (ordered.length === inputs.length)
        return ordered;
    const required = inputs.findLastIndex(({ optional }) => !optional) + 1;
    if (ordered.length >= required && ordered.length < inputs.length)
        return ordered;
    throw torchError('ERR_INVALID_INPUT', `Expected the inputs ${names(inputs)} but received ${count(ordered.length)}`);
}
const count = (given) => (given === 1 ? '1 argument' : `${given} arguments`);
function byName(inputs, args) {
    for (const name of Object.keys(args)) {
        if (!inputs.some((spec) => spec.name === name)) {
            throw torchError('ERR_INVALID_INPUT', `Expected the inputs ${names(inputs)} but received ${describe(name)} too`);
        }
    }
    const ordered = inputs.map(({ name, optional }) => {
        if (Object.hasOwn(args, name))
            return args[name];
        if (optional)
            return undefined;
        throw torchError('ERR_INVALID_INPUT', `Expected the inputs ${names(inputs)} but ${describe(name)} is missing`);
    });
    return ordered.slice(0, inputs.findLastIndex(({ name }) => Object.hasOwn(args, name)) + 1);
}
/**
 * Where the signature's inputs stand among the method's arguments: by their names, where the method knows all of them
 * (it may have defaults for others between them), else in the same order.
 */
function placesOf(inputs, args) {
    const places = inputs.map(({ name }) => args.findIndex((argument) => argument.name === name));
    return places.includes(-1) ? inputs.map((_, i) => i) : places;
}
function spread(ordered, places) {
    const last = ordered.findLastIndex((value) => value !== undefined);
    const values = new Array(last < 0 ? 0 : places[last] + 1).fill(undefined);
    for (let i = 0; i <= last; ++i)
        values[places[i]] = ordered[i];
    return values;
}
/** Checks one tensor against its spec. @throws as `Binder.bind` */
function checkTensor(spec, value, bounds) {
    if (!(value instanceof Tensor)) {
        const wanted = spec.dtype === null ? 'a tensor' : `a ${spec.dtype} tensor`;
        throw torchError('ERR_INVALID_INPUT', `Expected ${wanted} for ${spec.name} but received ${describe(value)}`);
    }
    if (spec.dtype !== null && value.dtype !== spec.dtype) {
        throw torchError('ERR_INVALID_DTYPE', `Expected dtype ${spec.dtype} for ${spec.name} but received ${value.dtype}`);
    }
    if (!fitsSpec(value.shape, spec)) {
        throw torchError('ERR_INVALID_SHAPE', `Expected shape ${formatSpecShape(spec)} for ${spec.name} but received ${formatShape(value.shape)}`);
    }
    if (spec.range)
        checkRange(spec.name, spec.range, value, bounds);
}
/** Dimensions of one name have one size. */
function checkSymbols(inputs, shapes) {
    const known = new Map();
    for (const [i, { name, symbols = [] }] of inputs.entries()) {
        for (const [axis, symbol] of symbols.entries()) {
            const size = shapes[i]?.[axis];
            if (symbol === null || size === undefined)
                continue;
            const first = known.get(symbol);
            if (!first)
                known.set(symbol, { size, name });
            else if (first.size !== size) {
                throw torchError('ERR_INVALID_SHAPE', `Expected one size for the dimensions called ${symbol} but received ${first.size} in ${first.name} and ${size} in ${name}`);
            }
        }
    }
}
function withoutMostRows(spec) {
    const [rows, ...others] = spec.bounds ?? [];
    return rows ? { ...spec, bounds: [{ ...rows, max: Infinity }, ...others] } : spec;
}
/** Whether a type of a method's schema is a list, a tuple or a dict, or may be one. */
function isContainerType(text) {
    const { name, args } = parseTorchType(text);
    if (name === 'Optional')
        return args[0] !== undefined && ['List', 'Tuple', 'Dict'].includes(args[0].name);
    return ['List', 'Tuple', 'Dict', anyStrings].includes(name);
}
function names(inputs) {
    return inputs.map(({ name, optional }) => (optional ? `${name} (optional)` : name)).join(', ') || 'none';
}
