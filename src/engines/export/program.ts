import { describe, torchError } from '../../errors.js';
import { countLeaves, namesOfLeaves, namesOfResults, parseCallSpec, type Tree } from '../../signature/pytree.js';
import { withNames } from '../../signature/expression.js';
import { parseExpression } from '../../signature/parse-expression.js';
import type { DimensionBounds, Signature, TensorSpec } from '../../signature/spec.js';
import { isDType, type DType } from '../../tensor/dtype.js';
import { extentIn, isPlain, largestSize, specOf, type Size, type Symbols } from '../pt2/extent.js';

/** What the addon says of a program that it has read. */
export interface ProgramDescription {
  readonly argNames: readonly string[] | null;
  /** In the order of the leaves of the arguments. */
  readonly inputs: readonly Leaf[];
  /** In the order of the leaves of the results. */
  readonly outputs: readonly Leaf[];
  /** By symbol. */
  readonly ranges: Readonly<Record<string, readonly [min: number | null, max: number | null]>>;
  /** What PyTorch has assumed of sizes while it exported, as Python. */
  readonly guards: readonly string[];
  readonly torchVersion: string;
  readonly schemaVersion: readonly [major: number, minor: number];
}

type Leaf =
  | { readonly kind: 'tensor'; readonly dtype: string; readonly sizes: readonly (number | string)[] }
  | { readonly kind: ScalarKind; readonly expr: string }
  | { readonly kind: 'constant'; readonly value: Constant };

export type ScalarKind = 'int' | 'float' | 'bool';
type Constant = number | boolean | string | null;

/** One input that is given by a caller. */
export type ProgramInput = {
  readonly name: string;
  /** The way to it from the arguments, by the file's own names. */
  readonly path: string;
  /** Its place among the leaves of the arguments. */
  readonly leaf: number;
} & (
  | { readonly kind: 'tensor'; readonly dtype: DType; readonly shape: readonly Size[] }
  | { readonly kind: ScalarKind; readonly value: Size }
);

/** A program as calls need it. */
export interface Program {
  readonly inputTree: Tree;
  readonly outputTree: Tree;
  readonly parameters: readonly string[] | undefined;
  readonly inputs: readonly ProgramInput[];
  /** Leaves of the arguments that were fixed when it was exported, by their place. */
  readonly constants: ReadonlyMap<number, Constant>;
  /** The way to each leaf of the arguments. */
  readonly leafNames: readonly string[];
  /** The numbers that each symbol may be. */
  readonly ranges: Symbols;
  readonly guards: readonly string[];
  readonly signature: Signature;
  /** Of each leaf of the results, as TorchScript calls it. */
  readonly outputTypes: readonly string[];
}

/** How symbols and results are called in place of the file's own names. */
export interface ProgramNames {
  readonly symbols?: Readonly<Record<string, string>> | undefined;
  readonly outputs?: readonly string[] | undefined;
  readonly inputs?: readonly string[] | undefined;
}

/**
 * @param callSpec the trees of arguments and results
 * @throws ERR_MODEL_FORMAT where the parts of the file do not agree
 */
export function readProgram(
  description: ProgramDescription,
  callSpec: readonly string[],
  names: ProgramNames = {},
): Program {
  const [inputTree, outputTree] = callSpec.map(parseCallSpec) as [Tree, Tree];
  requireAsMany('inputs', description.inputs, inputTree);
  requireAsMany('results', description.outputs, outputTree);
  const parameters = description.argNames ?? undefined;
  const given = description.inputs.filter(({ kind }) => kind !== 'constant').length;
  const inputNames = names.inputs?.length === given ? names.inputs : undefined;
  const renamed = renamer(names, description.ranges);
  const symbols = symbolsOf(description.ranges, renamed);
  const own = unique(namesOfLeaves(inputTree, parameters));
  const inputs: ProgramInput[] = [];
  const constants = new Map<number, Constant>();
  for (const [i, leaf] of description.inputs.entries()) {
    const path = own[i] as string;
    const name = inputNames?.[inputs.length] ?? path;
    const known = { name, path, leaf: i };
    if (leaf.kind === 'constant') constants.set(i, leaf.value);
    else if (leaf.kind !== 'tensor') inputs.push({ ...known, kind: leaf.kind, value: sizeOf(leaf.expr, renamed) });
    else {
      const shape = leaf.sizes.map((size) => sizeOf(size, renamed));
      inputs.push({ ...known, kind: 'tensor', dtype: dtypeOf(leaf.dtype), shape });
    }
  }
  const resultNames =
    names.outputs?.length === description.outputs.length ? names.outputs : unique(namesOfResults(outputTree));
  return {
    ...{ inputTree, outputTree, parameters, inputs, constants },
    leafNames: own,
    ranges: loosened(symbols),
    guards: description.guards,
    signature: {
      inputs: inputs.map((input) => inputSpec(input, symbols)),
      outputs: description.outputs.map((leaf, i) =>
        outputSpec(leaf, resultNames[i] ?? `output${i}`, loosened(symbols), renamed),
      ),
    },
    outputTypes: description.outputs.map(typeOf),
  };
}

