import type { BatchQueueOptions } from '../batching/index.js';
import type { Model } from '../model/model.js';
import { ModelRegistry } from '../registry/index.js';
import type { Settings } from '../server/settings/table.js';
import { ModelHost, type HostModel, type HostWarmup } from '../serving/index.js';
import type { Arguments } from '../tensor/value.js';
import { readArguments } from './input.js';
import { foldersOf, loadOptionsOf } from './target.js';

/** Starts the host of `serve`: of a model file, or else of the model in the registry that the settings name. */
export async function startHost(file: string | undefined, settings: Settings): Promise<ModelHost> {
  const { instances, maxPending } = settings;
  const { model, modelVersion, warmupBatchSizes } = settings;
  // A record names its own engine.
  const { engine, ...options } = loadOptionsOf(settings);
  const load = { ...options, ...(file !== undefined && engine && { engine }), instances, maxPending };
  const common = { load, batching: batchingOf(settings), ...warmupOf(settings) };
  const versions = modelVersion === undefined ? {} : { versions: [modelVersion] };
  const models: HostModel[] = [file === undefined ? { name: model, ...versions, ...common } : { file, ...common }];
  const registry = file === undefined ? { registry: await ModelRegistry.open(foldersOf(settings)) } : {};
  return ModelHost.start({ ...registry, models, ...(warmupBatchSizes && { warmupBatchSizes }) });
}

/** The files are read once the model is there: it says what a plain array in them is. */
function warmupOf({ warmup, warmupExample }: Settings): { warmup?: HostWarmup | false } {
  if (warmup === 'off') return { warmup: false };
  if (warmupExample.length === 0) return {};
  const example = ({ info, signature }: Model): Promise<Arguments> =>
    readArguments(warmupExample, { method: info.methods.find(({ name }) => name === 'forward'), signature });
  return { warmup: { example } };
}

function batchingOf(settings: Settings): BatchQueueOptions | false {
  const { batching, checkRows, rowIndependent, maxBatchSize, maxDelayMs } = settings;
  const { allowedBatchSizes, maxQueueSize, maxQueueBytes, targetP95Ms } = settings;
  if (batching === 'off') return false;
  return {
    maxBatchSize,
    maxDelayMs,
    maxQueueSize,
    maxQueueBytes,
    checkRows,
    timeoutMs: settings.requestTimeoutMs,
    ...(rowIndependent === 'on' && { rowIndependent: true }),
    ...(allowedBatchSizes && { allowedBatchSizes }),
    ...(targetP95Ms !== undefined && { targetP95Ms }),
  };
}
