import { describe, torchError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
import { isMap, type Value } from '../tensor/value.js';

/** How PyTorch nests what goes into and comes out of a model. */
export type Tree =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }
  | { readonly kind: 'dict'; readonly keys: readonly string[]; readonly items: readonly Tree[] };

interface Node {
  readonly type: string | null;
  readonly context: string | null;
  readonly children_spec: readonly Node[];
}

const maxDepth = 64;

/**
 * The JSON that torch.utils._pytree.treespec_dumps writes.
 * @throws ERR_MODEL_FORMAT for containers that no JavaScript value stands for
 */
export function parseCallSpec(json: string): Tree {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw format('no JSON');
  }
  if (!Array.isArray(parsed) || parsed[0] !== 1) throw format('an unknown version');
  return toTree(parsed[1] as Node, 0);
}

function toTree(node: Node, depth: number): Tree {
  if (depth > maxDepth) throw format(`more than ${maxDepth} levels`);
  if (typeof node !== 'object' || (node as unknown) === null) throw format('a place without a type');
  const { type, context, children_spec: children } = node;
  if (type === null) return { kind: 'leaf' };
  if (!Array.isArray(children)) throw format('a container without items');
  const items = (children as readonly Node[]).map((child) => toTree(child, depth + 1));
  switch (type) {
    case 'builtins.tuple':
    case 'builtins.list':
    case 'collections.namedtuple':
    case 'collections.deque':
      return { kind: 'list', items };
    case 'builtins.dict':
    case 'collections.OrderedDict':
      return { kind: 'dict', keys: dictKeys(context, items.length), items };
    default:
      return otherTree(type, context, items);
  }
}

/**
 * A container that somebody has registered with PyTorch: the results of transformers' models and data classes have their
 * members' names as context.
 */
function otherTree(type: unknown, context: string | null, items: readonly Tree[]): Tree {
  const keys = memberNames(contextOf(context), items.length);
  if (keys) return { kind: 'dict', keys, items };
  throw format(`a container of type ${describe(type)}; return tuples, lists and dicts with string keys`);
}

function memberNames(context: unknown, count: number): string[] | undefined {
  if (!Array.isArray(context)) return undefined;
  if (isNames(context, count)) return context;
  // A data class: the members that are there, and those that are None.
  const [names, absent] = context as unknown[];
  const isDataClass = context.length === 2 && isNames(names, count) && Array.isArray(absent);
  return isDataClass ? names : undefined;
}

function isNames(value: unknown, count: number): value is string[] {
  return Array.isArray(value) && value.length === count && value.every((name) => typeof name === 'string');
}

function dictKeys(context: string | null, count: number): string[] {
  const keys = contextOf(context);
  if (!isNames(keys, count)) throw format('a dict whose keys are no strings');
  return keys;
}

function contextOf(context: string | null): unknown {
  try {
    return JSON.parse(context ?? 'null');
  } catch {
    throw format('a container whose context is no JSON');
  }
}

export function countLeaves(tree: Tree): number {
  return tree.kind === 'leaf' ? 1 : tree.items.reduce((sum, item) => sum + countLeaves(item), 0);
}

/**
 * What `info.methods` says of a result: its structure as TorchScript would write it.
 * @param names of the leaves; where they are others than a dict's keys, they say nothing of its members
 * @param types of the leaves that are no tensors, by their place
 */
export function resultType(tree: Tree, names: readonly string[], types: readonly string[] = []): string {
  return typeFrom(tree, names, types[Symbol.iterator]());
}

function typeFrom(tree: Tree, names: readonly string[], types: Iterator<string, undefined>): string {
  if (tree.kind === 'leaf') return types.next().value ?? 'Tensor';
  const items = tree.items.map((item) => typeFrom(item, [], types));
  if (tree.kind === 'list') return `Tuple[${items.join(', ') || '()'}]`;
  // Other names than its keys: members of those names do not come out.
  const areKeys = tree.items.every(({ kind }) => kind === 'leaf') && names.every((name, i) => name === tree.keys[i]);
  const kinds = [...new Set(items)];
  if (!areKeys) return 'Dict[str, Any]';
  return `Dict[str, ${kinds.length > 1 ? `Union[${kinds.join(', ')}]` : (kinds[0] ?? 'Tensor')}]`;
}

