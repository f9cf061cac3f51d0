import { torchError } from '../errors.js';
import type { Signature, TensorSpec } from '../types.js';
import { formatShape } from './shape.js';

/**
 * One signature out of what the artifact says of itself and what the caller or the registry record says of it. The given
 * one may narrow (a size where the artifact takes any) and add (ranges), never contradict.
 * @throws ERR_SIGNATURE_MISMATCH
 */
export function reconcile(artifact: Signature | undefined, given: Signature | undefined): Signature | undefined {
  if (!artifact || !given) return given ?? artifact;
  for (const side of ['inputs', 'outputs'] as const) {
    const own = artifact[side];
    if (own.length !== given[side].length) throw mismatch(`${own.length} ${side}`, String(given[side].length));
    for (const [i, spec] of given[side].entries()) requireFit(own[i] as TensorSpec, spec, `${side}[${i}]`);
  }
  return given;
}

function requireFit(own: TensorSpec, given: TensorSpec, where: string): void {
  if (own.name !== given.name) throw mismatch(`the name ${own.name} for ${where}`, given.name);
  if (own.dtype !== given.dtype) throw mismatch(`dtype ${own.dtype} for ${own.name}`, given.dtype);
  const fits =
    own.shape.length === given.shape.length &&
    own.shape.every((size, axis) => size === null || size === given.shape[axis]);
  if (!fits) throw mismatch(`shape ${formatShape(own.shape)} for ${own.name}`, formatShape(given.shape));
}

function mismatch(expected: string, got: string) {
  return torchError(
    'ERR_SIGNATURE_MISMATCH',
    `Expected ${expected}, as the model says, but the given signature has ${got}`,
  );
}
