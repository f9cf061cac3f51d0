import type { DimensionBounds } from '../../signature/spec.js';
import { largestSize } from '../pt2/extent.js';

/** As torch/_export/serde/schema.py has it; nothing of it is trusted. */
interface Program {
  readonly range_constraints?: Readonly<Record<string, { readonly min_val?: unknown; readonly max_val?: unknown }>>;
}

/** The ranges of symbols that an exported program declares; undefined for what is none. */
export function declaredBounds(program: Buffer): Map<string, DimensionBounds> | undefined {
  let parsed: Program;
  try {
    parsed = JSON.parse(program.toString('utf8')) as Program;
  } catch {
    return undefined;
  }
  const declared = new Map<string, DimensionBounds>();
  for (const [symbol, { min_val: min, max_val: max }] of Object.entries(
    Object(parsed?.range_constraints ?? {}) as NonNullable<Program['range_constraints']>,
  )) {
    const [low, high] = [min ?? 0, max ?? largestSize];
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) continue;
    declared.set(symbol, { min: Math.max(0, low as number), max: high as number });
  }
  return declared;
}
