import { setTimeout as delay } from 'node:timers/promises';
import { BatchQueue, notIndependent, resolveBatchOptions, type BatchQueueOptions } from '../batching/index.js';
import { hasCode, torchError, TorchError } from '../errors.js';
import { signatureOf, type ModelRecord, type ModelRegistry } from '../registry/index.js';
import { isDigest } from '../registry/names.js';
import { exampleArguments, exampleSpecs } from '../signature/example.js';
import { loadModel } from '../engines/index.js';
import type { Model, WarmupOptions } from '../model/model.js';
import { firstLine, isFatal } from '../model/refusal.js';
import type { InternalWarmupOptions } from '../model/warmup.js';
import { toleranceFor } from '../signature/tolerance.js';
import type { ImageSpec } from '../tasks/image/spec.js';
import type { Tensor } from '../tensor/tensor.js';
import type { LoadOptions } from '../model/options.js';
import { checkAgainstRecord } from './check-record.js';
import { requireNoContradiction, type HostModelOptions, type HostWarmup, type Source } from './host-model.js';
import type { ServedModelParts } from './served-model.js';

/** How long a load that was given up waits for what it has loaded to be gone. */
const disposalMs = 1000;

/** What the bytes must be that are loaded. */
export type Digests = Pick<LoadOptions, 'sha256' | 'externalSha256'>;

export interface LoadContext {
  /** Overrules the sizes that batching asks for. */
  readonly warmupBatchSizes: readonly number[] | undefined;
  /** What the bytes must be that are loaded. */
  readonly digests: Digests;
  readonly signal: AbortSignal;
  /** Told of each step but the last, which is the host's to tell. */
  readonly progress: (event: LoadProgress) => void;
}

/** One version whose artifact was found: what can be loaded. */
export interface Found {
  readonly name: string;
  readonly version: string;
  /** Undefined for a file that is in no registry. */
  readonly record: ModelRecord | undefined;
  readonly path: string;
  /** With the version that was found. */
  readonly source: Source;
}

/** Asks the registry where an artifact is. @throws as ModelRegistry.resolve and artifactPath */
export async function find(source: Source, registry: () => Promise<ModelRegistry>): Promise<Found> {
  const { name, version, file, options } = source;
  if (file !== undefined) return { name, version: version as string, record: undefined, path: file, source };
  const known = await registry();
  const record = await known.resolve(name, version);
  const path = await known.artifactPath(record);
  const named = version === record.version || isDigest(version) ? undefined : version;
  const alias = source.alias ?? named;
  const found = { name, version: record.version, file, options, ...(alias !== undefined && { alias }) };
  return { name, version: record.version, record, path, source: found };
}

/** Where the load of one model is. */
export interface LoadProgress {
  readonly model: string;
  readonly version: string;
  /** `warm-up`: runs of one batch size begin; `rows`: it is asked whether rows are independent; `ready`: it is up. */
  readonly stage: 'load' | 'warm-up' | 'rows' | 'ready';
  /** Of the runs that begin. */
  readonly rows?: number;
  readonly instance?: number;
  /** Milliseconds since the load of this model began. */
  readonly elapsedMs: number;
}

/** What a load makes; its host adds what outlives it. */
export type LoadedServed = Omit<ServedModelParts, 'statistics'>;

/** Loads, checks and warms up one version. @throws what it is that failed, naming the model; nothing of it stays loaded */
export async function bringUp(
  found: Found,
  { digests, signal, warmupBatchSizes, progress }: LoadContext,
): Promise<LoadedServed> {
  const { name, version, record, path } = found;
  const { load = {}, warmup, batching = false, task: given } = found.source.options;
  const started = performance.now();
  const tell = (stage: LoadProgress['stage'], more: Pick<LoadProgress, 'rows' | 'instance'> = {}): void => {
    progress({ model: name, version, stage, ...more, elapsedMs: performance.now() - started });
  };
  let model: Model | undefined;
  try {
    tell('load');
    if (record) requireNoContradiction(load, record);
    model = await loadModel(path, { ...load, ...optionsOf(record), ...digests, signal });
    // The schema's libraries take a quarter of a second to load, and most models come without a task of the caller's.
    const own = typeof given === 'function' ? await given(model) : given;
    const task = own && (await import('../registry/task.js')).taskOf(own, model.signature);
    // A caller who says how to warm up, or not to, knows better than we do what the model can be run on.
    if (record) await checkAgainstRecord(model, record, { run: warmup === undefined, signal });
    const limits = batching && withDefaultSizes(batching, model);
    const tolerance = toleranceFor(record?.tolerance, model.info.precision);
    const defaults: InternalWarmupOptions = {
      batchSizes: warmupBatchSizes ?? warmupSizes(limits, model),
      mayDropSizes: !warmupBatchSizes && !(warmup && warmup.batchSizes),
      ...(tolerance && { tolerance }),
      signal,
      onProgress: ({ rows, instance }) => {
        if (rows === undefined) tell('rows');
        else tell('warm-up', { rows, instance });
      },
    };
    const cold = await warmUp(model, warmup, defaults, task?.image);
    const queued = queueOf(model, limits, cold);
    signal.throwIfAborted();
    return {
      name,
      version,
      record,
      ...(task && { task }),
      model,
      ...queued,
      warnings: warningsOf(model, cold, queued),
    };
  } catch (error) {
    // A run that never ends keeps its model: who has given the load up does not wait for that.
    const gone = model?.dispose();
    await (signal.aborted ? Promise.race([gone, delay(disposalMs, undefined, { ref: false })]) : gone);
    if (!(error instanceof TorchError) || signal.aborted) throw error;
    const { code, message, errors } = error;
    throw torchError(code, `${name} ${version}: ${message}`, { cause: error, ...(errors && { errors }) });
  }
}

