import type { BatchQueueOptions } from '../batching/index.js';
import type { Model } from '../model/model.js';
import { ModelRegistry } from '../registry/index.js';
import type { LoadPolicy } from '../registry/signing/policy.js';
import type { ModelEntry } from '../server/settings/model-entries.js';
import { policyOfSettings } from '../server/settings/policy.js';
import type { ModelSettings, Settings } from '../server/settings/table.js';
import { ModelHost, type HostModel, type HostOptions, type HostWarmup } from '../serving/index.js';
import type { Arguments } from '../tensor/value.js';
import { readArguments } from './input.js';
import { foldersOf, loadOptionsOf } from './target.js';
import { requireNoTask, taskOfSettings } from './task-of-settings.js';

/**
 * Starts the host of `serve`, which asks the policy of the settings before each load.
 * @param defaultModel the name of the default model, which may be none of the entries: it may have been unloaded
 * @param attempt what the loads of the start count as, where several processes make the same
 * @throws ERR_CONFIG, ERR_SIGSTORE_NOT_FOUND for a policy that cannot be read
 */
export async function startHost(
  entries: readonly ModelEntry[],
  settings: Settings,
  defaultModel: string,
  attempt?: string,
): Promise<ModelHost> {
  const models = entries.map((entry) => hostModelOf(entry, settings));
  const [only, ...more] = entries;
  // Said once for all of them, a task is for the files among them.
  if (only?.file === undefined && more.length === 0) requireNoTask(settings, only?.name ?? settings.model);
  const isFileAlone = entries.every(({ file }) => file !== undefined);
  // Files need no registry, but what is loaded later may be there.
  const registry = await ModelRegistry.open(foldersOf(settings)).catch((error: unknown) => {
    if (isFileAlone) return undefined;
    throw error;
  });
  const policy = await policyOfSettings(settings);
  return ModelHost.start({
    ...(registry && { registry }),
    ...(policy && { policy: rereading(policy) }),
    models,
    ...{ defaultModel, mayLackDefault: true },
    ...(attempt !== undefined && { attempt }),
    ...(settings.warmupBatchSizes && { warmupBatchSizes: settings.warmupBatchSizes }),
    ...(!settings.exitOnModelError && { onModelError: 'continue' as const }),
  });
}

/** Whose signatures count is read anew at each load, since keys are exchanged while a server runs. */
function rereading(policy: LoadPolicy): NonNullable<HostOptions['policy']> {
  return {
    async check(version) {
      const said: string[] = [];
      try {
        await policy.reload();
      } catch (error) {
        // Nobody knows whether those still count that counted before.
        if (policy.mode === 'enforce') throw error;
        const [message] = (error as Error).message.split('\n');
        said.push(
          `The policy goes by those whose signatures counted before, since whom it trusts cannot be read: ${message}`,
        );
      }
      const decision = await policy.check(version);
      return { ...decision, warnings: [...said, ...decision.warnings] };
    },
  };
}

/** A model as a host takes it: the entry's settings before the shared ones. One that is null there is not set. */
export function hostModelOf(entry: ModelEntry, shared: Settings): HostModel {
  const { name, file, version, versions, aliases, ...rest } = entry;
  const own: Partial<ModelSettings> = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, value ?? undefined]),
  );
  const settings = { ...shared, ...own };
  const { instances, maxPending } = settings;
  // A record names its own engine.
  const { engine, ...options } = loadOptionsOf(settings);
  const load = { ...options, ...(file !== undefined && engine && { engine }), instances, maxPending };
  const common = { load, batching: batchingOf(settings), warmup: warmupOf(settings, own) };
  if (file === undefined) {
    requireNoTask(own, name as string);
    return { name: name as string, ...(versions && { versions }), ...(aliases && { aliases }), ...common };
  }
  const task = taskOfSettings(settings);
  return {
    ...{ file, ...common },
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
    ...(task && { task }),
  };
}

/** The files are read once the model is there: it says what a plain array in them is. */
function warmupOf(
  { warmup, warmupExample }: ModelSettings,
  { warmupBatchSizes }: Partial<ModelSettings>,
): HostWarmup | false | undefined {
  if (warmup === 'off') return false;
  if (warmupExample.length === 0 && !warmupBatchSizes) return undefined;
  const example = ({ info, signature }: Model): Promise<Arguments> =>
    readArguments(warmupExample, { method: info.methods.find(({ name }) => name === 'forward'), signature });
  return {
    ...(warmupExample.length > 0 && { example }),
    ...(warmupBatchSizes && { batchSizes: warmupBatchSizes }),
  };
}

function batchingOf(settings: Settings): BatchQueueOptions | false {
  const { batching, checkRows, rowIndependent, maxBatchSize, maxDelayMs } = settings;
  const { allowedBatchSizes, maxQueueSize, maxQueueBytes, maxWaitMs, targetP95Ms } = settings;
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
    ...(maxWaitMs !== undefined && { maxWaitMs }),
    ...(targetP95Ms !== undefined && { targetP95Ms }),
  };
}
