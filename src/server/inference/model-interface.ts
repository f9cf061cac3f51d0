import { torchError } from '../../errors.js';
import type { NamedTensor, RequestedOutput, TensorMetadata } from '../../protocol/messages.js';
import { datatypeOf } from '../../protocol/datatype.js';
import type { ServedModel } from '../../serving/index.js';
import type { TensorSpec } from '../../signature/spec.js';
import { isStringsSpec } from '../../signature/strings.js';
import { parseTorchType } from '../../signature/torch-type.js';
import { labelsOf } from '../../tasks/kinds/index.js';
import type { Arguments, Value } from '../../tensor/value.js';
import { inputNames } from './inputs.js';
import { outputNames } from './outputs.js';

/** A served model as the Open Inference Protocol sees it: named tensors in, named tensors out. */
export interface ModelInterface {
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
  /** @throws ERR_INVALID_INPUT for names that the model has not, and for values that cannot stand where they are given */
  argumentsOf(inputs: readonly NamedTensor[]): Arguments;
  /** Before a run. @throws ERR_INVALID_INPUT, ERR_OUT_OF_RANGE for outputs that cannot be given */
  checkOutputs(requested: readonly RequestedOutput[]): void;
  /** A promise where classes are asked for. @throws ERR_INVALID_INPUT, ERR_BAD_OUTPUT, ERR_OUT_OF_RANGE */
  outputsOf(
    value: Value,
    requested?: readonly RequestedOutput[],
  ): readonly NamedTensor[] | Promise<readonly NamedTensor[]>;
}

const known = new WeakMap<ServedModel, ModelInterface>();

/** Made once for each served model. @throws ERR_INVALID_ARGUMENT for a model without `forward` */
export function interfaceOf(served: ServedModel): ModelInterface {
  let found = known.get(served);
  if (!found) known.set(served, (found = make(served)));
  return found;
}

/** Why no request can be answered by it, whatever is in the request; undefined for others. */
export function unfitness({ name, version, model }: ServedModel): string | undefined {
  const isFit = model.signature && model.info.methods.some((method) => method.name === 'forward');
  return isFit ? undefined : `${name} ${version} has no method forward: the library calls its methods`;
}

function make({ name, version, model, task }: ServedModel): ModelInterface {
  const forward = model.info.methods.find((method) => method.name === 'forward');
  const { signature } = model;
  if (!forward || !signature) {
    const message = `Expected a model with a method forward but ${name} ${version} has none: the library calls its methods`;
    throw torchError('ERR_INVALID_ARGUMENT', message);
  }
  const inputs = inputNames(
    signature.inputs,
    forward.args.map((argument) => argument.name),
  );
  const [returned, ...more] = forward.returns;
  const outputs = outputNames({
    specs: signature.outputs,
    type: returned === undefined || more.length > 0 ? undefined : parseTorchType(returned),
    labels: task && labelsOf(task),
  });
  return {
    inputs: signature.inputs.map(metadataOf),
    outputs: signature.outputs.map(metadataOf),
    argumentsOf: (given) => inputs.argumentsOf(given),
    checkOutputs: (requested) => outputs.check(requested),
    outputsOf: (value, requested) => outputs.outputsOf(value, requested),
  };
}

const scalarTypes = { int: 'INT64', float: 'FP64', bool: 'BOOL', str: 'BYTES' } as const;

function metadataOf(spec: TensorSpec): TensorMetadata {
  const { name, dtype, shape, type } = spec;
  if (dtype !== null) return { name, datatype: datatypeOf(dtype), shape: sizes(shape) };
  if (isStringsSpec(spec)) return { name, datatype: 'BYTES', shape: sizes(shape) };
  const [, lists = '', scalar] = /^(?:Optional\[)?((?:List\[)*)(int|float|bool|str)\]*$/.exec(type ?? '') ?? [];
  if (scalar === undefined) return { name, datatype: '', shape: sizes(shape) };
  return {
    name,
    datatype: scalarTypes[scalar as keyof typeof scalarTypes],
    shape: Array<number>(lists.length / 'List['.length).fill(-1),
  };
}

/** -1 is any size; one of them where even the rank is open. */
const sizes = (shape: TensorSpec['shape']): readonly number[] => shape?.map((size) => size ?? -1) ?? [-1];
