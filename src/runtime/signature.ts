import { describe, torchError } from '../errors.js';
import type { DType, Signature, TensorSpec } from '../types.js';
import { dtypeTable } from './dtype.js';
import { decodeBFloat16, decodeFloat16, encodeBFloat16, encodeFloat16 } from './half.js';
import { formatShape } from './shape.js';
import { Tensor } from './tensor.js';
import type { Arguments, Value } from './value.js';
import { namedArguments } from './wire.js';

type NamedInput = Pick<TensorSpec, 'name'>;

/**
 * Checks arguments of `forward` against a signature and puts them in its order.
 * @throws ERR_INVALID_INPUT (missing, extra, no tensor), ERR_INVALID_DTYPE, ERR_INVALID_SHAPE, ERR_NOT_FINITE, ERR_OUT_OF_RANGE
 */
export function checkedArguments(signature: Signature, args: Arguments): readonly Value[] {
  const ordered = orderedArguments(signature.inputs, args);
  for (const [i, spec] of signature.inputs.entries()) checkTensor(spec, ordered[i] as Value);
  return ordered;
}

/** Arguments in the order of the inputs, one for each. @throws ERR_INVALID_INPUT (missing, extra) */
export function orderedArguments(inputs: readonly NamedInput[], args: Arguments): readonly Value[] {
  const ordered = Array.isArray(args) ? (args as readonly Value[]) : byName(inputs, namedArguments(args));
  if (ordered.length === inputs.length) return ordered;
  throw torchError('ERR_INVALID_INPUT', `Expected the inputs ${names(inputs)} but received ${ordered.length}`);
}

function byName(inputs: readonly NamedInput[], args: Record<string, Value>): Value[] {
  for (const name of Object.keys(args)) {
    if (!inputs.some((spec) => spec.name === name)) {
      throw torchError('ERR_INVALID_INPUT', `Expected the inputs ${names(inputs)} but received ${describe(name)} too`);
    }
  }
  return inputs.map(({ name }) => {
    if (!Object.hasOwn(args, name)) {
      throw torchError('ERR_INVALID_INPUT', `Expected the inputs ${names(inputs)} but ${describe(name)} is missing`);
    }
    return args[name] as Value;
  });
}

/** Checks one tensor against its spec; throws as checkedArguments. */
export function checkTensor(spec: TensorSpec, value: Value): void {
  if (!(value instanceof Tensor)) {
    throw torchError(
      'ERR_INVALID_INPUT',
      `Expected a ${spec.dtype} tensor for ${spec.name} but received ${describe(value)}`,
    );
  }
  if (value.dtype !== spec.dtype) {
    throw torchError('ERR_INVALID_DTYPE', `Expected dtype ${spec.dtype} for ${spec.name} but received ${value.dtype}`);
  }
  const fits =
    value.shape.length === spec.shape.length &&
    spec.shape.every((size, axis) => size === null || size === value.shape[axis]);
  if (!fits) {
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected shape ${formatShape(spec.shape)} for ${spec.name} but received ${formatShape(value.shape)}`,
    );
  }
  if (spec.range) checkRange(spec, spec.range, value);
}

/** What a number becomes as an element, where that is another number. */
const roundings: Partial<Record<DType, (value: number) => number>> = {
  float32: Math.fround,
  float16: (value) => decodeFloat16(encodeFloat16(value)),
  bfloat16: (value) => decodeBFloat16(encodeBFloat16(value)),
};

// Messages name the element, never its value: they end up in logs.
function checkRange(spec: TensorSpec, range: readonly [number, number], { dtype, data }: Tensor): void {
  // 0.1 as a float32 is a little above 0.1, and must not fall out of [0, 0.1].
  const [min, max] = range.map(roundings[dtype] ?? Number) as [number, number];
  const half = dtype === 'float16' ? decodeFloat16 : dtype === 'bfloat16' ? decodeBFloat16 : undefined;
  for (let i = 0; i < data.length; ++i) {
    const element = data[i] as number | bigint;
    const value = half ? half(element as number) : element;
    if (value >= min && value <= max) continue; // false for NaN
    if (dtypeTable[dtype].kind === 'float' && !Number.isFinite(value)) {
      throw torchError('ERR_NOT_FINITE', `Expected finite numbers for ${spec.name} but element ${i} is not finite`);
    }
    throw torchError(
      'ERR_OUT_OF_RANGE',
      `Expected values in [${range[0]}, ${range[1]}] for ${spec.name} but element ${i} is outside`,
    );
  }
}

function names(inputs: readonly NamedInput[]): string {
  return inputs.map(({ name }) => name).join(', ');
}
