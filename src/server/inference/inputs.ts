import { describe, torchError } from '../../errors.js';
import type { NamedTensor, TensorContent } from '../../protocol/messages.js';
import type { TensorSpec } from '../../signature/spec.js';
import { acceptsTensor, formatTorchType, parseTorchType, type TorchType } from '../../signature/torch-type.js';
import { nestedStrings } from '../../tensor/strings.js';
import { formatShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Arguments, DictKey, Value } from '../../tensor/value.js';
import { parsePath, type PathStep } from './path.js';

/** How the tensors of a request become the arguments of one model. */
export interface InputNames {
  /** @throws ERR_INVALID_INPUT for an unknown or repeated name, ERR_INVALID_SHAPE, ERR_INVALID_DTYPE for what is no scalar or list */
  argumentsOf(inputs: readonly NamedTensor[]): Arguments;
}

interface Place {
  readonly spec: TensorSpec;
  readonly read: (content: TensorContent) => Value;
}

/**
 * Names that a request may use for an input, the first that fits: its own; Triton's ordinal `INPUT__0`; that of the argument
 * of `forward`; `ARGS[0]` and `KWARGS[x]`, as Triton calls what a compiled package takes. What is in a list or a dict has
 * the way to it behind its name: `parts[0]`, `ARGS[1][mask]`.
 * @param parameters names of the arguments of `forward`, in the same order
 */
