import { describe, torchError } from '../../errors.js';
import type { Run } from '../../model/engine.js';
import type { BindOptions, BoundArguments } from '../../signature/bind.js';
import type { Expression } from '../../signature/expression.js';
import { SizeCheck, type Given } from '../../signature/sizes.js';
import type { Value } from '../../tensor/value.js';
import { isPlain, isSymbolic, type Size } from '../pt2/extent.js';
import { readGuards } from './guards.js';
import type { Program, ProgramInput, ScalarKind } from './program.js';

/** What holds of the arguments of one program, beyond the specification of each. */
export interface CallCheck {
  /** @throws ERR_INVALID_INPUT, ERR_INVALID_SHAPE, ERR_OUT_OF_RANGE */
  readonly check: (ordered: BoundArguments, options?: BindOptions) => void;
  /** For runs of rows that were put together; undefined where that changes nothing. */
  readonly before: ((run: Run) => void) | undefined;
  /** Guards that were not understood. */
  readonly unknown: readonly string[];
}

export function callCheck(program: Program): CallCheck {
  const given = program.inputs.flatMap(givenBy);
  const { conditions, unknown } = readGuards(
    program.guards,
    new Map(given.flatMap((one) => one.keys.map((key) => [key, one]))),
    constantsOf(program),
  );
  const sizes = new SizeCheck(given, conditions);
  const scalars = program.inputs.flatMap((input, i) => scalarCheck(program, input, i) ?? []);
  return {
    check(ordered, { anyRows } = {}) {
      for (const scalar of scalars) scalar(ordered);
      sizes.check(ordered, anyRows);
    },
    before: sizes.isOfRows
      ? ({ values }) => {
          sizes.checkRows(values);
        }
      : undefined,
    unknown,
  };
}

/** Names of what was fixed: guards on that say nothing new. */
function constantsOf({ constants, leafNames }: Program): ReadonlySet<string> {
  return new Set([...constants.keys()].map((i) => leafNames[i] ?? ''));
}

interface Keyed extends Given {
  /** What guards may call it. */
  readonly keys: readonly string[];
}

function givenBy(input: ProgramInput, place: number): Keyed[] {
  const { name, path, leaf } = input;
  // What is in `*args` is an argument of its own here, and `args[0]` there.
  const roots = [path, path.replace(/^(\w+)_(\d+)(?=\.|$)/, '$1.$2'), `flat_args.${leaf}`];
  if (input.kind !== 'tensor') {
    return [{ input: place, axis: undefined, name, keys: roots, expression: expressionOf(input.value) }];
  }
  return input.shape.map((size, axis) => ({
    ...{ input: place, axis, name: `dimension ${axis} of ${name}` },
    keys: roots.map((root) => `${root}.shape[${axis}]`),
    expression: expressionOf(size),
  }));
}

function expressionOf(size: Size): Expression {
  if (typeof size === 'number') return { kind: 'number', value: size };
  if (!isSymbolic(size)) return size;
  const { symbol, scale, offset } = size;
  const plain: Expression = { kind: 'symbol', name: symbol };
  if (isPlain(size)) return plain;
  const number = (value: number): Expression => ({ kind: 'number', value });
  const scaled: Expression = scale === 1 ? plain : { kind: 'call', name: 'Mul', args: [number(scale), plain] };
  return offset === 0 ? scaled : { kind: 'call', name: 'Add', args: [scaled, number(offset)] };
}

const kinds: Readonly<Record<ScalarKind, readonly [wanted: string, is: (value: Value | undefined) => boolean]>> = {
  int: ['a whole number', (value) => typeof value === 'bigint' || Number.isSafeInteger(value)],
  float: ['a number', (value) => typeof value === 'number'],
  bool: ['a boolean', (value) => typeof value === 'boolean'],
};

function scalarCheck(
  { ranges }: Program,
  input: ProgramInput,
  place: number,
): ((values: BoundArguments) => void) | undefined {
  if (input.kind === 'tensor') return undefined;
  const [wanted, is] = kinds[input.kind];
  const { name, value: size } = input;
  const { min = -Infinity, max = Infinity } = (isPlain(size) ? ranges.get(size.symbol) : undefined) ?? {};
  return (values) => {
    const value = values[place];
    if (!is(value))
      throw torchError('ERR_INVALID_INPUT', `Expected ${wanted} for ${name} but received ${describe(value)}`);
    if (Number(value) >= min && Number(value) <= max) return;
    const side = Number(value) < min ? 'a smaller one' : 'a larger one';
    throw torchError('ERR_OUT_OF_RANGE', `Expected a number from ${min} to ${max} for ${name} but received ${side}`);
  };
}
