import type { TensorMetadata } from '../../protocol/messages.js';
import type { ServedModel } from '../../serving/index.js';
import type { TensorSpec } from '../../signature/spec.js';
import type { Task } from '../../tasks/kinds/index.js';
import { rowModel } from '../codec/row-model.js';
import type { InferenceHost } from '../host.js';
import { interfaceOf } from '../inference/model-interface.js';

/** One input or output: what the protocol says of it, and what only the signature knows. */
export interface DescribedTensor extends TensorMetadata, Pick<TensorSpec, 'bounds' | 'symbols' | 'range'> {
  readonly optional: boolean;
  /** The signature says how many dimensions there are. */
  readonly hasRank: boolean;
}

/** One version of a model, as the description shows it. */
export interface DescribedModel {
  readonly name: string;
  readonly version: string;
  /** Requests that name no version get this one. */
  readonly isDefaultVersion: boolean;
  readonly inputs: readonly DescribedTensor[];
  readonly outputs: readonly DescribedTensor[];
  readonly task: Task | undefined;
  /** Of a model that takes rows of numbers. */
  readonly rows: DescribedRows | undefined;
}

interface DescribedRows {
  readonly features: number;
  /** Least and greatest number of features of all its versions: a request may name any. */
  readonly featuresOfVersions: readonly [least: number, greatest: number];
  readonly range: readonly [min: number, max: number] | undefined;
}

/** The models that a document describes. */
export interface DescribedModels {
  /** What `/predict` asks, where no model is named; undefined while it is not up. */
  readonly default: DescribedModel | undefined;
  readonly all: readonly DescribedModel[];
}

export const noModels: DescribedModels = { default: undefined, all: [] };

/** Versions that are described one by one. The document is sent whole, and made in one turn of the event loop. */
export const mostVersions = 100;
/** A model of more tensors has the general schema. */
const mostTensors = 64;

/** What is up now. A model without `forward` has no routes of its own. */
export function describedModels(host: InferenceHost): DescribedModels {
  const all = host
    .list()
    .slice(0, mostVersions)
    .flatMap((served) => describe(host, served) ?? []);
  const fallback = attempt(() => host.model(host.defaultModel));
  const known = all.find(({ name, version }) => name === fallback?.name && version === fallback.version);
  return { default: known ?? (fallback && describe(host, fallback)), all };
}

function describe(host: InferenceHost, served: ServedModel): DescribedModel | undefined {
  const { name, version, model, task } = served;
  const own = attempt(() => interfaceOf(served));
  const signature = model.signature;
  if (!own || !signature || own.inputs.length + own.outputs.length > mostTensors) return undefined;
  return {
    name,
    version,
    isDefaultVersion: attempt(() => host.model(name))?.version === version,
    inputs: own.inputs.map((input, i) => tensorOf(input, signature.inputs[i])),
    outputs: own.outputs.map((output, i) => tensorOf(output, signature.outputs[i])),
    task,
    rows: attempt(() => rowsOf(host, served)),
  };
}

function tensorOf(metadata: TensorMetadata, spec: TensorSpec | undefined): DescribedTensor {
  const { bounds, symbols, range, optional = false, shape = null, type } = spec ?? {};
  return {
    ...metadata,
    optional,
    // A number that is no tensor is one element; a list of them has its rank.
    hasRank: shape !== null || (type !== undefined && metadata.datatype !== '' && !/Strings|Tensor/.test(type)),
    ...(bounds && { bounds }),
    ...(symbols && { symbols }),
    ...(range && { range }),
  };
}

function rowsOf(host: InferenceHost, served: ServedModel): DescribedRows {
  const { features, range } = rowModel(served);
  const versions = host.list().filter(({ name }) => name === served.name);
  const counts = versions.map((version) => attempt(() => rowModel(version).features) ?? features);
  return { features, featuresOfVersions: [Math.min(...counts), Math.max(...counts)], range };
}

/** Undefined for what is not up, or is of another kind: the description is of use without it too. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
