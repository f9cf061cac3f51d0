import { ModelRegistry } from '../registry/index.js';
import { ModelHost } from '../serving/index.js';
import { readArguments } from './input.js';
import { foldersOf, loadOptionsOf } from './target.js';
import { requireNoTask, taskOfSettings } from './task-of-settings.js';
/**
 * Starts the host of `serve`.
 * @param defaultModel the name of the default model, which may be none of the entries: it may have been unloaded
 */
export async function startHost(entries, settings, defaultModel) {
    const models = entries.map((entry) => hostModelOf(entry, settings));
    const [only, ...more] = entries;
    // Said once for all of them, a task is for the files among them.
    if (only?.file === undefined && more.length === 0)
        requireNoTask(settings, only?.name ?? settings.model);
    const isFileAlone = entries.every(({ file }) => file !== undefined);
    // Files need no registry, but what is loaded later may be there.
    const registry = await ModelRegistry.open(foldersOf(settings)).catch((error) => {
        if (isFileAlone)
            return undefined;
        throw error;
    });
    return ModelHost.start({
        ...(registry && { registry }),
        models,
        ...{ defaultModel, mayLackDefault: true },
        ...(settings.warmupBatchSizes && { warmupBatchSizes: settings.warmupBatchSizes }),
        ...(!settings.exitOnModelError && { onModelError: 'continue' }),
    });
}
/** A model as a host takes it: the entry's settings before the shared ones. */
export function hostModelOf(entry, shared) {
    const { name, file, version, versions, ...rest } = entry;
    const own = rest;
    const settings = { ...shared, ...own };
    const { instances, maxPending } = settings;
    // A record names its own engine.
    const { engine, ...options } = loadOptionsOf(settings);
    const load = { ...options, ...(file !== undefined && engine && { engine }), instances, maxPending };
    const common = { load, batching: batchingOf(settings), ...warmupOf(settings, own) };
    if (file === undefined) {
        requireNoTask(own, name);
        return { name: name, ...(versions && { versions }), ...common };
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
function warmupOf({ warmup, warmupExample }, { warmupBatchSizes }) {
    if (warmup === 'off')
        return { warmup: false };
    if (warmupExample.length === 0 && !warmupBatchSizes)
        return {};
    const example = ({ info, signature }) => readArguments(warmupExample, { method: info.methods.find(({ name }) => name === 'forward'), signature });
    return {
        warmup: {
            ...(warmupExample.length > 0 && { example }),
            ...(warmupBatchSizes && { batchSizes: warmupBatchSizes }),
        },
    };
}
function batchingOf(settings) {
    const { batching, checkRows, rowIndependent, maxBatchSize, maxDelayMs } = settings;
    const { allowedBatchSizes, maxQueueSize, maxQueueBytes, targetP95Ms } = settings;
    if (batching === 'off')
        return false;
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
