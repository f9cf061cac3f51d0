import type { Signature } from '../../types.js';
import { largestSize, type PackageSpec } from './input-spec.js';

/**
 * The inputs as the caller or the registry record says that they are, for a package that does not say so itself. Sizes that
 * may vary are taken to be equal where they are the same dimension: too strict for some models, never too lax.
 */
export function specOfSignature({ inputs, outputs }: Signature): PackageSpec {
  const symbols = new Map<string, { min: number; max: number }>();
  return {
    inputs: inputs.map(({ name, dtype, shape }) => ({
      name,
      dtype,
      shape: shape.map((size, axis) => {
        if (size !== null) return size;
        const symbol = `axis${axis}`;
        symbols.set(symbol, { min: 0, max: largestSize });
        return { symbol, scale: 1, offset: 0 };
      }),
      order: shape.map((_, axis) => axis),
    })),
    symbols,
    outputs,
    parameters: undefined,
    constants: new Map(),
    namesAreMadeUp: false,
    warnings: [
      'The package does not say what its inputs must be: dtypes and shapes are the given signature’s, and its largest sizes are unknown',
    ],
  };
}
