import { BatchQueue, notIndependent, resolveBatchOptions } from '../batching/index.js';
import { torchError, TorchError } from '../errors.js';
import { signatureOf } from '../registry/index.js';
import { exampleArguments, exampleSpecs } from '../signature/example.js';
import { loadModel } from '../engines/index.js';
import { firstLine, isFatal } from '../model/refusal.js';
import { toleranceFor } from '../signature/tolerance.js';
import { checkAgainstRecord } from './check-record.js';
import { requireNoContradiction } from './host-model.js';
/** Asks the registry where an artifact is. @throws as ModelRegistry.resolve and artifactPath */
export async function find(source, registry) {
    const { name, version, file } = source;
    if (file !== undefined)
        return { name, version: version, record: undefined, path: file, source };
    const known = await registry();
    const record = await known.resolve(name, version);
    const path = await known.artifactPath(record);
    return { name, version: record.version, record, path, source: { ...source, version: record.version } };
}
/** Loads, checks and warms up one version. @throws what it is that failed, naming the model; nothing of it stays loaded */
export async function bringUp(found, { signal, warmupBatchSizes, progress }) {
    const { name, version, record, path } = found;
    const { load = {}, warmup, batching = false, task: given } = found.source.options;
    const started = performance.now();
    const tell = (stage, more = {}) => {
        progress({ model: name, version, stage, ...more, elapsedMs: performance.now() - started });
    };
    let model;
    try {
        tell('load');
        if (record)
            requireNoContradiction(load, record);
        model = await loadModel(path, { ...load, ...optionsOf(record), signal });
        // The schema's libraries take a quarter of a second to load, and most models come without a task of the caller's.
        const own = typeof given === 'function' ? await given(model) : given;
        const task = own && (await import('../registry/task.js')).taskOf(own, model.signature);
        // A caller who says how to warm up, or not to, knows better than we do what the model can be run on.
        if (record)
            await checkAgainstRecord(model, record, { run: warmup === undefined });
        const limits = batching && withDefaultSizes(batching, model);
        const tolerance = toleranceFor(record?.tolerance, model.info.precision);
        const defaults = {
            batchSizes: warmupBatchSizes ?? warmupSizes(limits, model),
            mayDropSizes: !warmupBatchSizes && !(warmup && warmup.batchSizes),
            ...(tolerance && { tolerance }),
            signal,
            onProgress: ({ rows, instance }) => {
                if (rows === undefined)
                    tell('rows');
                else
                    tell('warm-up', { rows, instance });
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
    }
    catch (error) {
        await model?.dispose();
        if (!(error instanceof TorchError) || signal.aborted)
            throw error;
        const { code, message, errors } = error;
        throw torchError(code, `${name} ${version}: ${message}`, { cause: error, ...(errors && { errors }) });
    }
}
/** The record comes after the caller's options: what it says of the artifact cannot be overruled. */
function optionsOf(record) {
    return record ? { engine: record.engine, sha256: record.artifact.sha256, signature: signatureOf(record) } : {};
}
const remedy = 'give { file, warmup: { example } } (serve: --warmup-example FILE)';
/** @throws what is wrong with the caller's options, and what the model says of their example; of one that we made up, it is returned */
async function warmUp(model, options, defaults, image) {
    if (options === false)
        return { why: 'warm-up is turned off', isUnwanted: false };
    const given = options?.example;
    const isKnown = given !== undefined || exampleSpecs(model.signature) !== undefined;
    if (!isKnown && !image) {
        const forward = model.info.methods.find(({ name }) => name === 'forward');
        if (!forward)
            return { why: 'it has no method forward', isUnwanted: true };
        const args = forward.args.map(({ name, type }) => `${name}: ${type}`).join(', ');
        return { why: `no signature says enough of what forward takes (${args}): ${remedy}`, isUnwanted: true };
    }
    const example = typeof given === 'function' ? await given(model) : given;
    try {
        const made = isKnown || !image ? example : imageExample(image);
        await model.warmup({ ...defaults, ...options, ...(made !== undefined && { example: made }) });
        return undefined;
    }
    catch (error) {
        if (example !== undefined || isFatal(error) || isOfOptions(error, options) || defaults.signal?.aborted)
            throw error;
        return { why: `${firstLine(error)}: ${remedy}, or turn it off by warmup: false (--no-warmup)`, isUnwanted: true };
    }
}
/** What a task makes of two images, where nothing else says what `forward` takes. */
function imageExample({ size, channels = 3 }) {
    const [height, width] = typeof size === 'number' ? [size, size] : size;
    const { image } = exampleArguments([{ name: 'image', dtype: 'float32', shape: [null, channels, height, width] }], 2);
    return image;
}
/** A fault that the caller's options may have caused: nothing else that warm-up is given is the caller's. */
function isOfOptions(error, options) {
    const isFault = error instanceof TorchError && error.code === 'ERR_INVALID_ARGUMENT';
    return isFault && Object.values(options ?? {}).some((value) => value !== undefined);
}
function warningsOf({ warmupReport }, cold, { queue }) {
    const more = queue ? '' : ', and not batched';
    if (cold?.isUnwanted)
        return [`not warmed up, so its first runs are slow${more}: ${cold.why}`];
    const { refused } = warmupReport ?? {};
    return refused === undefined ? [] : [`warmed up without some batch sizes${more}: ${refused}; ${remedy}`];
}
/** On CUDA every new shape costs seconds, so batches are padded to powers of two unless sizes are given. */
function withDefaultSizes(options, { info, maxRows }) {
    if (options.allowedBatchSizes || info.device.device === 'cpu')
        return options;
    const { maxBatchSize } = resolveBatchOptions(options, maxRows);
    const powers = Array.from({ length: Math.ceil(Math.log2(maxBatchSize)) }, (_, i) => 2 ** i);
    return { ...options, maxBatchSize, allowedBatchSizes: [...powers, maxBatchSize] };
}
function warmupSizes(limits, { maxRows }) {
    if (!limits)
        return [...new Set([1, Math.min(32, maxRows ?? 32)])];
    const { allowedBatchSizes, maxBatchSize } = resolveBatchOptions(limits, maxRows);
    return allowedBatchSizes ?? [...new Set([1, maxBatchSize])];
}
function queueOf(model, limits, cold) {
    if (!limits)
        return { queue: undefined, notBatched: undefined };
    try {
        return { queue: new BatchQueue(model, limits), notBatched: undefined };
    }
    catch (error) {
        const { code, message } = error;
        if (code !== 'ERR_NOT_BATCHABLE' && code !== 'ERR_STATEFUL_MODEL')
            throw error;
        const isCold = cold && code === 'ERR_NOT_BATCHABLE';
        return {
            queue: undefined,
            notBatched: isCold ? notIndependent(`that was never checked, for ${cold.why}`).message : message,
        };
    }
}
