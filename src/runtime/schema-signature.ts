import type { MethodSchema, Signature, TensorSpec } from '../types.js';
import { formatTorchType, parseTorchType } from './torch-type.js';

/**
 * What a TorchScript archive says of `forward`: the names and types of its arguments and the types of its results. Dtypes
 * and shapes are in no archive, and neither are names of results: those are made up. Undefined without a forward.
 */
export function schemaSignature(methods: readonly MethodSchema[]): Signature | undefined {
  const forward = methods.find(({ name }) => name === 'forward');
  if (!forward) return undefined;
  const inputs = forward.args.map(({ name, type, hasDefault }): TensorSpec => ({
    ...specOf(name, type),
    ...(hasDefault && { optional: true }),
  }));
  const results = forward.returns.map(parseTorchType).flatMap((type) => (type.name === 'Tuple' ? type.args : [type]));
  const outputs = results.map((type, i) =>
    specOf(results.length === 1 ? 'output' : `output_${i}`, formatTorchType(type)),
  );
  return { inputs, outputs };
}

function specOf(name: string, type: string): TensorSpec {
  return { name, dtype: null, shape: null, ...(type !== 'Tensor' && { type }) };
}
