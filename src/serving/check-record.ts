import { torchError } from '../errors.js';
import type { ModelRecord } from '../registry/index.js';
import { dtypeTable } from '../runtime/dtype.js';
import type { Model } from '../runtime/model.js';
import { elementCount, formatShape } from '../runtime/shape.js';
import { Tensor } from '../runtime/tensor.js';
import type { Value } from '../runtime/value.js';
import type { Dimension, Signature, TensorSpec } from '../types.js';

/**
 * Holds a loaded model to its record: the artifact's size, the arguments of `forward`, and, with `run`, the outputs by
 * running it once on one row. A record that does not fit is found here and not in the first request.
 * @throws ERR_INTEGRITY, ERR_SIGNATURE_MISMATCH
 */
export async function checkAgainstRecord(model: Model, record: ModelRecord, { run }: { run: boolean }): Promise<void> {
  const { artifact, signature } = record;
  if (model.info.sha256 !== artifact.sha256 || model.info.artifactBytes !== artifact.bytes) {
    throw torchError(
      'ERR_INTEGRITY',
      `Expected an artifact of ${artifact.bytes} bytes but loaded ${model.info.artifactBytes}`,
    );
  }
  const forward = model.info.methods.find(({ name }) => name === 'forward');
  if (!forward) throw mismatch('a method forward', 'none');
  const required = forward.args.filter(({ hasDefault }) => !hasDefault).length;
  const inputs = signature.inputs.length;
  if (inputs < required || inputs > forward.args.length) {
    throw mismatch(`${inputs} arguments of forward`, String(forward.args.length));
  }
  // Running a stateful model would change what it answers later.
  if (run && !model.info.stateful) await checkOutputs(model, record);
}

async function checkOutputs(model: Model, { signature, name, version }: ModelRecord): Promise<void> {
  const output = await model.call('forward', signature.inputs.map(smallest));
  const outputs: readonly unknown[] = Array.isArray(output) ? output : (byName(output, signature) ?? [output]);
  // Dictionaries and nested results have no order that a list of specifications could be held against.
  if (!outputs.every((value) => value instanceof Tensor)) return;
  if (outputs.length !== signature.outputs.length) {
    throw mismatch(`${signature.outputs.length} outputs of ${name} ${version}`, String(outputs.length));
  }
  for (const [index, spec] of signature.outputs.entries()) {
    const { dtype, shape } = outputs[index] as Tensor;
    // A converted precision may change the dtype, never the shape.
    const sameType = dtype === spec.dtype || model.info.precision !== 'auto';
    if (!sameType || !fits(shape, spec.shape)) {
      throw mismatch(
        `${spec.dtype} ${formatShape(spec.shape)} for output ${spec.name}`,
        `${dtype} ${formatShape(shape)}`,
      );
    }
  }
}

/** The members of an object that has exactly the record's outputs, in the record's order: what ONNX models return. */
function byName(output: Value, { outputs }: Signature): readonly unknown[] | undefined {
  if (typeof output !== 'object' || output === null || output instanceof Tensor || output instanceof Map)
    return undefined;
  const members = output as Readonly<Record<string, Value>>;
  const fits =
    Object.keys(members).length === outputs.length && outputs.every(({ name }) => Object.hasOwn(members, name));
  return fits ? outputs.map(({ name }) => members[name]) : undefined;
}

/** A small valid tensor of a specification: free dimensions are 1, elements 0 or the middle of a range without it. */
function smallest({ dtype, shape, range: [min, max] = [0, 0] }: TensorSpec): Tensor {
  const sizes = shape.map((dimension) => dimension ?? 1);
  const middle = dtypeTable[dtype].kind === 'float' ? (min + max) / 2 : Math.round((min + max) / 2);
  const element = min <= 0 && max >= 0 ? 0 : middle;
  const { data } = Tensor.from(new Array<number>(elementCount(sizes)).fill(element), dtype);
  return new Tensor(dtype, data, sizes);
}

function fits(shape: readonly number[], spec: readonly Dimension[]): boolean {
  return (
    shape.length === spec.length && spec.every((dimension, axis) => dimension === null || dimension === shape[axis])
  );
}

function mismatch(expected: string, got: string) {
  return torchError('ERR_SIGNATURE_MISMATCH', `Expected ${expected}, as the record says, but the model has ${got}`);
}
