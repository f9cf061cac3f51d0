import { torchError } from '../errors.js';

/**
 * A size in terms of others: as compiled code writes it (`2L*s37 + 1L`), as sympy's srepr does
 * (`Add(Mul(Integer(2), Symbol('s37', positive=True, integer=True)), Integer(1))`), or as Python does (`s37 // 2`).
 */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'call'; readonly name: Operation; readonly args: readonly Expression[] };

/** The value of a name. */
export type SizesByName = (name: string) => number;

/** Every operation is one of these; what PyTorch and Python call them besides is in `names`. */
export type Operation = keyof typeof operations;

type Numbers = readonly number[];
const [first, second, third] = [0, 1, 2].map((i) => (args: Numbers) => args[i] ?? NaN) as [Pick, Pick, Pick];
type Pick = (args: Numbers) => number;

const isSame = (value: boolean): number => (value ? 1 : 0);
const floorMod = (a: number, b: number): number => a - b * Math.floor(a / b);

/** THE TABLE of operations. Numbers are whole as a rule; what cannot be computed is NaN, which equals no size. */
const operations = {
  Add: (args: Numbers) => args.reduce((sum, value) => sum + value, 0),
  Mul: (args: Numbers) => args.reduce((product, value) => product * value, 1),
  Max: (args: Numbers) => Math.max(...args),
  Min: (args: Numbers) => Math.min(...args),
  Pow: (args: Numbers) => first(args) ** second(args),
  Divide: (args: Numbers) => first(args) / second(args),
  FloorDiv: (args: Numbers) => Math.floor(first(args) / second(args)),
  CeilDiv: (args: Numbers) => Math.ceil(first(args) / second(args)),
  Mod: (args: Numbers) => floorMod(first(args), second(args)),
  ModularIndexing: (args: Numbers) => floorMod(Math.floor(first(args) / second(args)), third(args)),
  ShiftLeft: (args: Numbers) => first(args) * 2 ** second(args),
  ShiftRight: (args: Numbers) => Math.floor(first(args) / 2 ** second(args)),
  Floor: (args: Numbers) => Math.floor(first(args)),
  Ceil: (args: Numbers) => Math.ceil(first(args)),
  Trunc: (args: Numbers) => Math.trunc(first(args)),
  Abs: (args: Numbers) => Math.abs(first(args)),
  Identity: first,
  Where: (args: Numbers) => (first(args) ? second(args) : third(args)),
  Eq: (args: Numbers) => isSame(first(args) === second(args)),
  Ne: (args: Numbers) => isSame(first(args) !== second(args)),
  Lt: (args: Numbers) => isSame(first(args) < second(args)),
  Le: (args: Numbers) => isSame(first(args) <= second(args)),
  Gt: (args: Numbers) => isSame(first(args) > second(args)),
  Ge: (args: Numbers) => isSame(first(args) >= second(args)),
  And: (args: Numbers) => isSame(args.every(Boolean)),
  Or: (args: Numbers) => isSame(args.some(Boolean)),
  Not: (args: Numbers) => isSame(!first(args)),
};

/** Names that sympy, torch.utils._sympy and Python give to operations. */
const names: Readonly<Record<string, Operation>> = {
  ...(Object.fromEntries(Object.keys(operations).map((name) => [name, name])) as Record<string, Operation>),
  PowByNatural: 'Pow',
  Rational: 'Divide',
  IntTrueDiv: 'Divide',
  FloatTrueDiv: 'Divide',
  CleanDiv: 'FloorDiv',
  PythonMod: 'Mod',
  LShift: 'ShiftLeft',
  RShift: 'ShiftRight',
  FloorToInt: 'Floor',
  floor: 'Floor',
  CeilToInt: 'Ceil',
  ceiling: 'Ceil',
  TruncToInt: 'Trunc',
  TruncToFloat: 'Trunc',
  ToFloat: 'Identity',
  Integer: 'Identity',
  Float: 'Identity',
  Equality: 'Eq',
  Unequality: 'Ne',
  StrictLessThan: 'Lt',
  LessThan: 'Le',
  StrictGreaterThan: 'Gt',
  GreaterThan: 'Ge',
  'torch.sym_max': 'Max',
  'torch.sym_min': 'Min',
  'torch.sym_not': 'Not',
  max: 'Max',
  min: 'Min',
  abs: 'Abs',
};

export function operationOf(name: string): Operation | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

export function evaluate(expression: Expression, sizeOf: SizesByName): number {
  if (expression.kind === 'number') return expression.value;
  if (expression.kind === 'symbol') return sizeOf(expression.name);
  return operations[expression.name](expression.args.map((arg) => evaluate(arg, sizeOf)));
}

/** The names in an expression, each once, in their order. */
export function namesIn(expression: Expression, into = new Set<string>()): Set<string> {
  if (expression.kind === 'symbol') into.add(expression.name);
  if (expression.kind === 'call') for (const arg of expression.args) namesIn(arg, into);
  return into;
}

/** With something else in the place of each name. */
export function withNames(expression: Expression, of: (name: string) => Expression): Expression {
  if (expression.kind === 'symbol') return of(expression.name);
  if (expression.kind === 'number') return expression;
  return { ...expression, args: expression.args.map((arg) => withNames(arg, of)) };
}

/** Whether it is made of numbers, names, sums and products alone. */
export function isPolynomial(expression: Expression): boolean {
  if (expression.kind !== 'call') return true;
  return ['Add', 'Mul'].includes(expression.name) && expression.args.every(isPolynomial);
}

