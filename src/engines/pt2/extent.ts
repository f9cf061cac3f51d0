import { torchError, type TorchError } from '../../errors.js';
import {
  formatExpression,
  intervalOf,
  isPolynomial,
  linear,
  unknownExpression,
  type Expression,
} from '../../signature/expression.js';
import { parseExpression } from '../../signature/parse-expression.js';
import type { DimensionBounds, TensorSpec } from '../../signature/spec.js';
import type { DType } from '../../tensor/dtype.js';

/** Scale × a symbol + offset. Equal symbols have equal sizes in one call. */
export interface Symbolic {
  readonly symbol: string;
  readonly scale: number;
  readonly offset: number;
}

/** A dimension that can be told from one symbol, and tells it. */
export type Extent = number | Symbolic;

/** Any dimension: one that follows from others is told by an expression of their symbols. */
export type Size = Extent | Expression;

export type Symbols = ReadonlyMap<string, DimensionBounds>;

/** As native/engine/aoti/compiled_package.cc. */
export const largestSize = 2 ** 40;

/** @throws ERR_MODEL_FORMAT unless it is linear in one symbol */
export function extentOf(text: string | number): Extent {
  if (typeof text === 'number') return text;
  const found = extentIn(textOfSizes(text));
  if (found !== undefined) return found;
  throw malformed(`a dimension of ${JSON.stringify(text)}, which depends on others in a way that cannot be checked`);
}

/** As compiled code has it: sums and products alone. @throws ERR_MODEL_FORMAT */
export function textOfSizes(text: string): Expression {
  const expression = parseExpression(text);
  if (isPolynomial(expression)) return expression;
  throw unknownExpression(text);
}

/** Undefined for what is not linear in one symbol, or not growing with it. */
export function extentIn(expression: Expression): Extent | undefined {
  const found = linear(expression);
  if (!found || found.scale < 0) return undefined;
  const { symbol, scale, offset } = found;
  if (![scale, offset].every(Number.isSafeInteger)) return undefined;
  return symbol === undefined ? offset : { symbol, scale, offset };
}

export function isSymbolic(size: Size | undefined): size is Symbolic {
  return typeof size === 'object' && 'symbol' in size;
}

/** A symbol as it is. */
export function isPlain(size: Size | undefined): size is Symbolic {
  return isSymbolic(size) && size.scale === 1 && size.offset === 0;
}

/** Between which sizes a dimension lies; null where that says nothing. */
export function boundsOf(size: Size, symbols: Symbols): DimensionBounds | null {
  if (typeof size === 'number') return null;
  const rangeOf = (name: string): DimensionBounds => symbols.get(name) ?? { min: 0, max: largestSize };
  if (!isSymbolic(size)) return sensible(intervalOf(size, (name) => unbounded(rangeOf(name))));
  const { min, max } = unbounded(rangeOf(size.symbol));
  const at = (value: number): number => size.scale * value + size.offset;
  return sensible({ min: at(min), max: at(max) });
}

const unbounded = ({ min, max }: DimensionBounds): DimensionBounds => ({
  min,
  max: max < largestSize ? max : Infinity,
});

function sensible({ min, max }: DimensionBounds): DimensionBounds | null {
  const low = Math.max(0, Math.ceil(min));
  const high = max < largestSize ? Math.floor(max) : Infinity;
  if (low > high || (low === 0 && high === Infinity)) return null;
  return { min: low, max: high };
}

/** How callers know a dimension: by its symbol, or by how it follows from others (`2*batch + 1`). */
function nameOf(size: Size): string | null {
  if (typeof size === 'number') return null;
  if (!isSymbolic(size)) return formatExpression(size);
  const { symbol, scale, offset } = size;
  const scaled = scale === 1 ? symbol : `${scale}*${symbol}`;
  return offset === 0 ? scaled : `${scaled} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
}

/** A tensor as callers see it: sizes, and null with its bounds and name for what may vary. */
export function specOf(
  { name, dtype, shape }: { readonly name: string; readonly dtype: DType; readonly shape: readonly (Size | null)[] },
  symbols: Symbols,
): TensorSpec {
  const sizes = shape.map((size) => (typeof size === 'number' ? size : null));
  const bounds = shape.map((size) => (size === null ? null : boundsOf(size, symbols)));
  return { name, dtype, shape: sizes, bounds, symbols: shape.map((size) => (size === null ? null : nameOf(size))) };
}

export function malformed(what: string): TorchError {
  return torchError('ERR_MODEL_FORMAT', `Expected inputs of a package that can be checked but received ${what}`);
}
