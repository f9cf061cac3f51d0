import { describe, torchError, withArticle } from '../errors.js';
import { dtypeTable, type DType } from './dtype.js';
import { decodeBFloat16, decodeFloat16, encodeBFloat16, encodeFloat16 } from './float16.js';

/** One element as callers give and get it. */
export type Leaf = number | bigint | boolean;

export function isLeaf(value: unknown): value is Leaf {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
}

/** The dtype where none is given: that of the first element. */
export function defaultDType(leaf: Leaf | undefined): DType {
  if (typeof leaf === 'bigint') return 'int64';
  return typeof leaf === 'boolean' ? 'bool' : 'float32';
}

/** Makes an element of the typed array. It throws ERR_OUT_OF_RANGE for what the dtype cannot hold. */
export function encoderOf(dtype: DType): (leaf: Leaf, index: number) => number | bigint {
  const { kind, bytes, min, max } = dtypeTable[dtype];
  const reject = (leaf: Leaf, index: number) =>
    torchError(
      'ERR_OUT_OF_RANGE',
      `Expected ${withArticle(dtype)} for element ${index} but received ${describe(leaf)}`,
    );
  if (kind === 'bool') {
    return (leaf, index) => {
      if (leaf === true || leaf === 1) return 1;
      if (leaf === false || leaf === 0) return 0;
      throw reject(leaf, index);
    };
  }
  if (kind === 'float') {
    const bits = dtype === 'float16' ? encodeFloat16 : dtype === 'bfloat16' ? encodeBFloat16 : Number;
    return (leaf, index) => {
      if (typeof leaf === 'boolean') throw reject(leaf, index);
      return bits(Number(leaf));
    };
  }
  return (leaf, index) => {
    if (typeof leaf === 'boolean' || (typeof leaf === 'number' && !Number.isSafeInteger(leaf)))
      throw reject(leaf, index);
    const exact = BigInt(leaf);
    if (exact < (min as bigint) || exact > (max as bigint)) throw reject(leaf, index);
    return bytes === 8 ? exact : Number(exact);
  };
}

/** Reads an element of the typed array. */
export function decoderOf(dtype: DType): (element: number | bigint) => Leaf {
  if (dtype === 'bool') return (element) => element !== 0;
  if (dtype === 'float16') return (element) => decodeFloat16(element as number);
  if (dtype === 'bfloat16') return (element) => decodeBFloat16(element as number);
  return (element) => element;
}