export function inputNames(specs: readonly TensorSpec[], parameters: readonly string[]): InputNames {
  const places: readonly Place[] = specs.map((spec) => ({ spec, read: readerOf(spec) }));
  const byName = new Map<string, Place>();
  const add = (name: string, place: Place | undefined): void => {
    if (place && !byName.has(name)) byName.set(name, place);
  };
  for (const place of places) add(place.spec.name, place);
  for (const [i, place] of places.entries()) add(`INPUT__${i}`, place);
  if (parameters.length === specs.length) for (const [i, name] of parameters.entries()) add(name, places[i]);
  for (const [i, name] of rootsOf(specs).entries()) {
    const leaves = places.filter(({ spec }) => rootOf(spec.name) === name);
    for (const place of leaves) {
      const rest = place.spec.name.slice(name.length).replace(/\.([^.]*)/g, '[$1]');
      for (const alias of [`ARGS[${i}]`, `KWARGS[${name}]`, name]) add(`${alias}${rest}`, place);
    }
  }
  return {
    argumentsOf(inputs) {
      const given = Object.create(null) as Record<string, Value>;
      const called = new Map<Place, string>();
      const parts = new Map<Place, Part[]>();
      for (const { name, content } of inputs) {
        const place = byName.get(name);
        if (place) {
          requireOnce(called, place, name);
          given[place.spec.name] = place.read(content);
          continue;
        }
        const [container, steps] = partOf(name, byName) ?? [];
        if (!container || !steps || acceptsLeaf(container.spec)) throw unknown(name, places);
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

function requireOnce(called: Map<Place, string>, place: Place, name: string): void {
  const before = called.get(place);
  called.set(place, name);
  if (before === undefined) return;
  const how =
    before === name ? `${describe(name)} twice` : `${describe(before)} and ${describe(name)}, which are the same input`;
  throw torchError('ERR_INVALID_INPUT', `Expected each input once but received ${how}`);
}

function unknown(name: string, places: readonly Place[]) {
  const names = places.map(({ spec }) => (spec.optional ? `${spec.name} (optional)` : spec.name)).join(', ') || 'none';
  return torchError('ERR_INVALID_INPUT', `Expected the inputs ${names} but received ${describe(name)}`);
}

/** The argument that a leaf of nested inputs belongs to: `features` of `features.0.left`. */
const rootOf = (name: string): string => name.split('.', 1)[0] as string;

const rootsOf = (specs: readonly TensorSpec[]): string[] => [...new Set(specs.map(({ name }) => rootOf(name)))];

interface Part {
  readonly name: string;
  readonly steps: readonly PathStep[];
  readonly value: TensorContent;
}

function partOf(name: string, byName: ReadonlyMap<string, Place>): [Place, readonly PathStep[]] | undefined {
  const path = parsePath(name);
  // The longest beginning that is a name: `ARGS[1]` of `ARGS[1][mask]`.
  for (let taken = (path?.steps.length ?? 0) - 1; path && taken >= 0; --taken) {
    const place = byName.get(path.prefix(taken));
    if (place) return [place, path.steps.slice(taken)];
  }
  return undefined;
}

const acceptsLeaf = ({ type }: TensorSpec): boolean =>
  type === undefined || !/^(?:Optional\[)?(?:List|Tuple|Dict)\b/.test(type);

/** Members by the ways to them become the list or the dict that holds them. */
function assemble(parts: readonly Part[], depth: number, type: TorchType | undefined): Value {
  const [only] = parts;
  if (only && parts.length === 1 && only.steps.length === depth)
    return valueOf(only.value, type ?? tensorType, only.name);
  const groups = new Map<PathStep, Part[]>();
  for (const part of parts) {
    const step = part.steps[depth];
    if (step === undefined)
      throw torchError(
        'ERR_INVALID_INPUT',
        `Expected each input once but received ${describe(part.name)} and what is in it`,
      );
    groups.set(step, [...(groups.get(step) ?? []), part]);
  }
  const inner = (i: number): TorchType | undefined =>
    type?.name === 'Dict' ? type.args[1] : (type?.args[i] ?? type?.args[0]);
  if (type?.name === 'Dict') {
    const items = [...groups].map(([key, group]) => [key, assemble(group, depth + 1, inner(1))] as const);
    const keys = type.args[0]?.name ?? 'str';
    if (keys === 'str') return Object.fromEntries(items);
    return new Map(items.map(([key, item]) => [keyOf(key, keys, parts), item]));
  }
  return Array.from({ length: groups.size }, (_, i) => {
    const group = groups.get(String(i));
    if (group) return assemble(group, depth + 1, inner(i));
    const { name = '' } = parts[0] ?? {};
    throw torchError(
      'ERR_INVALID_INPUT',
      `Expected the items 0 to ${groups.size - 1} of a list but received ${describe(name)} without item ${i}`,
    );
  });
}

/** A key of a dict whose keys are no texts. */
function keyOf(key: string, type: string, [part]: readonly Part[]): DictKey {
  if (type === 'bool' && (key === 'true' || key === 'false')) return key === 'true';
  if (type === 'int' && /^-?\d{1,19}$/.test(key)) return BigInt(key);
  if (type === 'float' && key !== '' && Number.isFinite(Number(key))) return Number(key);
  throw torchError('ERR_INVALID_INPUT', `Expected a key of type ${type} but received ${describe(part?.name)}`);
}

const tensorType: TorchType = { name: 'Tensor', args: [] };

const elementType = (type: string | undefined): TorchType | undefined => {
  const parsed = type === undefined ? undefined : parseTorchType(type);
  return parsed?.name === 'Optional' ? parsed.args[0] : parsed;
};

function readerOf({ name, type }: TensorSpec): Place['read'] {
  if (type === undefined || type === 'Tensor') return (content) => tensorOf(content, name);
  const parsed = elementType(type) ?? tensorType;
  if (holdsOthers(parsed)) return (content) => emptyOf(content, parsed, name);
  if (parsed.name === 'Strings') return (content) => valueOf(content, { name: 'str', args: [] }, name, true);
  if (acceptsTensor(type)) return (content) => (content instanceof Tensor ? content : nestedStrings(content));
  return (content) => valueOf(content, parsed, name);
}

/** Lists and dicts whose items are inputs of their own: more than scalars of one type. */
function holdsOthers(type: TorchType): boolean {
  if (type.name === 'Tuple' || type.name === 'Dict') return true;
  return type.name === 'List' && !['int', 'float', 'bool', 'str'].includes(innermost(type).name);
}

/** Its own name can only mean that nothing is in it. */
function emptyOf(content: TensorContent, type: TorchType, name: string): Value {
  const count = content.data.length;
  if (count > 0 || type.name === 'Tuple') {
    const items = `each item by itself, as ${name}[${type.name === 'Dict' ? 'key' : '0'}]`;
    throw wrong(`${items} (${formatTorchType(type)})`, name, 'one tensor');
  }
  return type.name === 'Dict' ? new Map() : [];
}

function tensorOf(content: TensorContent, name: string): Tensor {
  if (content instanceof Tensor) return content;
  throw torchError('ERR_INVALID_DTYPE', `Expected a tensor of numbers for ${name} but received BYTES`);
}

/** What a type that is no tensor makes of the elements: a scalar of one, a list of a vector. */
function valueOf(content: TensorContent, type: TorchType, name: string, anyRank = false): Value {
  if (type.name === 'Tensor' || type.name === 'Any')
    return content instanceof Tensor ? content : nestedStrings(content);
  if (!(content instanceof Tensor)) {
    if (innermost(type).name !== 'str') throw wrong(formatTorchType(type), name, `BYTES ${formatShape(content.shape)}`);
    const rank = depthOf(type);
    if (anyRank || content.shape.length === rank) return nestedStrings(content);
    if (rank === 0 && content.data.length === 1) return content.data[0] as string;
    throw wrong(`BYTES of rank ${rank}`, name, formatShape(content.shape));
  }
  requireKind(content, innermost(type), name);
  const rank = depthOf(type);
  if (rank === 0 && content.data.length === 1) return content.item();
  if (rank > 0 && content.shape.length === rank) {
    const nested: unknown = content.toArray();
    return nested as Value;
  }
  throw wrong(
    rank === 0 ? `one element (${formatTorchType(type)})` : `rank ${rank} (${formatTorchType(type)})`,
    name,
    formatShape(content.shape),
  );
}

/** The engine's own schema decides what a number may be; but a flag is no number, nor a number a flag. */
function requireKind({ dtype }: Tensor, { name: type }: TorchType, name: string): void {
  if (type === 'str') throw wrong('BYTES (str)', name, dtype);
  const isFlag = dtype === 'bool';
  if (type === 'bool' && !isFlag) throw wrong('BOOL (bool)', name, dtype);
  if ((type === 'int' || type === 'float') && isFlag) throw wrong(`numbers (${type})`, name, dtype);
}

function wrong(expected: string, name: string, got: string) {
  return torchError('ERR_INVALID_INPUT', `Expected ${expected} for ${name} but received ${got}`);
}

const inside = ({ name, args }: TorchType): TorchType | undefined =>
  name === 'List' || name === 'Optional' ? args[0] : undefined;
const depthOf = (type: TorchType): number => {
  const inner = inside(type);
  return inner ? depthOf(inner) + (type.name === 'List' ? 1 : 0) : 0;
};
const innermost = (type: TorchType): TorchType => {
  const inner = inside(type);
  return inner ? innermost(inner) : type;
};
