import { expected } from '../errors.js';
import { isDType } from '../tensor/dtype.js';
const rules = [
    ['dtype', 'a dtype or null', false, (value) => value === null || isDType(value)],
    ['shape', 'an array of sizes and nulls, or null', false, (value) => value === null || isListOf(isDimension)(value)],
    ['type', 'a type', true, isText],
    ['optional', 'a boolean', true, (value) => typeof value === 'boolean'],
    ['range', '[min, max]', true, isRange],
    ['labels', 'an array of strings', true, isListOf((label) => typeof label === 'string')],
];
/** Members that say something of each dimension. */
const axisRules = [
    ['bounds', '{ min, max } or null for each dimension', isBound],
    ['symbols', 'a name or null for each dimension', isSymbol],
];
/**
 * @throws ERR_INVALID_ARGUMENT for what is no Signature, so that no run stumbles over it later; and for a member that no
 * signature has, which would otherwise be a check that somebody asked for and nobody makes
 */
export function checkSignature(signature) {
    requireKnownMembers(signature);
    for (const { path, wanted, value } of signatureFaults(signature)) {
        const members = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`));
        throw expected(wanted, `signature${members.join('')}`, value);
    }
}
const known = {
    signature: ['inputs', 'outputs', 'task'],
    spec: ['name', ...rules.map(([member]) => member), ...axisRules.map(([member]) => member)],
    bound: ['min', 'max'],
};
/** Of a record its schema says this. Members of a task are those of its kind. */
function requireKnownMembers(signature) {
    only(known.signature, 'signature', signature);
    for (const side of ['inputs', 'outputs']) {
        for (const [i, spec] of listed(signature, side).entries()) {
            const where = `signature.${side}[${i}]`;
            only(known.spec, where, spec);
            for (const [axis, bound] of listed(spec, 'bounds').entries())
                only(known.bound, `${where}.bounds[${axis}]`, bound);
        }
    }
}
function only(members, where, value) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
        return; // said elsewhere
    const unknown = Object.keys(value).find((name) => !members.includes(name));
    if (unknown !== undefined)
        throw expected(`one of ${[...members].sort().join(', ')}`, `a member of ${where}`, unknown);
}
function listed(value, member) {
    const list = Object(value)[member];
    return Array.isArray(list) ? list : [];
}
export function* signatureFaults(signature) {
    const { task, ...sides } = Object(signature);
    for (const side of ['inputs', 'outputs']) {
        const specs = sides[side];
        if (!Array.isArray(specs)) {
            yield { path: [side], wanted: 'an array', value: specs };
            continue;
        }
        const names = new Set();
        for (const [i, spec] of specs.entries()) {
            const { name } = Object(spec);
            if (typeof spec !== 'object' || spec === null)
                yield { path: [side, i], wanted: 'an object', value: spec };
            else if (typeof name !== 'string' || names.has(name)) {
                yield { path: [side, i, 'name'], wanted: 'a name of its own', value: name };
            }
            else
                yield* specFaults(spec, [side, i]);
            names.add(name);
        }
    }
    const { type } = Object(task);
    if (task !== undefined && !isText(type)) {
        yield { path: ['task'], wanted: 'a task with a type', value: task };
    }
}
function* specFaults(spec, path) {
    for (const [member, wanted, isOptional, test] of rules) {
        const value = spec[member];
        if (!(isOptional && value === undefined) && !test(value))
            yield { path: [...path, member], wanted, value };
    }
    const shape = Array.isArray(spec['shape']) ? spec['shape'] : [];
    for (const [member, wanted, test] of axisRules) {
        const value = spec[member];
        if (value === undefined)
            continue;
        const fits = isListOf(test)(value) && value.length === shape.length;
        if (!fits)
            yield { path: [...path, member], wanted, value };
        else if (member === 'bounds' && value.some((bound, axis) => bound !== null && shape[axis] !== null)) {
            yield { path: [...path, member], wanted: 'null for a dimension that has a size', value };
        }
    }
}
function isListOf(test) {
    return (value) => Array.isArray(value) && value.every(test);
}
function isText(value) {
    return typeof value === 'string' && value !== '';
}
function isDimension(size) {
    return size === null || (Number.isSafeInteger(size) && size >= 0);
}
function isSymbol(symbol) {
    return symbol === null || isText(symbol);
}
function isBound(bound) {
    if (bound === null)
        return true;
    const { min, max } = Object(bound);
    const isSize = Number.isSafeInteger(min) && min >= 0;
    return isSize && (max === Infinity || Number.isSafeInteger(max)) && min <= max;
}
function isRange(range) {
    if (!Array.isArray(range) || range.length !== 2)
        return false;
    const [min, max] = range;
    return typeof min === 'number' && typeof max === 'number' && min <= max;
}
