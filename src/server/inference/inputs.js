import { describe, torchError } from '../../errors.js';
import { acceptsTensor, formatTorchType, parseTorchType } from '../../signature/torch-type.js';
import { nestedStrings } from '../../tensor/strings.js';
import { formatShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { parsePath } from './path.js';
/**
 * Names that a request may use for an input, the first that fits: its own; Triton's ordinal `INPUT__0`; that of the argument
 * of `forward`; `ARGS[0]` and `KWARGS[x]`, as Triton calls what a compiled package takes. What is in a list or a dict has
 * the way to it behind its name: `parts[0]`, `ARGS[1][mask]`.
 * @param parameters names of the arguments of `forward`, in the same order
 */
export function inputNames(specs, parameters) {
    const places = specs.map((spec) => ({ spec, read: readerOf(spec) }));
    const byName = new Map();
    const add = (name, place) => {
        if (place && !byName.has(name))
            byName.set(name, place);
    };
    for (const place of places)
        add(place.spec.name, place);
    for (const [i, place] of places.entries())
        add(`INPUT__${i}`, place);
    if (parameters.length === specs.length)
        for (const [i, name] of parameters.entries())
            add(name, places[i]);
    for (const [i, name] of rootsOf(specs).entries()) {
        const leaves = places.filter(({ spec }) => rootOf(spec.name) === name);
        for (const place of leaves) {
            const rest = place.spec.name.slice(name.length).replace(/\.([^.]*)/g, '[$1]');
            for (const alias of [`ARGS[${i}]`, `KWARGS[${name}]`, name])
                add(`${alias}${rest}`, place);
        }
    }
    return {
        argumentsOf(inputs) {
            const given = Object.create(null);
            const called = new Map();
            const parts = new Map();
            for (const { name, content } of inputs) {
                const place = byName.get(name);
                if (place) {
                    requireOnce(called, place, name);
                    given[place.spec.name] = place.read(content);
                    continue;
                }
                const [container, steps] = partOf(name, byName) ?? [];
                if (!container || !steps || acceptsLeaf(container.spec))
                    throw unknown(name, places);
                parts.set(container, [...(parts.get(container) ?? []), { name, steps, value: content }]);
            }
            for (const [place, members] of parts) {
                requireOnce(called, place, place.spec.name);
                given[place.spec.name] = assemble(members, 0, elementType(place.spec.type));
            }
            return given;
        },
    };
}
function requireOnce(called, place, name) {
    const before = called.get(place);
    called.set(place, name);
    if (before === undefined)
        return;
    const how = before === name ? `${describe(name)} twice` : `${describe(before)} and ${describe(name)}, which are the same input`;
    throw torchError('ERR_INVALID_INPUT', `Expected each input once but received ${how}`);
}
function unknown(name, places) {
    const names = places.map(({ spec }) => (spec.optional ? `${spec.name} (optional)` : spec.name)).join(', ') || 'none';
    return torchError('ERR_INVALID_INPUT', `Expected the inputs ${names} but received ${describe(name)}`);
}
/** The argument that a leaf of nested inputs belongs to: `features` of `features.0.left`. */
const rootOf = (name) => name.split('.', 1)[0];
const rootsOf = (specs) => [...new Set(specs.map(({ name }) => rootOf(name)))];
function partOf(name, byName) {
    const path = parsePath(name);
    // The longest beginning that is a name: `ARGS[1]` of `ARGS[1][mask]`.
    for (let taken = (path?.steps.length ?? 0) - 1; path && taken >= 0; --taken) {
        const place = byName.get(path.prefix(taken));
        if (place)
            return [place, path.steps.slice(taken)];
    }
    return undefined;
}
const acceptsLeaf = ({ type }) => type === undefined || !/^(?:Optional\[)?(?:List|Tuple|Dict)\b/.test(type);
/** Members by the ways to them become the list or the dict that holds them. */
function assemble(parts, depth, type) {
    const [only] = parts;
    if (only && parts.length === 1 && only.steps.length === depth)
        return valueOf(only.value, type ?? tensorType, only.name);
    const groups = new Map();
    for (const part of parts) {
        const step = part.steps[depth];
        if (step === undefined)
            throw torchError('ERR_INVALID_INPUT', `Expected each input once but received ${describe(part.name)} and what is in it`);
        groups.set(step, [...(groups.get(step) ?? []), part]);
    }
    const inner = (i) => type?.name === 'Dict' ? type.args[1] : (type?.args[i] ?? type?.args[0]);
    if (type?.name === 'Dict') {
        return Object.fromEntries([...groups].map(([key, group]) => [key, assemble(group, depth + 1, inner(1))]));
    }
    return Array.from({ length: groups.size }, (_, i) => {
        const group = groups.get(String(i));
        if (group)
            return assemble(group, depth + 1, inner(i));
        const { name = '' } = parts[0] ?? {};
        throw torchError('ERR_INVALID_INPUT', `Expected the items 0 to ${groups.size - 1} of a list but received ${describe(name)} without item ${i}`);
    });
}
const tensorType = { name: 'Tensor', args: [] };
const elementType = (type) => {
    const parsed = type === undefined ? undefined : parseTorchType(type);
    return parsed?.name === 'Optional' ? parsed.args[0] : parsed;
};
function readerOf({ name, type }) {
    if (type === undefined || type === 'Tensor')
        return (content) => tensorOf(content, name);
    const parsed = elementType(type) ?? tensorType;
    if (parsed.name === 'Strings')
        return (content) => valueOf(content, { name: 'str', args: [] }, name, true);
    if (acceptsTensor(type))
        return (content) => (content instanceof Tensor ? content : nestedStrings(content));
    return (content) => valueOf(content, parsed, name);
}
function tensorOf(content, name) {
    if (content instanceof Tensor)
        return content;
    throw torchError('ERR_INVALID_DTYPE', `Expected a tensor of numbers for ${name} but received BYTES`);
}
/** What a type that is no tensor makes of the elements: a scalar of one, a list of a vector. */
function valueOf(content, type, name, anyRank = false) {
    if (type.name === 'Tensor' || type.name === 'Any')
        return content instanceof Tensor ? content : nestedStrings(content);
    if (!(content instanceof Tensor)) {
        if (innermost(type).name !== 'str')
            throw wrong(formatTorchType(type), name, `BYTES ${formatShape(content.shape)}`);
        const rank = depthOf(type);
        if (anyRank || content.shape.length === rank)
            return nestedStrings(content);
        if (rank === 0 && content.data.length === 1)
            return content.data[0];
        throw wrong(`BYTES of rank ${rank}`, name, formatShape(content.shape));
    }
    requireKind(content, innermost(type), name);
    const rank = depthOf(type);
    if (rank === 0 && content.data.length === 1)
        return content.item();
    if (rank > 0 && content.shape.length === rank) {
        const nested = content.toArray();
        return nested;
    }
    throw wrong(rank === 0 ? `one element (${formatTorchType(type)})` : `rank ${rank} (${formatTorchType(type)})`, name, formatShape(content.shape));
}
/** The engine's own schema decides what a number may be; but a flag is no number, nor a number a flag. */
function requireKind({ dtype }, { name: type }, name) {
    if (type === 'str')
        throw wrong('BYTES (str)', name, dtype);
    const isFlag = dtype === 'bool';
    if (type === 'bool' && !isFlag)
        throw wrong('BOOL (bool)', name, dtype);
    if ((type === 'int' || type === 'float') && isFlag)
        throw wrong(`numbers (${type})`, name, dtype);
}
function wrong(expected, name, got) {
    return torchError('ERR_INVALID_INPUT', `Expected ${expected} for ${name} but received ${got}`);
}
const inside = ({ name, args }) => name === 'List' || name === 'Optional' ? args[0] : undefined;
const depthOf = (type) => {
    const inner = inside(type);
    return inner ? depthOf(inner) + (type.name === 'List' ? 1 : 0) : 0;
};
const innermost = (type) => {
    const inner = inside(type);
    return inner ? innermost(inner) : type;
};
