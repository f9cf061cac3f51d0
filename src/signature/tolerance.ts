import { expected } from '../errors.js';
import type { Precision } from '../tensor/dtype.js';
import { Tensor } from '../tensor/tensor.js';

/** How far an output may be from the true one: absolute + relative × the output's own scale. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** By precision; `auto` is the artifact's own dtypes. */
export type Tolerances = { readonly [P in Precision]?: Tolerance };

/** Where nothing else is said. */
const full: Tolerance = { absolute: 0, relative: 1e-4 };
const half: Tolerance = { absolute: 0, relative: 1e-2 };

/** How far an output may be from what it should be: as given, else by the precision it was computed in. */
export function toleranceOf(
  output: Tensor,
  { precision }: { readonly precision: Precision },
  given: Tolerance | undefined,
): Tolerance {
  if (given) return given;
  const isHalf = [output.dtype, precision].some((name) => ['float16', 'bfloat16', 'fp16', 'bf16'].includes(name));
  return isHalf ? half : full;
}

/** The tolerance of one precision; that of `auto`, the artifact's own dtypes, where `fp32` is all that is known. */
export function toleranceFor(tolerances: Tolerances | undefined, precision: Precision): Tolerance | undefined {
  return tolerances?.[precision] ?? (precision === 'auto' ? tolerances?.fp32 : undefined);
}

/** @throws ERR_INVALID_ARGUMENT */
export function checkTolerance(tolerance: unknown): asserts tolerance is Tolerance {
  const { absolute, relative } = (tolerance ?? {}) as Partial<Record<keyof Tolerance, unknown>>;
  if (!isBound(absolute) || !isBound(relative)) {
    throw expected('{ absolute, relative }, both at least 0', 'tolerance', tolerance);
  }
}

function isBound(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
