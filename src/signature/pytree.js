import { describe, torchError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
import { isMap } from '../tensor/value.js';
const maxDepth = 64;
/**
 * The JSON that torch.utils._pytree.treespec_dumps writes.
 * @throws ERR_MODEL_FORMAT for containers that no JavaScript value stands for
 */
export function parseCallSpec(json) {
    let parsed;
    try {
        parsed = JSON.parse(json);
    }
    catch {
        throw format('no JSON');
    }
    if (!Array.isArray(parsed) || parsed[0] !== 1)
        throw format('an unknown version');
    return toTree(parsed[1], 0);
}
function toTree(node, depth) {
    if (depth > maxDepth)
        throw format(`more than ${maxDepth} levels`);
    const { type, context, children_spec: children } = node;
    if (type === null)
        return { kind: 'leaf' };
    if (!Array.isArray(children))
        throw format('a container without items');
    const items = children.map((child) => toTree(child, depth + 1));
    switch (type) {
        case 'builtins.tuple':
        case 'builtins.list':
        case 'collections.namedtuple':
        case 'collections.deque':
            return { kind: 'list', items };
        case 'builtins.dict':
        case 'collections.OrderedDict':
            return { kind: 'dict', keys: keysOf(context, items.length), items };
        default:
            throw format(`a container of type ${describe(type)}; return tuples, lists and dicts with string keys`);
    }
}
function keysOf(context, count) {
    const keys = JSON.parse(context ?? 'null');
    if (!Array.isArray(keys) || keys.length !== count || !keys.every((key) => typeof key === 'string')) {
        throw format('a dict whose keys are no strings');
    }
    return keys;
}
export function countLeaves(tree) {
    return tree.kind === 'leaf' ? 1 : tree.items.reduce((sum, item) => sum + countLeaves(item), 0);
}
/**
 * What `info.methods` says of a result: its structure as TorchScript would write it.
 * @param names of the leaves; where they are others than a dict's keys, they say nothing of its members
 * @param types of the leaves that are no tensors, by their place
 */
export function resultType(tree, names, types = []) {
    return typeFrom(tree, names, types[Symbol.iterator]());
}
function typeFrom(tree, names, types) {
    if (tree.kind === 'leaf')
        return types.next().value ?? 'Tensor';
    const items = tree.items.map((item) => typeFrom(item, [], types));
    if (tree.kind === 'list')
        return `Tuple[${items.join(', ') || '()'}]`;
    // Other names than its keys: members of those names do not come out.
    const areKeys = tree.items.every(({ kind }) => kind === 'leaf') && names.every((name, i) => name === tree.keys[i]);
    const kinds = [...new Set(items)];
    if (!areKeys)
        return 'Dict[str, Any]';
    return `Dict[str, ${kinds.length > 1 ? `Union[${kinds.join(', ')}]` : (kinds[0] ?? 'Tensor')}]`;
}
/** A name for every leaf of the inputs: the argument it belongs to and the way from there, `mask` or `features.0.left`. */
export function namesOfLeaves(inputs, parameters) {
    const { positional, named } = halves(inputs);
    return [
        ...positional.flatMap((tree, i) => paths(tree, parameters?.[i] ?? `input${i}`)),
        ...[...named].flatMap(([name, tree]) => paths(tree, name)),
    ];
}
function paths(tree, path) {
    if (tree.kind === 'leaf')
        return [path];
    return tree.items.flatMap((item, i) => paths(item, `${path}.${tree.kind === 'dict' ? String(tree.keys[i]) : i}`));
}
/** The inputs' tree is a tuple of a tuple (by position) and a dict (by name). */
export function halves(inputs) {
    if (inputs.kind !== 'list' || inputs.items.length !== 2)
        throw format('inputs that are no (args, kwargs)');
    const [args, kwargs] = inputs.items;
    if (args.kind !== 'list' || kwargs.kind !== 'dict')
        throw format('inputs that are no (args, kwargs)');
    return { positional: args.items, named: new Map(kwargs.keys.map((key, i) => [key, kwargs.items[i]])) };
}
/**
 * The leaves of a value that is built like the tree.
 * @throws ERR_INVALID_INPUT, naming the place, for one that is not
 */
export function flattenValue(tree, value, where) {
    if (tree.kind === 'leaf') {
        if (value === undefined)
            throw mismatch('a value', where, value);
        return [value];
    }
    if (tree.kind === 'list') {
        if (!Array.isArray(value) || value.length !== tree.items.length) {
            throw mismatch(`an array of ${tree.items.length}`, where, value);
        }
        const items = value;
        return tree.items.flatMap((item, i) => flattenValue(item, items[i], `${where}.${i}`));
    }
    const members = membersOf(value);
    if (!members)
        throw mismatch(`an object of ${tree.keys.join(', ')}`, where, value);
    const extra = [...members.keys()].find((key) => !tree.keys.includes(key));
    if (extra !== undefined)
        throw mismatch(`an object of ${tree.keys.join(', ')}`, where, `one with ${extra} too`);
    return tree.items.flatMap((item, i) => flattenValue(item, members.get(String(tree.keys[i])), `${where}.${String(tree.keys[i])}`));
}
function membersOf(value) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Tensor)
        return undefined;
    if (isMap(value))
        return value;
    return new Map(Object.entries(value));
}
/** The value that the leaves make, in the tree's order. */
export function unflattenValue(tree, leaves) {
    if (tree.kind === 'leaf')
        return leaves.next().value;
    const items = tree.items.map((item) => unflattenValue(item, leaves));
    if (tree.kind === 'list')
        return items;
    // fromEntries defines own members, so a key like __proto__ is data and nothing else.
    return Object.fromEntries(tree.keys.map((key, i) => [key, items[i]]));
}
function mismatch(wanted, where, got) {
    const what = got === undefined ? 'nothing' : describe(got);
    return torchError('ERR_INVALID_INPUT', `Expected ${wanted} for ${where} but received ${what}`);
}
function format(what) {
    return torchError('ERR_MODEL_FORMAT', `Expected a package whose values can be nested but its call specification has ${what}`);
}
