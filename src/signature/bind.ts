import { describe, torchError } from '../errors.js';
import type { DType } from '../tensor/dtype.js';
import type { Signature, TensorSpec } from './spec.js';
import { dtypeTable } from '../tensor/dtype.js';
import { decodeBFloat16, decodeFloat16, encodeBFloat16, encodeFloat16 } from '../tensor/float16.js';
import { fitsSpec, formatSpecShape } from './spec.js';
import { formatShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { namedArguments, type Arguments, type Value } from '../tensor/value.js';

/**
 * Checks arguments of `forward` against a signature and puts them in its order. Inputs that may be left out are undefined
 * where others follow them.
 * @throws ERR_INVALID_INPUT (missing, extra, no tensor), ERR_INVALID_DTYPE, ERR_INVALID_SHAPE, ERR_NOT_FINITE, ERR_OUT_OF_RANGE
 */
export function checkedArguments({ inputs }: Signature, args: Arguments): readonly (Value | undefined)[] {
  const ordered = orderedArguments(inputs, args);
  for (const [i, spec] of inputs.entries()) {
    const value = ordered[i];
    const isLeftOut = value === undefined && spec.optional;
    // The engine's own schema decides about what is no tensor.
    const isOther = spec.type !== undefined && !(value instanceof Tensor);
    if (!isLeftOut && !isOther) checkTensor(spec, value as Value);
  }
  checkSymbols(inputs, ordered);
  return ordered;
}

type NamedInput = Pick<TensorSpec, 'name' | 'optional'>;

/** Arguments in the order of the inputs, up to the last that is given. @throws ERR_INVALID_INPUT (missing, extra) */
export function orderedArguments(inputs: readonly NamedInput[], args: Arguments): readonly (Value | undefined)[] {
  const ordered = Array.isArray(args) ? (args as readonly Value[]) : byName(inputs, namedArguments(args));
  const required = inputs.findLastIndex(({ optional }) => !optional) + 1;
  if (ordered.length >= required && ordered.length <= inputs.length) return ordered;
  throw torchError('ERR_INVALID_INPUT', `Expected the inputs ${names(inputs)} but received ${ordered.length}`);
}

function byName(inputs: readonly NamedInput[], args: Record<string, Value>): readonly (Value | undefined)[] {
  for (const name of Object.keys(args)) {
    if (!inputs.some((spec) => spec.name === name)) {
      throw torchError('ERR_INVALID_INPUT', `Expected the inputs ${names(inputs)} but received ${describe(name)} too`);
    }
  }
  const ordered = inputs.map(({ name, optional }) => {
    if (Object.hasOwn(args, name)) return args[name];
    if (optional) return undefined;
    throw torchError('ERR_INVALID_INPUT', `Expected the inputs ${names(inputs)} but ${describe(name)} is missing`);
  });
  return ordered.slice(0, inputs.findLastIndex(({ name }) => Object.hasOwn(args, name)) + 1);
}

/** Checks one tensor against its spec; throws as checkedArguments. */
export function checkTensor(spec: TensorSpec, value: Value): void {
  if (!(value instanceof Tensor)) {
    const wanted = spec.dtype === null ? 'a tensor' : `a ${spec.dtype} tensor`;
    throw torchError('ERR_INVALID_INPUT', `Expected ${wanted} for ${spec.name} but received ${describe(value)}`);
  }
  if (spec.dtype !== null && value.dtype !== spec.dtype) {
    throw torchError('ERR_INVALID_DTYPE', `Expected dtype ${spec.dtype} for ${spec.name} but received ${value.dtype}`);
  }
  if (!fitsSpec(value.shape, spec)) {
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected shape ${formatSpecShape(spec)} for ${spec.name} but received ${formatShape(value.shape)}`,
    );
  }
  if (spec.range) checkRange(spec, spec.range, value);
}

/** Dimensions of one name have one size. */
function checkSymbols(inputs: readonly TensorSpec[], values: readonly (Value | undefined)[]): void {
  const known = new Map<string, { size: number; name: string }>();
  for (const [i, { name, symbols = [] }] of inputs.entries()) {
    const value = values[i];
    if (!(value instanceof Tensor)) continue;
    for (const [axis, symbol] of symbols.entries()) {
      const size = value.shape[axis];
      if (symbol === null || size === undefined) continue;
      const first = known.get(symbol);
      if (!first) known.set(symbol, { size, name });
      else if (first.size !== size) {
        throw torchError(
          'ERR_INVALID_SHAPE',
          `Expected one size for the dimensions called ${symbol} but received ${first.size} in ${first.name} and ${size} in ${name}`,
        );
      }
    }
  }
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
  return inputs.map(({ name, optional }) => (optional ? `${name} (optional)` : name)).join(', ') || 'none';
}
