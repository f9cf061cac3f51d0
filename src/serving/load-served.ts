import { basename, extname } from 'node:path';
import { BatchQueue, resolveBatchOptions, type BatchQueueOptions } from '../batching/index.js';
import { torchError, TorchError } from '../errors.js';
import { ModelRegistry, signatureOf, type ModelRecord } from '../registry/index.js';
import { exampleSpecs } from '../signature/example.js';
import { loadModel } from '../engines/index.js';
import type { Model, WarmupOptions } from '../model/model.js';
import { toleranceFor } from '../signature/tolerance.js';
import type { LoadOptions } from '../model/options.js';
import { checkAgainstRecord } from './check-record.js';
import type { ServedModelParts } from './served-model.js';

interface HostModelOptions {
  /** What the record does not decide: device, precision, instances, … */
  load?: Omit<LoadOptions, 'signal'>;
  /** Default: the sizes that batching makes, else [1, 32], from the signature; false: none. */
  warmup?: WarmupOptions | false;
  /** Puts concurrent calls of `forward` into batches. A model that cannot be batched runs without, and says so. */
  batching?: BatchQueueOptions | false;
}

/** A model of the registry. */
export interface HostRegistryModel extends HostModelOptions {
  name: string;
  /** The first is the default. Left out: the only version there is, or v1.0. */
  versions?: readonly string[];
}

/** A model file that is in no registry: it has no record, and so no task and no known digest. */
export interface HostFileModel extends HostModelOptions {
  file: string;
  /** Default: the file's name without its extension. */
  name?: string;
}

export type HostModel = HostRegistryModel | HostFileModel;

/** The names of what a HostModel may say. */
export const modelOptions = ['name', 'versions', 'file', 'load', 'warmup', 'batching'];

export interface LoadContext {
  registry: ModelRegistry | undefined;
  /** Overrules the sizes that batching asks for. */
  warmupBatchSizes: readonly number[] | undefined;
  signal: AbortSignal;
}

/** Versions of a bare file: there is only the one, called as clients call it by default. */
const fileVersion = 'v1.0';

export function nameOf(model: HostModel): string {
  return model.name ?? basename((model as HostFileModel).file, extname((model as HostFileModel).file));
}

/**
 * Loads, checks and warms up every version of one model. What was loaded is yielded at once, so that the caller can
 * dispose it when a later one fails.
 */
export async function* loadServed(model: HostModel, context: LoadContext): AsyncGenerator<ServedModelParts> {
  const name = nameOf(model);
  if ('file' in model) {
    yield await bringUp({ name, version: fileVersion, record: undefined }, model.file, model, context);
    return;
  }
  const registry = context.registry ?? (await ModelRegistry.open());
  for (const version of model.versions ?? [undefined]) {
    const record = await registry.resolve(name, version);
    const path = await registry.artifactPath(record);
    yield await bringUp({ name, version: record.version, record }, path, model, context);
  }
}

async function bringUp(
  identity: Pick<ServedModelParts, 'name' | 'version' | 'record'>,
  path: string,
  { load, warmup, batching = false }: HostModelOptions,
  { signal, warmupBatchSizes }: LoadContext,
): Promise<ServedModelParts> {
  const { name, version, record } = identity;
  let model: Model | undefined;
  try {
    model = await loadModel(path, { ...load, ...optionsOf(record), signal });
    // A caller who says how to warm up, or not to, knows better than we do what the model can be run on.
    if (record) await checkAgainstRecord(model, record, { run: warmup === undefined });
    const limits = batching && withDefaultSizes(batching, model);
    const tolerance = toleranceFor(record?.tolerance, model.info.precision);
    const defaults = { batchSizes: warmupBatchSizes ?? warmupSizes(limits, model), ...(tolerance && { tolerance }) };
    await warmUp(model, warmup, defaults, signal);
    return { ...identity, model, ...queueOf(model, limits) };
  } catch (error) {
    await model?.dispose();
    if (!(error instanceof TorchError) || signal.aborted) throw error;
    const { code, message, errors } = error;
    throw torchError(code, `${name} ${version}: ${message}`, { cause: error, ...(errors && { errors }) });
  }
}

/** The record comes after the caller's options: what it says of the artifact cannot be overruled. */
function optionsOf(record: ModelRecord | undefined): LoadOptions {
  return record ? { engine: record.engine, sha256: record.artifact.sha256, signature: signatureOf(record) } : {};
}

async function warmUp(model: Model, options: HostModelOptions['warmup'], defaults: WarmupOptions, signal: AbortSignal) {
  if (options === false || (!options?.example && !exampleSpecs(model.signature))) return;
  await model.warmup({ ...defaults, ...options, signal });
}

/** On CUDA every new shape costs seconds, so batches are padded to powers of two unless sizes are given. */
function withDefaultSizes(options: BatchQueueOptions, { info, maxRows }: Model): BatchQueueOptions {
  if (options.allowedBatchSizes || info.device.device === 'cpu') return options;
  const { maxBatchSize } = resolveBatchOptions(options, maxRows);
  const powers = Array.from({ length: Math.ceil(Math.log2(maxBatchSize)) }, (_, i) => 2 ** i);
  return { ...options, maxBatchSize, allowedBatchSizes: [...powers, maxBatchSize] };
}

function warmupSizes(limits: BatchQueueOptions | false, { maxRows }: Model): readonly number[] {
  if (!limits) return [...new Set([1, Math.min(32, maxRows ?? 32)])];
  const { allowedBatchSizes, maxBatchSize } = resolveBatchOptions(limits, maxRows);
  return allowedBatchSizes ?? [...new Set([1, maxBatchSize])];
}

function queueOf(model: Model, limits: BatchQueueOptions | false): Pick<ServedModelParts, 'queue' | 'notBatched'> {
  if (!limits) return { queue: undefined, notBatched: undefined };
  try {
    return { queue: new BatchQueue(model, limits), notBatched: undefined };
  } catch (error) {
    const { code, message } = error as TorchError;
    if (code !== 'ERR_NOT_BATCHABLE' && code !== 'ERR_STATEFUL_MODEL') throw error;
    return { queue: undefined, notBatched: message };
  }
}
