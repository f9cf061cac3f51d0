import { describe, torchError } from '../errors.js';
import type { ModelRecord } from '../registry/index.js';
import { exampleArguments, exampleSpecs } from '../signature/example.js';
import type { Model } from '../model/model.js';
import { isFatal } from '../model/refusal.js';
import { formatSpecShape } from '../signature/spec.js';
import { fitsSpec, formatShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { entriesOf, isContainer, isMap, type Value } from '../tensor/value.js';
import type { TensorSpec } from '../signature/spec.js';

interface CheckOptions {
  readonly run: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Holds a loaded model to its record: the artifact's size, a method `forward`, whose arguments loading has compared already,
 * and, with `run`, the outputs by running it once on one row. A record that does not fit is found here and not in the first
 * request. A model that refuses the row, which we made up, may be right: its outputs are then not compared.
 * @throws ERR_INTEGRITY, ERR_SIGNATURE_MISMATCH, `signal.reason`
 */
export async function checkAgainstRecord(
  model: Model,
  record: ModelRecord,
  { run, signal }: CheckOptions,
): Promise<void> {
  const { artifact } = record;
  if (model.info.sha256 !== artifact.sha256 || model.info.artifactBytes !== artifact.bytes) {
    throw torchError(
      'ERR_INTEGRITY',
      `Expected an artifact of ${artifact.bytes} bytes but loaded ${model.info.artifactBytes}`,
    );
  }
  if (!model.info.methods.some(({ name }) => name === 'forward')) throw mismatch('a method forward', 'none');
  // Running a stateful model would change what it answers later.
  if (run && !model.info.stateful) await checkOutputs(model, record, signal);
}

async function checkOutputs(
  model: Model,
  { signature, name, version }: ModelRecord,
  signal: AbortSignal | undefined,
): Promise<void> {
  const specs = exampleSpecs(signature);
  // There are no example values for arguments that are not tensors.
  if (!specs) return;
  let value: Value;
  try {
    value = await model.call('forward', exampleArguments(specs, 1), signal && { signal });
  } catch (error) {
    if (signal?.aborted || isFatal(error)) throw error;
    return; // the warm-up meets the same, and warns of it
  }
  const outputs = outputsOf(value, signature.outputs);
  if (!outputs) return;
  if (outputs.length !== signature.outputs.length) {
    throw mismatch(`${signature.outputs.length} outputs of ${name} ${version}`, String(outputs.length));
  }
  for (const [index, spec] of signature.outputs.entries()) checkOutput(model, spec, outputs[index]);
}

/** The tensors that a list of specifications can be held against, in its order; undefined where there is no such order. */
function outputsOf(value: Value, specs: readonly TensorSpec[]): readonly (Value | undefined)[] | undefined {
  if (!isContainer(value)) return value instanceof Tensor ? [value] : undefined;
  if (Array.isArray(value)) {
    const list = value as readonly Value[];
    return list.every((item) => item instanceof Tensor) ? list : undefined;
  }
  if (isMap(value)) return undefined;
  const names = specs.map(({ name }) => name);
  const byName = new Map(namedParts(value, '', new Set(names)));
  const stranger = [...byName.keys()].find((key) => !names.includes(key));
  if (stranger !== undefined) throw mismatch(`the outputs ${names.join(', ')}`, `${describe(stranger)} too`);
  return names.map((name) => byName.get(name));
}

/** The parts of an output by the way to them, `parts.0`, as deep as a specification does not name them. */
function namedParts(value: Value, path: string, names: ReadonlySet<string>): (readonly [string, Value])[] {
  if (names.has(path) || !isContainer(value) || isMap(value)) return [[path, value]];
  const entries = Array.isArray(value) ? [...(value as readonly Value[]).entries()] : entriesOf(value as never);
  return entries.flatMap(([key, part]) =>
    namedParts(part, path === '' ? String(key) : `${path}.${String(key)}`, names),
  );
}

function checkOutput(model: Model, spec: TensorSpec, value: Value | undefined): void {
  if (spec.type !== undefined) return;
  const { name, dtype } = spec;
  if (!(value instanceof Tensor)) throw mismatch(`a tensor for output ${name}`, describe(value));
  // A converted precision may change the dtype, never the shape.
  const isSameType = dtype === null || value.dtype === dtype || model.info.precision !== 'auto';
  if (isSameType && fitsSpec(value.shape, spec)) return;
  throw mismatch(
    `${dtype ?? 'a tensor'} ${formatSpecShape(spec)} for output ${name}`,
    `${value.dtype} ${formatShape(value.shape)}`,
  );
}

function mismatch(expected: string, got: string) {
  return torchError('ERR_SIGNATURE_MISMATCH', `Expected ${expected}, as the record says, but the model has ${got}`);
}
