import { torchError } from '../../errors.js';
import type { Dimension, DType, Signature, TensorSpec } from '../../types.js';
import { checkTensor, orderedArguments } from '../signature.js';
import type { Tensor } from '../tensor.js';
import type { Arguments } from '../value.js';
import type { GraphValue, ValueKind } from './proto-value.js';
import type { SessionOutput } from './protocol.js';
import { dtypeOfElement, elementName } from './tensor-types.js';

/** A graph's input or output, as it may be used here. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: DType;
  /** Undefined where the model leaves even the rank open. */
  readonly shape: readonly Dimension[] | undefined;
}

/** @throws ERR_UNSUPPORTED_TYPE for what is no dense tensor of our dtypes */
export function supportedValues(values: readonly GraphValue[], side: 'input' | 'output'): OnnxValue[] {
  return values.map(({ name, kind, elementType, shape }) => {
    const dtype = kind === 'tensor' ? dtypeOfElement[elementType] : undefined;
    if (dtype) return { name, dtype, shape };
    const got = kind === 'tensor' ? `a ${elementName(elementType)} tensor` : nameOfKind(kind);
    throw torchError(
      'ERR_UNSUPPORTED_TYPE',
      `Expected tensors of ${Object.values(dtypeOfElement).join(', ')} but the model's ${side} ${name} is ${got}`,
    );
  });
}

function nameOfKind(kind: ValueKind): string {
  return kind === 'nothing' ? 'of no type that the file tells' : `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** Shapes that the file leaves out, as ONNX Runtime inferred them. Its [] may also mean that it does not know. */
export function withInferredShapes(outputs: readonly OnnxValue[], inferred: readonly SessionOutput[]): OnnxValue[] {
  return outputs.map((output) => {
    const shape = inferred.find(({ name }) => name === output.name)?.shape ?? [];
    return output.shape || shape.length === 0 ? output : { ...output, shape };
  });
}

/** Undefined where some rank is open: a signature has no way to say so. */
export function signatureOf(inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): Signature | undefined {
  const all = [...inputs, ...outputs];
  return all.every(isRanked) ? { inputs: inputs as TensorSpec[], outputs: outputs as TensorSpec[] } : undefined;
}

function isRanked(value: OnnxValue): value is OnnxValue & TensorSpec {
  return value.shape !== undefined;
}

/**
 * The tensors of a call in the model's order. ONNX Runtime itself would pass over an input too many.
 * @throws as checkedArguments
 */
export function inputTensors(inputs: readonly OnnxValue[], args: Arguments): Tensor[] {
  return orderedArguments(inputs, args).map((value, i) => {
    const input = inputs[i] as OnnxValue;
    const shape = input.shape ?? (value as Partial<Tensor> | null)?.shape ?? [];
    checkTensor({ ...input, shape }, value);
    return value as Tensor;
  });
}
