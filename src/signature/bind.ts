import { describe, torchError, withArticle } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
import { namedArguments, type Arguments, type Value } from '../tensor/value.js';
import { dtypeHint, shapeHint } from './hints.js';
import { checkRange, type Bounds } from './range.js';
import { formatSpecShape, type MethodSchema, type Signature, type TensorSpec } from './spec.js';
import { fitsSpec, formatShape } from '../tensor/shape.js';
import { anyStrings, isStringsSpec, readStrings } from './strings.js';
import { parseTorchType } from './torch-type.js';

/** The arguments of a method, in the order of its schema. Undefined means the default. */
export type BoundArguments = readonly (Value | undefined)[];

export interface BindOptions {
  /** The call will be split before it runs, so it may have more rows than one run takes. */
  readonly anyRows?: boolean | undefined;
  /** Least and greatest element of the only tensor, where the caller has measured them already. */
  readonly bounds?: Bounds | undefined;
}

/** How what a caller gives to one method becomes the arguments that the engine takes. Made once for each method. */
export interface Binder {
  /** What messages call the argument at each place. */
  readonly names: readonly string[];
  /** What the signature says of each place of the schema; undefined where it says nothing. */
  readonly specs: readonly (TensorSpec | undefined)[];
  /** The method takes exactly one argument, and that is a list or a dict. */
  readonly takesContainer: boolean;
  /**
   * Orders, completes and checks arguments: an array is by position, a plain object by name. The only check of a call.
   * @throws ERR_INVALID_INPUT (missing, extra, not a tensor), ERR_INVALID_DTYPE, ERR_INVALID_SHAPE, ERR_NOT_FINITE,
   * ERR_OUT_OF_RANGE
   */
  bind(args: Arguments, options?: BindOptions): BoundArguments;
}

type NamedInput = Pick<TensorSpec, 'name' | 'optional'>;

