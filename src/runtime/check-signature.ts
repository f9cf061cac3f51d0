import { expected } from '../errors.js';
import type { Signature } from '../types.js';
import { isDType } from './dtype.js';

/** @throws ERR_INVALID_ARGUMENT for what is no Signature, so that no run stumbles over it later */
export function checkSignature(signature: unknown): asserts signature is Signature {
  for (const side of ['inputs', 'outputs'] as const) {
    const specs = (signature as Partial<Signature> | null)?.[side] as unknown;
    if (!Array.isArray(specs)) throw expected('an array', `signature.${side}`, specs);
    const names = new Set<unknown>();
    for (const [i, spec] of specs.entries()) {
      const where = `signature.${side}[${i}]`;
      if (typeof spec !== 'object' || spec === null) throw expected('an object', where, spec);
      const { name, dtype, shape, range } = spec as Record<string, unknown>;
      if (typeof name !== 'string' || names.has(name)) throw expected('a name of its own', `${where}.name`, name);
      names.add(name);
      if (!isDType(dtype)) throw expected('a dtype', `${where}.dtype`, dtype);
      if (!Array.isArray(shape) || !shape.every(isDimension)) {
        throw expected('an array of sizes and nulls', `${where}.shape`, shape);
      }
      if (range !== undefined && !isRange(range)) throw expected('[min, max]', `${where}.range`, range);
    }
  }
}

function isDimension(size: unknown): boolean {
  return size === null || (Number.isSafeInteger(size) && (size as number) >= 0);
}

function isRange(range: unknown): boolean {
  if (!Array.isArray(range) || range.length !== 2) return false;
  const [min, max] = range as unknown[];
  return typeof min === 'number' && typeof max === 'number' && min <= max;
}