/** Scale × symbol + offset; without a symbol it is the offset. */
export interface Linear {
  readonly symbol: string | undefined;
  readonly scale: number;
  readonly offset: number;
}

/** Undefined for what is not linear in one symbol. */
export function linear(expression: Expression): Linear | undefined {
  if (expression.kind === 'number') return { symbol: undefined, scale: 0, offset: expression.value };
  if (expression.kind === 'symbol') return { symbol: expression.name, scale: 1, offset: 0 };
  const { name, args } = expression;
  const parts = args.map(linear);
  if (!['Add', 'Mul', 'Identity'].includes(name) || parts.includes(undefined)) return undefined;
  return (parts as Linear[]).reduce<Linear | undefined>(
    (all, part) => all && (name === 'Mul' ? product(all, part) : sum(all, part)),
    { symbol: undefined, scale: 0, offset: name === 'Mul' ? 1 : 0 },
  );
}

function sum(a: Linear, b: Linear): Linear | undefined {
  if (a.symbol !== undefined && b.symbol !== undefined && a.symbol !== b.symbol) return undefined;
  const scale = a.scale + b.scale;
  return { symbol: scale === 0 ? undefined : (a.symbol ?? b.symbol), scale, offset: a.offset + b.offset };
}

function product(a: Linear, b: Linear): Linear | undefined {
  const [factor, other] = a.symbol === undefined ? [a, b] : [b, a];
  if (factor.symbol !== undefined) return undefined;
  const scale = other.scale * factor.offset;
  return { symbol: scale === 0 ? undefined : other.symbol, scale, offset: other.offset * factor.offset };
}

/** Inclusive, and never NaN. */
export interface Interval {
  readonly min: number;
  readonly max: number;
}

const anywhere: Interval = { min: -Infinity, max: Infinity };

/** Operations that grow with every argument, so that the ends of an interval come from the ends of theirs. */
const growing: readonly Operation[] = ['Add', 'Max', 'Min', 'Floor', 'Ceil', 'Trunc', 'Identity'];
/** Those that do so where nothing is below 0, or below 1 where they divide by the second. */
const growingAboveZero: readonly Operation[] = ['Mul', 'Pow'];
const dividing: readonly Operation[] = ['FloorDiv', 'CeilDiv', 'Divide'];

/** Between which numbers the value lies; as much as is easily known. */
export function intervalOf(expression: Expression, rangeOf: (name: string) => Interval): Interval {
  if (expression.kind === 'number') return { min: expression.value, max: expression.value };
  if (expression.kind === 'symbol') return rangeOf(expression.name);
  const { name, args } = expression;
  const parts = args.map((arg) => intervalOf(arg, rangeOf));
  const ends = (low: Numbers, high: Numbers): Interval => {
    const [min, max] = [operations[name](low), operations[name](high)];
    return Number.isNaN(min) || Number.isNaN(max) ? anywhere : { min, max };
  };
  const [low, high] = [parts.map(({ min }) => min), parts.map(({ max }) => max)];
  const isPositive = low.every((value) => value >= 0);
  if (growing.includes(name) || (growingAboveZero.includes(name) && isPositive)) return ends(low, high);
  const [by] = parts.slice(1);
  if (!by || !isPositive || by.min < 1) return anywhere;
  if (dividing.includes(name)) return ends([low[0] ?? NaN, by.max], [high[0] ?? NaN, by.min]);
  if (name === 'Mod') return { min: 0, max: Math.min(high[0] ?? Infinity, by.max - 1) };
  return anywhere;
}

/** Signs between two, and which is done before others: a sum in a product needs parentheses. */
const signs: Readonly<Partial<Record<Operation, readonly [sign: string, rank: number]>>> = {
  Or: [' or ', 0],
  And: [' and ', 1],
  Eq: [' == ', 2],
  Ne: [' != ', 2],
  Lt: [' < ', 2],
  Le: [' <= ', 2],
  Gt: [' > ', 2],
  Ge: [' >= ', 2],
  Add: [' + ', 3],
  Mul: ['*', 4],
  FloorDiv: [' // ', 4],
  Divide: [' / ', 4],
  Mod: [' % ', 4],
  Pow: ['**', 5],
};

/** For people: `2*s37 + 1`. */
export function formatExpression(expression: Expression, above = -1): string {
  if (expression.kind === 'number') return String(expression.value);
  if (expression.kind === 'symbol') return expression.name;
  const { name, args } = expression;
  const [only] = args;
  if (name === 'Identity' && only) return formatExpression(only, above);
  if (name === 'Mul' && only?.kind === 'number' && only.value === -1) {
    return `-${formatExpression({ kind: 'call', name, args: args.slice(1) }, 4)}`;
  }
  if (only && args.length === 1 && name in signs) return formatExpression(only, above);
  const [sign, rank] = signs[name] ?? [];
  if (sign === undefined || rank === undefined)
    return `${name}(${args.map((arg) => formatExpression(arg)).join(', ')})`;
  const parts = args.map((arg, i) => formatExpression(arg, i > 0 && rank >= 2 ? rank : rank - 1));
  const text = parts.reduce((all, part) =>
    name === 'Add' && part.startsWith('-') ? `${all} - ${part.slice(1)}` : all + sign + part,
  );
  return rank <= above ? `(${text})` : text;
}

export function unknownExpression(text: string) {
  return torchError(
    'ERR_MODEL_FORMAT',
    `Expected sizes that are numbers, names, or sums and products of them, but the package has ${JSON.stringify(text.slice(0, 64))}; ` +
      'export the model with simpler dynamic shapes',
  );
}
