import { basename, extname } from 'node:path';
import { torchError, TorchError } from '../errors.js';
import { ModelRegistry, type ModelRecord } from '../registry/index.js';
import { loadModel } from '../runtime/load.js';
import type { Model, WarmupOptions } from '../runtime/model.js';
import type { LoadOptions } from '../types.js';
import { checkAgainstRecord } from './check-record.js';
import type { ServedModelParts } from './served-model.js';

interface HostModelOptions {
  /** What the record does not decide: device, precision, instances, … */
  load?: Omit<LoadOptions, 'signal'>;
  /** Default: the host's warmupBatchSizes, made from the signature; false: none. */
  warmup?: WarmupOptions | false;
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

export interface LoadContext {
  registry: ModelRegistry | undefined;
  warmupBatchSizes: readonly number[];
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
  identity: Omit<ServedModelParts, 'model'>,
  path: string,
  { load, warmup }: HostModelOptions,
  { signal, warmupBatchSizes }: LoadContext,
): Promise<ServedModelParts> {
  const { name, version, record } = identity;
  let model: Model | undefined;
  try {
    model = await loadModel(path, { ...load, ...optionsOf(record), signal });
    // Whoever says how to warm up, or not to, knows better than we do what the model can be run on.
    if (record) await checkAgainstRecord(model, record, { run: warmup === undefined });
    await warmUp(model, warmup, warmupBatchSizes, signal);
    return { ...identity, model };
  } catch (error) {
    await model?.dispose();
    if (!(error instanceof TorchError) || signal.aborted) throw error;
    const { code, message, errors } = error;
    throw torchError(code, `${name} ${version}: ${message}`, { cause: error, ...(errors && { errors }) });
  }
}

/** The record comes after the caller's options: what it says of the artifact cannot be overruled. */
function optionsOf(record: ModelRecord | undefined): LoadOptions {
  return record ? { engine: record.engine, sha256: record.artifact.sha256, signature: record.signature } : {};
}

async function warmUp(
  model: Model,
  options: HostModelOptions['warmup'],
  sizes: readonly number[],
  signal: AbortSignal,
) {
  if (options === false || (!options?.example && !model.signature)) return;
  await model.warmup({ batchSizes: sizes, ...options, signal });
}
