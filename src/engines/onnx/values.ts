import { torchError } from '../../errors.js';
import type { DType } from '../../tensor/dtype.js';
import type { TensorSpec } from '../../signature/spec.js';
import type { GraphValue, ValueKind } from './proto-value.js';
import type { SessionOutput } from './protocol.js';
import { dtypeOfElement, elementName } from './tensor-types.js';

/** A graph's input or output, as it may be used here. A shape of null leaves even the rank open. */
export type OnnxValue = TensorSpec & { readonly dtype: DType };

/** @throws ERR_UNSUPPORTED_TYPE for what is no dense tensor of our dtypes */
export function supportedValues(values: readonly GraphValue[], side: 'input' | 'output'): OnnxValue[] {
  return values.map(({ name, kind, elementType, shape }) => {
    const dtype = kind === 'tensor' ? dtypeOfElement[elementType] : undefined;
    if (dtype) return { name, dtype, shape: shape ?? null };
    const got = kind === 'tensor' ? `a ${elementName(elementType)} tensor` : nameOfKind(kind);
    throw torchError(
      'ERR_UNSUPPORTED_TYPE',
      `Expected tensors of ${Object.values(dtypeOfElement).join(', ')} but the model's ${side} ${name} is ${got}`,
    );
  });
}

function nameOfKind(kind: ValueKind): string {
  return kind === 'nothing' ? 'of unknown type' : `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** Shapes that the file leaves out, as ONNX Runtime inferred them. Its [] may also mean that it does not know. */
export function withInferredShapes(outputs: readonly OnnxValue[], inferred: readonly SessionOutput[]): OnnxValue[] {
  return outputs.map((output) => {
    const shape = inferred.find(({ name }) => name === output.name)?.shape ?? [];
    return output.shape || shape.length === 0 ? output : { ...output, shape };
  });
}