/** A binder of a method whose arguments stand in its schema. @param signature what is known of `forward`'s inputs */
export function schemaBinder({ args }: Pick<MethodSchema, 'args'>, signature?: Signature): Binder {
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
  const specs: (TensorSpec | undefined)[] = new Array<undefined>((places.at(-1) ?? -1) + 1).fill(undefined);
  for (const [i, place] of places.entries()) specs[place] = inputs[i];
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
export function inputChecks(inputs: readonly TensorSpec[]): (ordered: BoundArguments, options?: BindOptions) => void {
  const unbounded = inputs.map(withoutMostRows);
  const strings = inputs.map(isStringsSpec);
  const hasSymbols = inputs.some(({ symbols }) => symbols?.some((symbol) => symbol !== null));
  return (ordered, { anyRows = false, bounds } = {}) => {
    const specs = anyRows ? unbounded : inputs;
    const shapes: (readonly number[] | undefined)[] = [];
    for (let i = 0; i < specs.length; ++i) {
      const spec = specs[i] as TensorSpec;
      const value = ordered[i];
      if (value === undefined && spec.optional) continue;
      if (strings[i]) {
        shapes[i] = readStrings(spec, value).shape;
        continue;
      }
      // The engine's own schema decides about what is not a tensor.
      const isOther = spec.type !== undefined && !(value instanceof Tensor);
      if (!isOther) checkTensor(spec, value, bounds);
      if (hasSymbols && value instanceof Tensor) shapes[i] = value.shape;
    }
    if (hasSymbols) checkSymbols(inputs, shapes);
  };
}

/** Arguments in the order of the inputs, up to the last that is given. @throws ERR_INVALID_INPUT (missing, extra) */
function orderedArguments(inputs: readonly NamedInput[], args: Arguments): BoundArguments {
  const ordered = Array.isArray(args) ? (args as readonly Value[]) : byName(inputs, namedArguments(args));
  if (ordered.length === inputs.length) return ordered;
  const required = inputs.findLastIndex(({ optional }) => !optional) + 1;
  if (ordered.length >= required && ordered.length < inputs.length) return ordered;
  throw torchError('ERR_INVALID_INPUT', `Expected the inputs ${names(inputs)} but received ${count(ordered.length)}`);
}

const count = (given: number): string => (given === 1 ? '1 argument' : `${given} arguments`);

function byName(inputs: readonly NamedInput[], args: Readonly<Record<string, Value | undefined>>): BoundArguments {
  for (const name of Object.keys(args)) {
    if (!inputs.some((spec) => spec.name === name)) {
      throw torchError('ERR_INVALID_INPUT', `Expected the inputs ${names(inputs)} but received ${describe(name)} too`);
    }
  }
  const ordered = inputs.map(({ name, optional }) => {
    if (Object.hasOwn(args, name)) return args[name];
    if (optional) return undefined;
    throw torchError('ERR_INVALID_INPUT', `Expected the inputs ${names(inputs)} but ${describe(name)} is missing`);
  });
  return ordered.slice(0, inputs.findLastIndex(({ name }) => Object.hasOwn(args, name)) + 1);
}

/**
 * Where the signature's inputs stand among the method's arguments: by their names, where the method knows all of them
 * (it may have defaults for others between them), else in the same order.
 */
function placesOf(inputs: readonly NamedInput[], args: MethodSchema['args']): readonly number[] {
  const places = inputs.map(({ name }) => args.findIndex((argument) => argument.name === name));
  return places.includes(-1) ? inputs.map((_, i) => i) : places;
}

function spread(ordered: BoundArguments, places: readonly number[]): BoundArguments {
  const last = ordered.findLastIndex((value) => value !== undefined);
  const values = new Array<Value | undefined>(last < 0 ? 0 : (places[last] as number) + 1).fill(undefined);
  for (let i = 0; i <= last; ++i) values[places[i] as number] = ordered[i];
  return values;
}

/** Checks one tensor against its spec. @throws as `Binder.bind` */
function checkTensor(spec: TensorSpec, value: Value | undefined, bounds: Bounds | undefined): void {
  if (!(value instanceof Tensor)) {
    const wanted = spec.dtype === null ? 'a tensor' : withArticle(`${spec.dtype} tensor`);
    throw torchError('ERR_INVALID_INPUT', `Expected ${wanted} for ${spec.name} but received ${describe(value)}`);
  }
  if (spec.dtype !== null && value.dtype !== spec.dtype) {
    throw torchError('ERR_INVALID_DTYPE', `Expected dtype ${spec.dtype} for ${spec.name} but received ${value.dtype}`, {
      hint: dtypeHint(spec.dtype, value.dtype),
    });
  }
  if (!fitsSpec(value.shape, spec)) {
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected shape ${formatSpecShape(spec)} for ${spec.name} but received ${formatShape(value.shape)}`,
      { hint: shapeHint(spec, value.shape) },
    );
  }
  if (spec.range) checkRange(spec.name, spec.range, value, bounds);
}

/** Dimensions of one name have one size. */
function checkSymbols(inputs: readonly TensorSpec[], shapes: readonly (readonly number[] | undefined)[]): void {
  const known = new Map<string, { size: number; name: string }>();
  for (const [i, { name, symbols = [] }] of inputs.entries()) {
    for (const [axis, symbol] of symbols.entries()) {
      const size = shapes[i]?.[axis];
      if (symbol === null || size === undefined) continue;
      const first = known.get(symbol);
      if (!first) known.set(symbol, { size, name });
      else if (first.size !== size) {
        throw torchError(
          'ERR_INVALID_SHAPE',
          `Expected one size for the dimensions called ${symbol} but received ${first.size} in ${first.name} and ${size} in ${name}`,
        );
      }
    }
  }
}

function withoutMostRows(spec: TensorSpec): TensorSpec {
  const [rows, ...others] = spec.bounds ?? [];
  return rows ? { ...spec, bounds: [{ ...rows, max: Infinity }, ...others] } : spec;
}

/** Whether a type of a method's schema is a list, a tuple or a dict, or may be one. */
function isContainerType(text: string): boolean {
  const { name, args } = parseTorchType(text);
  if (name === 'Optional') return args[0] !== undefined && ['List', 'Tuple', 'Dict'].includes(args[0].name);
  return ['List', 'Tuple', 'Dict', anyStrings].includes(name);
}

function names(inputs: readonly NamedInput[]): string {
  return inputs.map(({ name, optional }) => (optional ? `${name} (optional)` : name)).join(', ') || 'none';
}