/** A new name must not be that of another symbol. */
function renamer({ symbols = {} }: ProgramNames, ranges: ProgramDescription['ranges']): (symbol: string) => string {
  const own = new Map(
    Object.entries(symbols).filter(([symbol, name]) => name === symbol || !Object.hasOwn(ranges, name)),
  );
  return (symbol) => own.get(symbol) ?? symbol;
}

function requireAsMany(what: string, leaves: readonly unknown[], tree: Tree): void {
  const count = countLeaves(tree);
  if (count === leaves.length) return;
  throw torchError(
    'ERR_MODEL_FORMAT',
    `Expected ${count} ${what} of the exported program, as its call specification has, but received ${leaves.length}`,
  );
}

/** A file may hold anything; of two inputs of one name nobody could give the second. */
function unique(names: readonly string[]): string[] {
  const found = new Set<string>();
  for (const name of names) {
    let own = name;
    while (found.has(own)) own += '_';
    found.add(own);
  }
  return [...found];
}

function symbolsOf(
  ranges: ProgramDescription['ranges'],
  renamed: (symbol: string) => string,
): Map<string, DimensionBounds> {
  return new Map(
    Object.entries(ranges).map(([symbol, [min, max]]) => [
      renamed(symbol),
      { min: min ?? -Infinity, max: max === null || max >= largestSize ? Infinity : max },
    ]),
  );
}

/**
 * Where nobody has stated a least size PyTorch exports for 2 and more, writes that down, and runs the program with 0 and 1 all the
 * same: 2 is none.
 */
function loosenedMin(min: number): number {
  return min === 2 ? 0 : min;
}

function loosened(symbols: Symbols): Symbols {
  return new Map([...symbols].map(([name, { min, max }]) => [name, { min: loosenedMin(min), max }]));
}

/** A size as the file has it, by the names that callers know. @throws ERR_MODEL_FORMAT for what cannot be read */
function sizeOf(size: number | string, renamed: (symbol: string) => string): Size {
  if (typeof size === 'number') return size;
  const expression = withNames(parseExpression(size), (name) => ({ kind: 'symbol', name: renamed(name) }));
  return extentIn(expression) ?? expression;
}

function dtypeOf(dtype: string): DType {
  if (isDType(dtype)) return dtype;
  throw torchError(
    'ERR_MODEL_FORMAT',
    `Expected a dtype that a Tensor has in the exported program but received ${describe(dtype)}`,
  );
}

function inputSpec(input: ProgramInput, symbols: Symbols): TensorSpec {
  if (input.kind === 'tensor') {
    const { bounds = [], ...spec } = specOf(input, symbols);
    return { ...spec, bounds: bounds.map((bound) => bound && loosenedBound(bound)) };
  }
  const { name, kind, value } = input;
  const { min = 0, max = Infinity } = (isPlain(value) ? loosened(symbols).get(value.symbol) : undefined) ?? {};
  const most = Number.MAX_SAFE_INTEGER;
  const range: readonly [number, number] = [Math.max(min, -most), Math.min(max, most)];
  return { name, dtype: null, shape: null, type: kind, ...(kind === 'int' && { range }) };
}

function loosenedBound({ min, max }: DimensionBounds): DimensionBounds | null {
  const low = loosenedMin(min);
  return low === 0 && max === Infinity ? null : { min: low, max };
}

function outputSpec(leaf: Leaf, name: string, symbols: Symbols, renamed: (symbol: string) => string): TensorSpec {
  if (leaf.kind !== 'tensor') return { name, dtype: null, shape: null, type: typeOf(leaf) };
  return specOf(
    { name, dtype: dtypeOf(leaf.dtype), shape: leaf.sizes.map((size) => resultSize(size, renamed)) },
    symbols,
  );
}

/** Nothing is checked by the size of a result: one that cannot be read is any. */
function resultSize(size: number | string, renamed: (symbol: string) => string): Size | null {
  try {
    return sizeOf(size, renamed);
  } catch {
    return null;
  }
}

function typeOf(leaf: Leaf): string {
  if (leaf.kind === 'tensor') return 'Tensor';
  if (leaf.kind !== 'constant') return leaf.kind;
  const { value } = leaf;
  if (value === null) return 'NoneType';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int' : 'float';
}
