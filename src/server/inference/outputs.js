import { describe, torchError } from '../../errors.js';
import { readStrings } from '../../signature/strings.js';
import { Tensor } from '../../tensor/tensor.js';
import { entriesOf, isContainer } from '../../tensor/value.js';
import { classified, classesAsked } from './classification.js';
/** More of them is no answer but a mistake. */
const maxOutputs = 1024;
/**
 * Names of outputs: those of the signature; keys of a dict and `OUTPUT__0` where it does not say. A request may also call
 * them `OUTPUT__0`, `RESULT`, `RESULT[0]` or `RESULT[key]`, as Triton does.
 */
export function outputNames(specs, labels) {
    // The number of tensors in a list or a dict shows only in a run.
    const isKnown = specs.length > 0 && specs.every(({ type }) => type === undefined || !/\b(?:List|Dict|Tuple|Any)\b/.test(type));
    const labelsOf = (name) => specs.find((spec) => spec.name === name)?.labels ?? (specs.length <= 1 ? labels : undefined);
    const named = (value) => {
        const leaves = [];
        collect(value, [], specs, leaves);
        return leaves.map(({ path, content }, i) => ({ name: nameOf(path, i, leaves, specs), content }));
    };
    return {
        check(requested) {
            requireOnce(requested);
            if (isKnown)
                for (const { name } of requested)
                    placeOf(name, specs, specs);
            for (const output of requested)
                classesAsked(output);
        },
        outputsOf(value, requested) {
            const all = named(value);
            if (!requested || requested.length === 0)
                return all;
            return requested.map((output) => {
                const found = all[placeOf(output.name, all, specs)];
                const classes = classesAsked(output);
                // The caller's own word for it comes back.
                const content = classes === undefined ? found.content : classified(found, classes, labelsOf(found.name));
                return { name: output.name, content, ...(output.parameters && { parameters: output.parameters }) };
            });
        },
    };
}
function requireOnce(requested) {
    const names = requested.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice === undefined)
        return;
    throw torchError('ERR_INVALID_INPUT', `Expected each output once but received ${describe(twice)} twice`);
}
function placeOf(name, outputs, specs) {
    const own = outputs.findIndex((output) => output.name === name);
    if (own !== -1)
        return own;
    const ordinal = /^(?:OUTPUT__|RESULT\[)(\d{1,4})\]?$/.exec(name)?.[1];
    if (ordinal !== undefined && Number(ordinal) < outputs.length)
        return Number(ordinal);
    if (name === 'RESULT' && outputs.length === 1)
        return 0;
    const way = /^RESULT((?:\[[^[\]]*\])+)$/.exec(name)?.[1];
    const path = way?.slice(1, -1).replaceAll('][', '.');
    const byPath = outputs.findIndex((output) => output.name === path);
    if (byPath !== -1)
        return byPath;
    const known = [...new Set([...outputs, ...specs].map((output) => output.name))].join(', ');
    throw torchError('ERR_INVALID_INPUT', `Expected the outputs ${known || 'none'} but received ${describe(name)}`);
}
function nameOf(path, i, leaves, specs) {
    const way = path.join('.');
    if (specs.some(({ name }) => name === way))
        return way;
    const isDict = path.length > 0 && !/^\d+$/.test(path[0]);
    // A dict's own keys are better names than those that were made up for its place.
    const spec = leaves.length === specs.length ? specs[i] : undefined;
    if (spec && !(isDict && leaves.some((leaf) => specs.some(({ name }) => name === leaf.path.join('.')))))
        return spec.name;
    return isDict ? way : `OUTPUT__${i}`;
}
function collect(value, path, specs, into) {
    const content = contentOf(value, specs[into.length]);
    if (content) {
        if (into.length === maxOutputs)
            throw torchError('ERR_BAD_OUTPUT', `Expected at most ${maxOutputs} outputs from the model`);
        into.push({ path, content });
        return;
    }
    if (value === null || !isContainer(value))
        return; // None is no output
    const entries = Array.isArray(value) ? [...value.entries()] : entriesOf(value);
    for (const [key, item] of entries)
        collect(item, [...path, String(key)], specs, into);
}
/** The tensor that a value is, or that its scalars make; undefined for what holds others. */
function contentOf(value, spec) {
    if (value instanceof Tensor)
        return value;
    if (typeof value === 'string')
        return { shape: [], data: [value] };
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
        return ofScalars([value], [], spec);
    if (!Array.isArray(value) || value.length === 0)
        return undefined;
    const items = value;
    if (isText(items))
        return readStrings({ name: spec?.name ?? 'output', dtype: null, shape: null }, items);
    if (items.every((item) => typeof item !== 'object'))
        return ofScalars(items, [items.length], spec);
    return ofRows(items);
}
function isText(items) {
    let first = items[0];
    while (Array.isArray(first))
        first = first[0];
    return typeof first === 'string';
}
function ofScalars(items, shape, spec) {
    const isInteger = /\bint\b/.test(spec?.type ?? '') || items.some((item) => typeof item === 'bigint');
    if (items.every((item) => typeof item === 'boolean'))
        return Tensor.from(items, 'bool').reshape(shape);
    if (isInteger && items.every((item) => typeof item === 'bigint' || Number.isSafeInteger(item))) {
        return Tensor.from(items.map(BigInt), 'int64').reshape(shape);
    }
    return Tensor.from(items.map(Number), 'float64').reshape(shape);
}
/** Probabilities by class, a dict for each row, as scikit-learn's ONNX models answer: a matrix. */
function ofRows(items) {
    const rows = items.map((item) => (isContainer(item) && !Array.isArray(item) ? entriesOf(item) : undefined));
    const [first] = rows;
    if (!first || first.length === 0)
        return undefined;
    const isSame = rows.every((row) => row?.length === first.length &&
        row.every(([key, number], i) => key === first[i]?.[0] && typeof number === 'number'));
    if (!isSame)
        return undefined;
    const numbers = rows.flatMap((row) => row.map(([, number]) => number));
    const isSingle = numbers.every((number) => Object.is(Math.fround(number), number));
    const shape = [rows.length, first.length];
    return isSingle
        ? new Tensor('float32', Float32Array.from(numbers), shape)
        : new Tensor('float64', Float64Array.from(numbers), shape);
}
