import { parseExpression } from '../../signature/parse-expression.js';
import { evaluate, linear, namesIn, withNames, type Expression } from '../../signature/expression.js';
import type { Condition, Given } from '../../signature/sizes.js';

/** More than any program has; each is evaluated in every call. */
const most = 1000;

/** What a program may assume of its inputs, and what of that was not understood. */
export interface ReadGuards {
  readonly conditions: readonly Condition[];
  readonly unknown: readonly string[];
}

/**
 * The conditions that PyTorch writes down while it exports and checks in every call: `L['x'].size()[0] % 2 == 0`.
 * @param given what a call gives, by its name: `x` a number, `x.shape[0]` a dimension
 * @param constants names of what was fixed: a condition on that holds
 */
export function readGuards(
  guards: readonly string[],
  given: ReadonlyMap<string, Given>,
  constants: ReadonlySet<string>,
): ReadGuards {
  const conditions: Condition[] = [];
  const unknown: string[] = [];
  for (const guard of guards.slice(0, most)) {
    const found = readGuard(guard, given, constants);
    if (found) conditions.push(found);
    else if (found === undefined) unknown.push(guard);
  }
  return { conditions, unknown: [...unknown, ...guards.slice(most)] };
}

/** Null for one that always holds, undefined for one that is not understood. */
function readGuard(
  guard: string,
  given: ReadonlyMap<string, Given>,
  constants: ReadonlySet<string>,
): Condition | null | undefined {
  try {
    const expression = parseExpression(guard, readSource);
    const names = [...namesIn(expression)];
    if (names.every((name) => constants.has(name))) return null;
    if (!names.every((name) => given.has(name))) return undefined;
    const known = (name: string): Expression => (given.get(name) as Given).expression;
    if (isOfSpecialSizes(withNames(expression, known))) return null;
    return { expression, given: new Map(names.map((name) => [name, given.get(name) as Given])) };
  } catch {
    return undefined;
  }
}

/** `L['x'][0]['k'].size()[1]` is `x.0.k.shape[1]`, and `L['n']` is `n`. */
function readSource(tokens: readonly string[], at: number): [name: string, taken: number] | undefined {
  if (tokens[at] !== 'L') return undefined;
  let to = at + 1;
  const path: string[] = [];
  while (tokens[to] === '[' && tokens[to + 2] === ']') {
    path.push((tokens[to + 1] ?? '').replace(/^(['"])(.*)\1$/, '$2'));
    to += 3;
  }
  if (path.length === 0) return undefined;
  const name = path.join('.');
  if (tokens[to] !== '.') return [name, to - at];
  const [, , size, open, close, begin, axis, end] = [undefined, ...tokens.slice(to, to + 7)];
  if (size !== 'size' || `${open}${close}${begin}${end}` !== '()[]') return undefined;
  return [`${name}.shape[${axis}]`, to + 7 - at];
}

/** Of a symbol alone they say no more than that it is 2 or more, which PyTorch assumes of all and does not hold runs to. */
function isOfSpecialSizes(expression: Expression): boolean {
  if (expression.kind !== 'call' || expression.args.length !== 2) return false;
  const [left, right] = expression.args as [Expression, Expression];
  const difference = linear({
    kind: 'call',
    name: 'Add',
    args: [left, { kind: 'call', name: 'Mul', args: [minusOne, right] }],
  });
  if (difference?.symbol === undefined) return false;
  if (expression.name === 'Ne') return -difference.offset / difference.scale < 2;
  const holds = (size: number): boolean =>
    evaluate(
      withNames(expression, () => ({ kind: 'number', value: size })),
      () => NaN,
    ) !== 0;
  // Linear in one symbol: what holds of 2 and of a large number holds of all between.
  return ['Ge', 'Gt', 'Le', 'Lt'].includes(expression.name) && [2, 2 ** 40].every(holds);
}

const minusOne: Expression = { kind: 'number', value: -1 };