/** A name for every leaf of the inputs: the argument it belongs to and the way from there, `mask` or `features.0.left`. */
export function namesOfLeaves(inputs: Tree, parameters: readonly string[] | undefined): string[] {
  const { positional, named } = halves(inputs);
  return [
    ...positional.flatMap((tree, i) => paths(tree, parameters?.[i] ?? `input${i}`)),
    ...[...named].flatMap(([name, tree]) => paths(tree, name)),
  ];
}

/** A name for every leaf of the results: the way to it, `scores` or `0.left`; `output` where it is the only value. */
export function namesOfResults(outputs: Tree): string[] {
  return outputs.kind === 'leaf' ? ['output'] : paths(outputs, '').map((path) => path.slice(1));
}

function paths(tree: Tree, path: string): string[] {
  if (tree.kind === 'leaf') return [path];
  return tree.items.flatMap((item, i) => paths(item, `${path}.${tree.kind === 'dict' ? String(tree.keys[i]) : i}`));
}

/** The inputs' tree is a tuple of a tuple (by position) and a dict (by name). */
export function halves(inputs: Tree): { positional: readonly Tree[]; named: ReadonlyMap<string, Tree> } {
  if (inputs.kind !== 'list' || inputs.items.length !== 2) throw format('inputs that are no (args, kwargs)');
  const [args, kwargs] = inputs.items as [Tree, Tree];
  if (args.kind !== 'list' || kwargs.kind !== 'dict') throw format('inputs that are no (args, kwargs)');
  return { positional: args.items, named: new Map(kwargs.keys.map((key, i) => [key, kwargs.items[i] as Tree])) };
}

/**
 * The leaves of a value that is built like the tree.
 * @throws ERR_INVALID_INPUT, naming the place, for one that is not
 */
export function flattenValue(tree: Tree, value: Value | undefined, where: string): Value[] {
  if (tree.kind === 'leaf') {
    if (value === undefined) throw mismatch('a value', where, value);
    return [value];
  }
  if (tree.kind === 'list') {
    if (!Array.isArray(value) || value.length !== tree.items.length) {
      throw mismatch(`an array of ${tree.items.length}`, where, value);
    }
    const items = value as readonly Value[];
    return tree.items.flatMap((item, i) => flattenValue(item, items[i], `${where}.${i}`));
  }
  const members = membersOf(value);
  if (!members) throw mismatch(`an object of ${tree.keys.join(', ')}`, where, value);
  const extra = [...members.keys()].find((key) => !tree.keys.includes(key));
  if (extra !== undefined) throw mismatch(`an object of ${tree.keys.join(', ')}`, where, `one with ${extra} too`);
  return tree.items.flatMap((item, i) =>
    flattenValue(item, members.get(String(tree.keys[i])), `${where}.${String(tree.keys[i])}`),
  );
}

function membersOf(value: Value | undefined): ReadonlyMap<string, Value> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Tensor) return undefined;
  if (isMap(value)) return value as ReadonlyMap<string, Value>;
  return new Map(Object.entries(value as Readonly<Record<string, Value>>));
}

/** The value that the leaves make, in the tree's order. */
export function unflattenValue(tree: Tree, leaves: Iterator<Value>): Value {
  if (tree.kind === 'leaf') return leaves.next().value as Value;
  const items = tree.items.map((item) => unflattenValue(item, leaves));
  if (tree.kind === 'list') return items;
  // fromEntries defines own members, so a key like __proto__ is data and nothing else.
  return Object.fromEntries(tree.keys.map((key, i) => [key, items[i] as Value]));
}

function mismatch(wanted: string, where: string, got: unknown) {
  const what = got === undefined ? 'nothing' : describe(got);
  return torchError('ERR_INVALID_INPUT', `Expected ${wanted} for ${where} but received ${what}`);
}

function format(what: string) {
  return torchError(
    'ERR_MODEL_FORMAT',
    `Expected a package whose values can be nested but its call specification has ${what}`,
  );
}
