import type { DimensionBounds, Signature, TensorSpec } from '../../signature/spec.js';
import { largestSize, malformed, type Extent, type InputSpec, type PackageSpec } from './input-spec.js';

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
    outputs,
    parameters: undefined,
    constants: new Map(),
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
