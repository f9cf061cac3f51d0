import { torchError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
import type { Value } from '../tensor/value.js';
import type { BoundArguments } from './bind.js';
import { evaluate, formatExpression, linear, namesIn, type Expression } from './expression.js';

/** Something that a call gives: a dimension of a tensor, or a number. */
export interface Given {
  /** Its place among the inputs. */
  readonly input: number;
  /** Undefined for a number. */
  readonly axis: number | undefined;
  /** For messages: `x` or `dimension 1 of x`. */
  readonly name: string;
  /** What it must be, in terms of symbols. */
  readonly expression: Expression;
}

/** A condition on what a call gives, over names that `given` knows. */
export interface Condition {
  readonly expression: Expression;
  /** Which of `given` each of its names is. */
  readonly given: ReadonlyMap<string, Given>;
}

interface Rule {
  readonly holds: (values: BoundArguments) => boolean;
  readonly refuse: (values: BoundArguments) => Error;
  /** It may hold for a call, and not for a part of its rows. */
  readonly isOfRows: boolean;
  /** It may hold for parts of a call's rows alone. */
  readonly isOfParts: boolean;
}

/** Beyond this two sizes are two sizes: a third of something may be a little off. */
const close = 1e-6;

/**
 * What must hold between the sizes and numbers of one call: equal symbols are equal, and what follows from symbols is what it must
 * be. Made once for each model.
 */
export class SizeCheck {
  readonly #rules: readonly Rule[];
  readonly #rowRules: readonly Rule[];

  /** @param given all that has an expression; one whose symbols nobody gives is not checked */
  constructor(given: readonly Given[], conditions: readonly Condition[] = []) {
    const symbols = definitions(given);
    const rows = new Set(given.filter(({ axis }) => axis === 0).flatMap(({ expression }) => [...namesIn(expression)]));
    const rules = given.flatMap((one) => ruleOf(one, symbols, rows) ?? []);
    this.#rules = [...rules, ...conditions.map((condition) => conditionRule(condition))];
    this.#rowRules = this.#rules.filter(({ isOfRows }) => isOfRows);
  }

  /**
   * @param anyRows the call will be split: conditions on its rows are for `checkRows` then
   * @throws ERR_INVALID_SHAPE, ERR_OUT_OF_RANGE for a number
   */
  check(values: BoundArguments, anyRows = false): void {
    for (const rule of this.#rules) {
      if (anyRows && rule.isOfParts) continue;
      if (!rule.holds(values)) throw rule.refuse(values);
    }
  }

  /** Whether rows of several calls may break what holds of each. */
  get isOfRows(): boolean {
    return this.#rowRules.length > 0;
  }

  /** What rows that were put together must be. @throws as `check` */
  checkRows(values: BoundArguments): void {
    for (const rule of this.#rowRules) if (!rule.holds(values)) throw rule.refuse(values);
  }
}

type Definitions = ReadonlyMap<string, { readonly given: Given; readonly of: (values: BoundArguments) => number }>;

/** Each symbol by the first that tells it: as it is, or else in a sum or a product with numbers. */
function definitions(given: readonly Given[]): Definitions {
  const found = new Map<string, { given: Given; of: (values: BoundArguments) => number }>();
  for (const one of given) {
    const { expression } = one;
    if (expression.kind !== 'symbol' || found.has(expression.name)) continue;
    found.set(expression.name, { given: one, of: (values) => numberOf(one, values) });
  }
  for (const one of given) {
    const { symbol, scale, offset } = linear(one.expression) ?? {};
    if (symbol === undefined || scale === undefined || offset === undefined || found.has(symbol)) continue;
    found.set(symbol, { given: one, of: (values) => (numberOf(one, values) - offset) / scale });
  }
  return found;
}

function numberOf({ input, axis }: Given, values: BoundArguments): number {
  const value = values[input] as Value;
  if (axis === undefined) return Number(value);
  return (value as Tensor).shape[axis] ?? NaN;
}

function ruleOf(given: Given, symbols: Definitions, rows: ReadonlySet<string>): Rule | undefined {
  const { expression, name, axis } = given;
  const names = [...namesIn(expression)];
  const isDefinition = expression.kind === 'symbol' && symbols.get(expression.name)?.given === given;
  if (isDefinition || names.length === 0 || names.some((symbol) => !symbols.has(symbol))) return undefined;
  const sizeOf = (values: BoundArguments) => (symbol: string) => symbols.get(symbol)?.of(values) ?? NaN;
  const told = names.map((symbol) => symbols.get(symbol)?.given as Given);
  // Rows that are put together stay equal among themselves.
  const isEqualRows = expression.kind === 'symbol' && axis === 0 && told.every((each) => each.axis === 0);
  return {
    holds: (values) => {
      // A symbol that is told by a sum is whole as well.
      const sizes = names.map(sizeOf(values));
      return (
        sizes.every(Number.isInteger) &&
        Math.abs(evaluate(expression, sizeOf(values)) - numberOf(given, values)) < close
      );
    },
    refuse: (values) => {
      const sizes = names.map((symbol, i) => `${symbol} is ${sizeOf(values)(symbol)} (${told[i]?.name})`);
      const wanted =
        expression.kind === 'symbol' ? String(evaluate(expression, sizeOf(values))) : formatExpression(expression);
      return refusal(
        axis,
        `Expected ${wanted} for ${name}, where ${sizes.join(' and ')}, but received ${numberOf(given, values)}`,
      );
    },
    isOfRows: !isEqualRows && (axis === 0 || names.some((symbol) => rows.has(symbol))),
    isOfParts: false,
  };
}

function conditionRule({ expression, given }: Condition): Rule {
  const numbers = (values: BoundArguments) => (name: string) => {
    const one = given.get(name);
    return one ? numberOf(one, values) : NaN;
  };
  const all = [...given.values()];
  const isOfRows = all.some(({ axis }) => axis === 0) && !isEquality(expression, all);
  return {
    holds: (values) => evaluate(expression, numbers(values)) !== 0,
    refuse: (values) => {
      const sizes = all.map((one) => `${numberOf(one, values)} for ${one.name}`);
      const axis = all.find((one) => one.axis !== undefined)?.axis;
      return refusal(
        axis,
        `Expected ${formatExpression(expression)}, which the model was exported for, but received ${sizes.join(', ')}`,
      );
    },
    isOfRows,
    isOfParts: isOfRows,
  };
}

/** Of rows with rows. */
function isEquality(expression: Expression, given: readonly Given[]): boolean {
  if (expression.kind !== 'call' || expression.name !== 'Eq') return false;
  return expression.args.every(({ kind }) => kind === 'symbol') && given.every(({ axis }) => axis === 0);
}

function refusal(axis: number | undefined, message: string): Error {
  return torchError(axis === undefined ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_SHAPE', message);
}
