import { types } from 'node:util';
import { checkQueueRunOptions, } from '../batching/index.js';
import * as check from '../check.js';
import { describe, expected, InputError, TorchError, torchError } from '../errors.js';
import { isBatchable } from '../model/batchable.js';
import { answeringKind } from '../tasks/kinds/index.js';
import { Tensor } from '../tensor/tensor.js';
import { firstTensor, requireRows } from './outputs.js';
import { Statistics } from './statistics.js';
/**
 * A model that a host has loaded: every call of it is counted, told to the host's listeners, and waited for at close. One that
 * was reloaded meanwhile hands its calls on to what took its place, so it may be kept.
 */
export class ServedModel {
    name;
    version;
    record;
    /** What the outputs mean, as its record or its host's options say; undefined where nobody does. */
    task;
    model;
    queue;
    warnings;
    #notBatched;
    #hooks;
    #statistics;
    #retired = false;
    /** The row of its record's task, from the first answer on. */
    #kind;
    #inFlight = 0;
    #idle = [];
    constructor({ name, version, record, task, model, queue, notBatched, warnings, statistics = new Statistics() }, hooks) {
        this.name = name;
        this.version = version;
        this.record = record;
        this.task = task ?? record?.task;
        this.model = model;
        this.queue = queue;
        this.#notBatched = notBatched;
        this.warnings = warnings;
        this.#hooks = hooks;
        this.#statistics = statistics;
        queue?.on('batch', (event) => {
            const { rows, runMs, outcome } = event;
            if (outcome === 'ok')
                statistics.ran(rows, 0, runMs, 0);
            hooks.batch({ ...event, model: name, version });
        });
        let differences = 0;
        let saidStopped = false;
        queue?.on('rows', (event) => {
            hooks.rows({ ...event, model: name, version });
            if (event.outcome === 'same' || event.outcome === 'failed')
                return;
            // Where batching goes on, each further word waits for twice as many; its end is told in any case.
            const isEnd = event.stopped && !saidStopped;
            saidStopped ||= isEnd;
            if (!Number.isInteger(Math.log2(++differences)) && !isEnd)
                return;
            hooks.warn({ model: name, version, message: rowWarning(event, queue.stopped) });
        });
    }
    /** Why calls share no runs, where they were to; a row that came out otherwise by itself ends it at any time. */
    get notBatched() {
        return this.queue?.stopped ?? this.#notBatched;
    }
    /** Calls that have begun and not ended. */
    get inFlight() {
        return this.#inFlight;
    }
    /** It was unloaded or replaced: calls that have begun go on, later ones are handed on. */
    get retired() {
        return this.#retired;
    }
    /** What it has done since it was loaded first, reloads included: `ModelStatistics` of the Open Inference Protocol. */
    statistics() {
        const { name, version } = this;
        const { device, parameterBytes: byte_size } = this.model.info;
        const [type, id = '0'] = device.device.split(':');
        const memory_usage = [{ type: type === 'cpu' ? 'CPU' : 'GPU', id: Number(id), byte_size }];
        return { name, version, ...this.#statistics.snapshot(), memory_usage };
    }
    /** What `forward` takes and returns, as its record or else the file says; undefined where neither does. */
    get signature() {
        return this.record?.signature ?? this.model.signature;
    }
    /** As `Model.run`. @throws ERR_NOT_READY or ERR_DRAINING while the host takes no calls, ERR_DISPOSED after its unload */
    async run(input, options) {
        return (await this.execute('forward', this.#argumentsOf(input), options)).value;
    }
    /** As `Model.call`. @throws as `run` */
    async call(method, args, options) {
        return (await this.execute(method, args, options)).value;
    }
    /** As `Model.execute`. @throws as `run` */
    async execute(method, args, options) {
        const served = this.#enter();
        try {
            return await served.#counted(method, args, options, performance.now(), itself);
        }
        finally {
            served.#leave();
        }
    }
    /**
     * Begins a call: what serves it stays until `#leave`. It is this model, or what has taken its place.
     * @throws ERR_NOT_READY, ERR_DRAINING, ERR_DISPOSED
     */
    #enter() {
        this.#hooks.admit();
        const served = this.#retired ? this.#hooks.current(this.name, this.version) : this;
        if (!served) {
            const { name, version } = this;
            throw torchError('ERR_DISPOSED', `Expected a model that is served but ${name} ${version} was unloaded`);
        }
        served.#inFlight++;
        return served;
    }
    #leave() {
        this.#inFlight--;
        if (this.#inFlight === 0)
            for (const resolve of this.#idle.splice(0))
                resolve();
    }
    /**
     * @param begun when the call began
     * @param finish makes the caller's answer of the execution; what it throws is the outcome of the call
     */
    async #counted(method, args, options, begun, finish) {
        const call = { model: this.name, version: this.version, method, rows: rowsOf(args) };
        const statistics = this.#statistics;
        // Rows were found independent for `forward` alone, so other methods run by themselves.
        const queue = method === 'forward' ? this.queue : undefined;
        try {
            const executing = queue ? queue.execute(method, args, options) : this.#runAlone(method, args, options);
            // Both have checked and copied the arguments by now: they do so before they wait for anything.
            const inputMs = performance.now() - begun;
            const execution = await executing;
            const answer = finish(execution);
            const { timings } = execution;
            statistics.succeeded(call.rows, inputMs, timings, performance.now() - begun, !queue);
            this.#hooks.ended({ ...call, outcome: 'ok', timings });
            return answer;
        }
        catch (error) {
            // Rows whose elements are at fault were refused: nothing has run.
            const isRefused = error instanceof InputError && error.faults !== undefined;
            if (!isRefused) {
                statistics.failed(performance.now() - begun);
                this.#hooks.ended({ ...call, outcome: outcomeOf(error, options?.signal), timings: undefined });
            }
            throw error;
        }
    }
    /**
     * Runs `forward` and answers what the record's task says: the best classes, labels or embeddings of each row, and the
     * time that the run took. Takes encoded images where the task says how they become an input. Every answer that this
     * package gives, over HTTP too, is made here.
     * @throws ERR_TASK without a task or for one that has no answers; ERR_OUT_OF_RANGE or ERR_INVALID_ARGUMENT for `topK`; ERR_BAD_OUTPUT
     * when the model answers what its task cannot be; as `imageToTensor`; as `run`
     */
    async predict(input, given = {}) {
        // Not in the parameter: its published type would name what is internal.
        check.object('the options of predict', given);
        if (input === undefined || input === null) {
            throw torchError('ERR_INVALID_INPUT', `Expected a tensor, arguments or images but received ${describe(input)}`);
        }
        const served = this.#enter();
        try {
            return await served.#answer(input, given);
        }
        finally {
            served.#leave();
        }
    }
    async #answer(input, given) {
        const { topK, maxPixels, rows, ...limits } = given;
        const task = this.#requireTask();
        const signature = this.signature ?? unknownSignature;
        const kind = (this.#kind ??= answeringKind(task));
        if (topK !== undefined) {
            if (!kind.checkTopK)
                throw expected(`no value for a ${kind.type} model`, 'topK', topK);
            kind.checkTopK(task, topK);
        }
        const started = performance.now();
        const encoded = isEncoded(input);
        const args = encoded
            ? await kind.encode(task, input, { maxPixels, signal: limits.signal })
            : input instanceof Tensor
                ? [input]
                : input;
        const options = { topK, ...kind.decodeOptions?.(task, signature, args) };
        const timed = encoded ? withTimeLeft(limits, started) : limits;
        return this.#counted('forward', args, timed, started, ({ value, timings }) => {
            if (rows !== undefined)
                requireRows(value, rows);
            const output = firstTensor(value, signature.outputs[0]?.name ?? '');
            try {
                return { ...kind.decode(task, output, options), timings };
            }
            catch (error) {
                // What the caller gave was checked before the run, so the fault is the model's.
                if (!(error instanceof InputError))
                    throw error;
                throw torchError('ERR_BAD_OUTPUT', error.message, { cause: error });
            }
        });
    }
    #requireTask() {
        if (this.task)
            return this.task;
        const { name, version } = this;
        throw torchError('ERR_TASK', `Expected a model with a task but ${name} ${version} has no record and no task`);
    }
    /** Without a queue there are no priorities. */
    #runAlone(method, args, options = {}) {
        checkQueueRunOptions(options);
        const { signal, timeoutMs, bounds } = options;
        const limits = { ...(signal && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) };
        return isBatchable(this.model)
            ? this.model.execute(method, args, limits, { bounds })
            : this.model.execute(method, args, limits);
    }
    #argumentsOf(input) {
        return isBatchable(this.model) ? this.model.argumentsOf(input) : [input];
    }
    /** From now on calls are handed on to what serves its name and version. @internal */
    retire() {
        this.#retired = true;
    }
    /** Resolves once no call is in flight. */
    idle() {
        return this.#inFlight === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
    }
}
const itself = (value) => value;
const unknownSignature = { inputs: [], outputs: [] };
function rowWarning({ outcome, rows, share, stopped }, why) {
    if (stopped && why !== undefined)
        return `requests are not batched any more: ${why}`;
    const by = share < Infinity ? ` by ${Number((share * 100).toPrecision(2))} % of its size` : '';
    const cause = outcome === 'random' ? 'two equal runs differ, too' : 'rows depend on each other, and batching goes on';
    return `a row of a batch of ${rows} rows came out otherwise by itself${by}: ${cause}`;
}
function rowsOf(args) {
    const tensor = Object.values(args).find((value) => value instanceof Tensor);
    return tensor?.shape[0] ?? 1;
}
function outcomeOf(error, signal) {
    if (signal?.aborted && error === signal.reason)
        return 'aborted';
    return error instanceof TorchError ? error.code : 'ERR_INTERNAL';
}
function isEncoded(input) {
    if (types.isUint8Array(input))
        return true;
    return Array.isArray(input) && input.length > 0 && input.every((item) => types.isUint8Array(item));
}
/** The time limit counts from the call, so encoding is taken off it. */
function withTimeLeft(options, started) {
    const { timeoutMs } = options;
    if (typeof timeoutMs !== 'number')
        return options;
    const left = timeoutMs - (performance.now() - started);
    if (timeoutMs > 0 && left <= 0)
        throw torchError('ERR_TIMEOUT', `Expected an answer within ${timeoutMs} ms`);
    return { ...options, timeoutMs: Math.min(timeoutMs, left) };
}
