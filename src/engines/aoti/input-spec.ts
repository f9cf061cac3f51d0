import type { DimensionBounds, Signature, TensorSpec } from '../../signature/spec.js';
import type { DType } from '../../tensor/dtype.js';
import { evaluate } from '../../signature/expression.js';
import { isPlain, largestSize, malformed, specOf, textOfSizes, type Extent } from '../pt2/extent.js';

/** One input of compiled code, which checks nothing itself: all that keeps its reads inside the tensor. */
export interface InputSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Extent[];
  /** Dimensions from the slowest to the fastest in memory. */
  readonly order: readonly number[];
}

/** A result that is no tensor in the model: a constant, or what the code gives as a tensor of rank 0. */
export interface PlainResult {
  readonly value?: number | boolean | null | undefined;
}

/** What a package's inputs must be, and where that is known from. */
export interface PackageSpec {
  readonly inputs: readonly InputSpec[];
  readonly symbols: ReadonlyMap<string, DimensionBounds>;
  /**
   * The bounds are those of a check in the wrapper's source: PyTorch narrows them by what it assumed while it compiled, leaves
   * the check switched off and answers for every size that was exported.
   */
  readonly boundsAreInferred: boolean;
  /** What comes out, where the exporter wrote it down. */
  readonly outputs: readonly TensorSpec[] | undefined;
  /** Names of the positional arguments, where the exporter wrote them down. */
  readonly parameters: readonly string[] | undefined;
  /** Leaves of the inputs' tree that are no tensors, by their place in it: the only value that each may have. */
  readonly constants: ReadonlyMap<number, number | boolean | string | null>;
  /** Leaves of the results' tree that are no tensors, by their place in it. */
  readonly results: ReadonlyMap<number, PlainResult>;
  /** The names are ours, because the package has none. */
  readonly namesAreMadeUp: boolean;
  readonly warnings: readonly string[];
}

/** The order of dimensions in memory of a dense tensor. @throws ERR_MODEL_FORMAT for one that is not dense */
export function orderOf(sizes: readonly string[], strides: readonly string[]): number[] {
  const values = new Map<string, number>();
  // Sizes that are told apart: primes, none of them a product of others.
  const primes = [101, 103, 107, 109, 113, 127, 131, 137, 139, 149];
  const sizeOf = (name: string): number => {
    if (!values.has(name)) values.set(name, primes[values.size % primes.length] as number);
    return values.get(name) as number;
  };
  const size = sizes.map((text) => evaluate(textOfSizes(text), sizeOf));
  const stride = strides.map((text) => evaluate(textOfSizes(text), sizeOf));
  const order = size.map((_, axis) => axis).sort((a, b) => (stride[b] as number) - (stride[a] as number) || a - b);
  let expected = 1;
  for (const axis of order.toReversed()) {
    if (size[axis] !== 1 && stride[axis] !== expected && !size.includes(0)) {
      throw malformed('an input whose example had gaps or overlaps in memory; export with .contiguous() examples');
    }
    expected *= size[axis] as number;
  }
  return order;
}

/** What callers see of the inputs: sizes, and null with its bounds and symbol for what may vary. */
export function packageSignature(spec: PackageSpec): Signature {
  const inputs = spec.inputs.map(({ name, dtype, shape }) => specOf({ name, dtype, shape }, spec.symbols));
  return { inputs, outputs: spec.outputs ?? [] };
}

/**
 * The bounds that were declared in place of those that the source's check has.
 * @param lifted symbols that may be any size where nobody declared one
 */
export function widened(
  spec: PackageSpec,
  declared: ReadonlyMap<string, DimensionBounds>,
  lifted: readonly string[],
): PackageSpec {
  if (!spec.boundsAreInferred) return spec;
  const symbols = new Map(spec.symbols);
  for (const [name, own] of symbols) {
    const { min, max } = declared.get(name) ?? (lifted.includes(name) ? { min: own.min, max: largestSize } : own);
    symbols.set(name, { min, max: Math.min(max, largestSize) });
  }
  const isOpen = [...symbols.keys()].some((name) => !declared.has(name) && !lifted.includes(name));
  return { ...spec, symbols, boundsAreInferred: isOpen };
}

/** The bounds of a given signature, by the package's symbols: its author vouches for them. */
export function boundsVouchedFor(spec: PackageSpec, given: Signature | undefined): Map<string, DimensionBounds> {
  const vouched = new Map<string, DimensionBounds>();
  if (given?.inputs.length !== spec.inputs.length) return vouched;
  for (const [i, { shape }] of spec.inputs.entries()) {
    for (const [axis, extent] of shape.entries()) {
      const bounds = given.inputs[i]?.bounds?.[axis];
      if (!isPlain(extent) || !bounds) continue;
      const known = vouched.get(extent.symbol) ?? bounds;
      vouched.set(extent.symbol, { min: Math.max(known.min, bounds.min), max: Math.min(known.max, bounds.max) });
    }
  }
  return vouched;
}

/**
 * The inputs as the caller or the registry record says that they are, for a package that does not say so itself. Sizes that
 * may vary are taken to be equal where they have the same symbol, or none and are the same dimension: too strict for some
 * models, never too lax.
 * @throws ERR_MODEL_FORMAT for an input without dtype or shape
 */
export function specOfSignature({ inputs, outputs }: Signature): PackageSpec {
  const symbols = new Map<string, DimensionBounds>();
  return {
    inputs: inputs.map((spec) => inputOf(spec, symbols)),
    symbols,
    outputs: outputs.length > 0 ? outputs : undefined, // a signature may leave out all of them
    parameters: undefined,
    constants: new Map(),
    results: new Map(),
    boundsAreInferred: false,
    namesAreMadeUp: false,
    warnings: [
      'The package does not say what its inputs must be: dtypes, shapes and largest sizes are the given signature’s',
    ],
  };
}

function inputOf(
  { name, dtype, shape, bounds, symbols: names }: TensorSpec,
  symbols: Map<string, DimensionBounds>,
): InputSpec {
  if (dtype === null || shape === null) throw malformed(`the input ${JSON.stringify(name)} without dtype or shape`);
  const extents = shape.map((size, axis): Extent => {
    if (size !== null) return size;
    const symbol = names?.[axis] ?? `axis${axis}`;
    const { min, max } = bounds?.[axis] ?? { min: 0, max: largestSize };
    const known = symbols.get(symbol) ?? { min: 0, max: largestSize };
    symbols.set(symbol, { min: Math.max(min, known.min), max: Math.min(max, known.max) });
    return { symbol, scale: 1, offset: 0 };
  });
  return { name, dtype, shape: extents, order: shape.map((_, axis) => axis) };
}
