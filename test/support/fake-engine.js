/**
 * An engine for unit tests of the queue's policy: y = 2x row by row, with run times, failures and instances that the
 * test steers. It notes what it was asked, so that invariants can be checked from its side too. Time is a stepped clock's,
 * the queue's and its own, so nothing here depends on how fast the machine is.
 */
import { Tensor, torchError } from './internals.js';
import { namedArguments } from '#dist/tensor/value.js';
import { gather, scatter } from '#dist/model/collate.js';
import { prepareCall } from '#dist/model/call.js';
import { BatchQueue } from '#dist/batching/index.js';
import { SteppedClock } from './stepped-clock.js';
import { turns } from './turn.js';
export class FakeEngine {
    batches = [];
    /** Batches that run or wait, at most. */
    mostInFlight = 0;
    clock = new SteppedClock();
    /** Batches that run, the oldest first. */
    #running = new Map();
    #free = [];
    #taken = 0;
    #busy = 0;
    #options;
    constructor(options = {}) {
        this.#options = options;
    }
    /** A queue over this engine, on its clock. It checks no rows, unless the test wants it to. */
    queue(options = {}, random = () => 0) {
        return new BatchQueue(this.model, { checkRows: 0, ...options }, this.clock, random);
    }
    /** Ends a batch that runs, the oldest by default, and lets what follows from it happen. */
    async finish(batch, failure) {
        const chosen = batch ?? this.#running.keys().next().value;
        const end = chosen && this.#running.get(chosen);
        if (!end)
            throw new Error('no such batch runs');
        end(failure);
        await turns();
    }
    fail(code, batch) {
        return this.finish(batch, code);
    }
    /** Ends one batch after the other, a millisecond each, until some work has settled. */
    async finishAll(work) {
        let isPending = true;
        const done = () => void (isPending = false);
        work.then(done, done);
        await turns();
        while (isPending) {
            this.clock.advance(1);
            await this.finish();
        }
        return work;
    }
    /** What a BatchQueue sees of a model. */
    get model() {
        const { instances = 1, maxPending = 0, rowIndependent = true, stateful = false } = this.#options;
        return {
            info: { instances, maxPending, stateful },
            warmupReport: { rowIndependent, rowIndependence: 'as the test says' },
            argumentsOf: (input) => (Array.isArray(input) ? input : [input]),
            prepare: (method, args, options) => prepareCall(method, Array.isArray(args) ? args : Object.values(namedArguments(args)), options),
            runBatch: (calls, padTo) => this.#run(calls, padTo),
        };
    }
    async #run(calls, padTo = 0) {
        const { instances = 1, maxPending = 0, runMs = () => 0 } = this.#options;
        const { isPoison = () => false, failWith = 'ERR_MODEL_EXECUTION' } = this.#options;
        const pool = { take: (bytes) => new ArrayBuffer(bytes), give: () => undefined };
        const { values: args, rows } = gather(calls, padTo, pool);
        const [x] = args;
        const width = x.data.length / rows;
        const sentinels = Array.from({ length: rows }, (_, row) => Number(x.data[row * width]));
        const batch = { sentinels, key: calls[0].key, args: args };
        this.batches.push(batch);
        this.mostInFlight = Math.max(this.mostInFlight, ++this.#taken);
        if (this.#taken > instances + maxPending)
            throw new Error('more batches than the engine takes');
        if (this.#busy >= instances)
            await new Promise((resolve) => this.#free.push(resolve));
        this.#busy++;
        const began = this.clock.now();
        const failure = await this.#end(batch, runMs(rows));
        this.#busy--;
        this.#taken--;
        this.#free.shift()?.();
        if (failure)
            throw torchError(failure, 'as the test says');
        if (sentinels.some(isPoison))
            throw torchError(failWith, 'poison');
        const answer = this.#options.answer ?? double;
        const timings = { queueMs: 0, runMs: Math.max(this.clock.now() - began, 0.01) };
        return { values: scatter(answer(x), calls, rows), timings };
    }
    #end(batch, runMs) {
        return new Promise((resolve) => {
            const end = (failure) => {
                this.#running.delete(batch);
                resolve(failure);
            };
            this.#running.set(batch, end);
            if (this.#options.stepped)
                return;
            if (runMs > 0)
                this.clock.after(runMs, end);
            else
                setImmediate(end);
        });
    }
}
function double(x) {
    return new Tensor('float32', x.data.map((value) => 2 * value), x.shape);
}
/** `count` rows of `width` elements, all of them `sentinel`. */
export function rowsOf(sentinel, count = 1, width = 4) {
    return new Tensor('float32', new Float32Array(count * width).fill(sentinel), [count, width]);
}