/** The record comes after the caller's options: what it says of the artifact cannot be overruled. */
function optionsOf(record: ModelRecord | undefined): LoadOptions {
  return record ? { engine: record.engine, signature: signatureOf(record) } : {};
}

/** What a warm-up that did not happen leaves to say. */
interface Cold {
  readonly why: string;
  /** Nobody asked for a model that is not warm. */
  readonly isUnwanted: boolean;
}

const remedy = 'give { file, warmup: { example } } (serve: --warmup-example FILE)';

/** @throws what is wrong with the caller's options, and what the model says of their example; of one that we made up, it is returned */
async function warmUp(
  model: Model,
  options: HostModelOptions['warmup'],
  defaults: InternalWarmupOptions,
  image: ImageSpec | undefined,
): Promise<Cold | undefined> {
  if (options === false) return { why: 'warm-up is turned off', isUnwanted: false };
  const given = options?.example;
  const isKnown = given !== undefined || exampleSpecs(model.signature) !== undefined;
  if (!isKnown && !image) {
    const forward = model.info.methods.find(({ name }) => name === 'forward');
    if (!forward) return { why: 'it has no method forward', isUnwanted: true };
    const args = forward.args.map(({ name, type }) => `${name}: ${type}`).join(', ');
    return { why: `no signature says enough of what forward takes (${args}): ${remedy}`, isUnwanted: true };
  }
  const example = typeof given === 'function' ? await given(model) : given;
  try {
    const made = isKnown || !image ? example : imageExample(image);
    await model.warmup({ ...defaults, ...options, ...(made !== undefined && { example: made }) } as WarmupOptions);
    return undefined;
  } catch (error) {
    if (example !== undefined || isFatal(error) || isOfOptions(error, options) || defaults.signal?.aborted) throw error;
    return { why: `${firstLine(error)}: ${remedy}, or turn it off by warmup: false (--no-warmup)`, isUnwanted: true };
  }
}

/** What a task makes of two images, where nothing else says what `forward` takes. */
function imageExample({ size, channels = 3 }: ImageSpec): Tensor {
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  const { image } = exampleArguments([{ name: 'image', dtype: 'float32', shape: [null, channels, height, width] }], 2);
  return image as Tensor;
}

/** A fault that the caller's options may have caused: nothing else that warm-up is given is the caller's. */
function isOfOptions(error: unknown, options: HostWarmup | undefined): boolean {
  const isFault = hasCode(error, 'ERR_INVALID_ARGUMENT');
  return isFault && Object.values(options ?? {}).some((value) => value !== undefined);
}

function warningsOf({ warmupReport }: Model, cold: Cold | undefined, { queue }: Queued): readonly string[] {
  const more = queue ? '' : ', and not batched';
  if (cold?.isUnwanted) return [`not warmed up, so its first runs are slow${more}: ${cold.why}`];
  const { refused } = warmupReport ?? {};
  return refused === undefined ? [] : [`warmed up without some batch sizes${more}: ${refused}; ${remedy}`];
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

type Queued = Pick<ServedModelParts, 'queue' | 'notBatched'>;

function queueOf(model: Model, limits: BatchQueueOptions | false, cold: Cold | undefined): Queued {
  if (!limits) return { queue: undefined, notBatched: undefined };
  try {
    return { queue: new BatchQueue(model, limits), notBatched: undefined };
  } catch (error) {
    const { code, message } = error as TorchError;
    if (code !== 'ERR_NOT_BATCHABLE' && code !== 'ERR_STATEFUL_MODEL') throw error;
    const isCold = cold && code === 'ERR_NOT_BATCHABLE';
    return {
      queue: undefined,
      notBatched: isCold ? notIndependent(`that was never checked, for ${cold.why}`).message : message,
    };
  }
}
