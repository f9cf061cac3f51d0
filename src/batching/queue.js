import { EventEmitter } from 'node:events';
import { Desk } from '../async/ticket.js';
import { describe, expected, torchError, warnOf } from '../errors.js';
import { isBatchable } from '../model/batchable.js';
import { Admission } from './admission.js';
import { lowestPriority, notIndependent, requireBatchable, resolveBatchOptions, } from './options.js';
import { runInParts } from './parts.js';
import { RowChecker } from './row-check.js';
import { checkQueueRunOptions } from './run-options.js';
import { BatchRunner, Counters } from './runner.js';
import { Request, Waiting } from './waiting.js';
/** Milliseconds of a batch that is worth handing to the engine ahead of its time. */
const longestAheadMs = 5;
/**
 * Puts concurrent calls of a model together into batches. Its methods take and return exactly what the model's own do.
 * Dimension 0 of every tensor argument is the batch.
 *
 * @example
 * await model.warmup({ batchSizes: [1, 32] }); // also checks that rows are independent
 * await using queue = new BatchQueue(model, { maxBatchSize: 32, timeoutMs: 250 });
 * const logits = await queue.run(row, { priority: 1 });
 */
export class BatchQueue {
    model;
    #batchable;
    options;
    #waiting = new Waiting((call) => this.#isUnchecked(call));
    #counters = new Counters();
    #events = new EventEmitter();
    #checker;
    #desk;
    #runner;
    #admission;
    #pumping = false;
    #stopDelay;
    #closing;
    #idle;
    #sequence = 0;
    /** Calls that run in parts. One whose parts have ended may still run again as a whole. */
    #pieced = 0;
    #trusted;
    #share;
    #turn = {
        begin: () => {
            this.#pump();
        },
    };
    #stopped;
    constructor(model, options = {}, clock, random = Math.random) {
        if (!isBatchable(model))
            throw expected('a Model', 'the model of BatchQueue', model);
        if (model.disposed)
            throw torchError('ERR_DISPOSED', 'The model was disposed');
        this.options = resolveBatchOptions(options, mostRowsOf(model, options));
        requireBatchable(model, options.rowIndependent);
        this.model = this.#batchable = model;
        this.#trusted = options.rowIndependent === true;
        this.#share = model.share;
        this.#desk = new Desk({ clock, drop: (request, why) => this.#drop(request, why) });
        this.#checker = new RowChecker(model, this.options.checkRows, this.#desk.clock, random);
        this.#runner = new BatchRunner(model, this.options, this.#counters, this.#desk.clock, this.#checker, {
            ended: (event) => {
                this.#pump();
                this.#tell('batch', event);
            },
            wouldStop: () => !this.#trusted && !model.info.random && !model.warmupReport?.random,
            stopBatching: (event) => {
                this.#stopBatching(event);
            },
            checked: (event) => {
                this.#tell('rows', event);
            },
            mayCheck: () => !this.#closing,
        });
        this.#admission = new Admission(this.#waiting, this.options, this.#runner.fit, model.info.instances);
    }
    /** As Model.run. Throws as Model.run, and ERR_NOT_BATCHABLE, ERR_QUEUE_FULL (rows or bytes), ERR_DRAINING after close. */
    run(input, options) {
        return this.#enter('forward', this.#batchable.argumentsOf(input), options, valueOf);
    }
    /** As Model.call. Throws as `run`. */
    call(method, args, options) {
        return this.#enter(method, args, options, valueOf);
    }
    /** As `call`, with the time in the queue and the run of the batch that carried the call. */
    execute(method, args, options) {
        return this.#enter(method, args, options, itself);
    }
    /** Not even one more row would be taken. */
    get isFull() {
        return this.#admission.isFullFor();
    }
    /** Not even one more row of this client, which may have less than its share. @internal */
    isFullFor(client) {
        return this.#admission.isFullFor(client);
    }
    stats() {
        const { completed, failed, timedOut, aborted, refused, closed, batchSizes, batches, rows, paddedRows, isolated } = this.#counters;
        return {
            waitingRequests: this.#waiting.requests,
            waitingRows: this.#waiting.rows,
            waitingBytes: this.#waiting.bytes,
            batchesInFlight: this.#runner.inFlight,
            batches,
            rows,
            paddedRows,
            closed: { ...closed },
            batchSizes: { ...batchSizes },
            requests: { completed, failed, timedOut, aborted, refused },
            isolated,
            rowChecks: this.#checker.counts,
            stopped: this.#stopped,
            fit: this.#runner.fit.value,
            batchCapacity: this.#capacity(),
        };
    }
    on(event, listener) {
        this.#events.on(event, listener);
        return this;
    }
    off(event, listener) {
        this.#events.off(event, listener);
        return this;
    }
    /** Why calls share no runs any more: a row came out otherwise by itself. Undefined while they do. */
    get stopped() {
        return this.#stopped;
    }
    /** Takes no more calls and waits for those it has. The model stays. Idempotent. */
    close() {
        if (!this.#closing) {
            this.#closing = new Promise((resolve) => {
                this.#idle = resolve;
            });
            this.#pump(); // nothing is held back any more
        }
        return this.#closing;
    }
    [Symbol.asyncDispose]() {
        return this.close();
    }
    #requireOpen(signal) {
        signal?.throwIfAborted();
        if (this.#closing)
            throw torchError('ERR_DRAINING', 'Expected an open queue but it was closed');
    }
    #admit(call, order) {
        this.#admission.requireSize(call);
        try {
            this.#admission.requireRoom(call, order.client);
            if (this.#stopped === undefined) {
                this.#admission.requireTime(call, order, this.#runner.inFlight, this.#capacity());
            }
        }
        catch (error) {
            this.#counters.refused++;
            throw error;
        }
    }
    /** One promise for a call, because at this rate every further one is felt. What is thrown here rejects it. */
    #enter(method, args, options = {}, pick) {
        try {
            if (this.model.disposed)
                throw torchError('ERR_DISPOSED', 'The model was disposed');
            checkQueueRunOptions(options);
            const { signal, timeoutMs = Infinity, priority = 0, owned = false, bounds, client } = options;
            if (!Number.isSafeInteger(priority) || priority < 0 || priority > lowestPriority) {
                throw expected(`an integer from 0 to ${lowestPriority}`, 'priority', priority);
            }
            this.#requireOpen(signal);
            this.#requireChecked(method);
            const call = this.#batchable.prepare(method, args, { owned, bounds });
            this.#requireOpen(signal); // a getter of the arguments is the caller's code, and may have done anything
            const order = {
                since: this.#desk.clock.now(),
                timeoutMs: Math.min(this.options.timeoutMs, timeoutMs),
                signal,
                level: priority === 0 ? this.options.defaultPriority : priority,
                client,
            };
            this.#admit(call, order);
            const most = this.#mostRows(call);
            if (call.rows <= most)
                return this.#submit(call, order, pick).promise;
            this.#pieced++;
            const parts = runInParts(call, most, (part) => this.#submit(part, order, itself, true));
            const answer = parts.then((execution) => {
                const whole = this.#mostRows(call);
                // Rows were found to depend on each other meanwhile, and the parts of a call are no batch of the caller's.
                const isAgain = whole > most && call.rows <= whole;
                return isAgain ? this.#submit(call, order, pick).promise : pick(execution);
            });
            return answer.finally(() => {
                this.#pieced--;
                if (this.#closing)
                    this.#pumpSoon();
            });
        }
        catch (error) {
            return Promise.reject(error);
        }
    }
    /** Rows of one run of a call at most. */
    #mostRows(call) {
        const { maxBatchSize } = this.options;
        const isWhole = this.#stopped !== undefined || (call.rows > maxBatchSize && this.#isUnchecked(call));
        return isWhole ? (this.model.maxRows ?? Infinity) : maxBatchSize;
    }
    /** Warm-up saw no call like this one: another argument is given or left out, or one that is no tensor has another value. */
    #isUnchecked(call) {
        return !this.#trusted && this.#batchable.wasChecked?.(call) === false;
    }
    #requireChecked(method) {
        if (method === 'forward' || this.#trusted)
            return;
        throw torchError('ERR_NOT_BATCHABLE', `Expected forward, whose rows alone were checked, but received ${describe(method)}`);
    }
    #submit(call, order, pick, isPart = false) {
        const rank = order.since + (order.level - 1) * this.options.agingMs + ++this.#sequence * 1e-9;
        const request = new Request(this.#desk, call, order, rank, pick, isPart);
        this.#waiting.push(request);
        // One look per turn of the event loop: calls made in the same turn share a batch.
        if (this.#runner.inFlight < this.model.info.instances + this.#ahead())
            this.#pumpSoon();
        return request;
    }
    /** A request was given up. A waiting one frees its place; a running one is computed for nobody. */
    #drop(request, why) {
        if (why === 'expired')
            this.#counters.timedOut++;
        else if (request.isPushedOut)
            this.#counters.refused++;
        else
            this.#counters.aborted++;
        if (!request.started)
            this.#waiting.forget(request);
        // Not at once: this may be in the middle of #pump, whose batch has left the queue and is not in flight yet.
        if (this.#closing)
            this.#pumpSoon();
        return !request.started;
    }
    /** A row came out otherwise by itself. From now on every call runs by itself. */
    #stopBatching({ rows, share }) {
        const by = share < Infinity ? `, by ${Number((share * 100).toPrecision(2))} % of its size` : '';
        this.#stopped ??= notIndependent(`a row of a batch of ${rows} came out otherwise by itself${by}`).message;
    }
    #tell(name, ...event) {
        try {
            this.#events.emit(name, ...event);
        }
        catch (error) {
            warnOf(error); // a broken listener is no reason to stop
        }
    }
    #capacity() {
        if (this.#stopped !== undefined)
            return 1; // a call is taken whole, however many rows it has
        const { targetP95Ms, maxBatchSize } = this.options;
        return this.#runner.fit.capacity(targetP95Ms, maxBatchSize);
    }
    #pumpSoon() {
        if (this.#pumping)
            return;
        this.#pumping = true;
        setImmediate(() => {
            this.#pumping = false;
            this.#pump();
        });
    }
    /**
     * How many batches the engine may hold beyond those that run, so that an instance that ends one begins the next without
     * a turn of the event loop. None for batches so long that a turn is nothing beside them: what is held can be overtaken
     * by nobody, and is computed even if it expires.
     */
    #ahead() {
        const { instances, maxPending } = this.model.info;
        if (this.#share?.isOpen === false)
            return 0; // others wait for the slots of what would be held
        const runMs = this.#runner.fit.predict(this.#capacity());
        return runMs > 0 && runMs <= longestAheadMs ? Math.min(instances, maxPending) : 0;
    }
    /** Starts batches while an instance is idle and requests wait, and those ahead that cannot grow any more. */
    #pump() {
        this.#stopDelay?.();
        this.#stopDelay = undefined;
        const held = new Set();
        let wait = Infinity;
        let capacity = 0;
        let verdict;
        const capacityFor = ({ isAlone }) => (isAlone ? 1 : capacity);
        const isReady = (group) => {
            if (held.has(group))
                return false;
            const found = this.#hold(group, capacityFor(group));
            if (typeof found !== 'number') {
                verdict = found; // the group that was found ready last is the one that is taken
                return true;
            }
            held.add(group); // another group may have what it takes
            wait = Math.min(wait, found);
            return false;
        };
        const { instances } = this.model.info;
        const most = instances + this.#ahead();
        while (this.#runner.inFlight < most) {
            capacity = this.#capacity();
            const group = this.#waiting.next(isReady);
            if (!group)
                break;
            // The first in line is not passed by what is full: it would never find an idle instance.
            if (this.#runner.inFlight >= instances && group.rows < capacityFor(group))
                break;
            // The compute budget lets it through in its turn, and the batch is formed then.
            if (this.#share?.admits() === false) {
                this.#share.wait(this.#turn);
                break;
            }
            const { requests, reason } = this.#waiting.take(group, capacityFor(group));
            const live = this.#unexpired(requests);
            if (live.length > 0)
                this.#runner.start(live, verdict ?? reason);
        }
        if (wait < Infinity) {
            this.#stopDelay = this.#desk.clock.after(wait, () => {
                this.#pump();
            });
        }
        if (this.#waiting.requests + this.#pieced + this.#runner.inFlight === 0)
            this.#idle?.();
    }
    /** The timer may come late, after a stall of the event loop; what has expired must not run all the same. */
    #unexpired(requests) {
        const now = this.#desk.clock.now();
        return requests.filter((request) => {
            if (request.deadline > now)
                return true;
            request.expire();
            return false;
        });
    }
    /** Milliseconds to hold a batch back, or why it is not (any longer); undefined when delays do not come into it. */
    #hold(group, capacity) {
        const { maxDelayMs } = this.options;
        if (maxDelayMs === 0 || this.#runner.inFlight === 0 || group.rows >= capacity || this.#closing)
            return undefined;
        const now = this.#desk.clock.now();
        const runMs = this.#runner.fit.predict(group.rows);
        let delayed = Infinity;
        let latest = Infinity;
        for (const { since, deadline } of group.live()) {
            delayed = Math.min(delayed, since + maxDelayMs);
            // Half its time at most goes into waiting for company: the fit may know nothing yet.
            latest = Math.min(latest, (since + deadline) / 2, deadline - runMs);
        }
        if (now >= delayed)
            return 'delay';
        if (now >= latest)
            return 'deadline';
        return Math.max(1, Math.ceil(Math.min(delayed, latest) - now));
    }
}
/** No more rows than the model takes, nor than warm-up has tried where nobody vouches for more. */
function mostRowsOf(model, { rowIndependent }) {
    const tried = rowIndependent === true ? Infinity : (model.warmupReport?.largestBatch ?? Infinity);
    const most = Math.min(model.maxRows ?? Infinity, tried);
    return most === Infinity ? undefined : most;
}
function valueOf({ value }) {
    return value;
}
function itself(execution) {
    return execution;
}
