import { TorchError, warnOf } from '../errors.js';
import { LatencyFit } from './fit.js';
/** After so many batches in a row whose requests all failed alone too, running them alone is given up until one succeeds. */
const isolationLimit = 3;
/** Counters of a queue. */
export class Counters {
    batches = 0;
    rows = 0;
    paddedRows = 0;
    completed = 0;
    failed = 0;
    timedOut = 0;
    aborted = 0;
    refused = 0;
    isolated = 0;
    closed = { size: 0, idle: 0, delay: 0, deadline: 0, shape: 0 };
    batchSizes = {};
    closedBatch(rows, padded, reason) {
        this.batches++;
        this.rows += rows;
        this.paddedRows += padded - rows;
        this.closed[reason]++;
        this.batchSizes[rows] = (this.batchSizes[rows] ?? 0) + 1;
    }
}
/** Runs batches and gives each request its outcome. */
export class BatchRunner {
    fit = new LatencyFit();
    #model;
    #allowedSizes;
    #counters;
    #clock;
    #checker;
    #hooks;
    #hopeless = 0;
    inFlight = 0;
    /** Rows depend on each other, so that each request runs by itself. */
    isAlone = false;
    constructor(model, options, counters, clock, checker, hooks) {
        this.#model = model;
        this.#allowedSizes = options.allowedBatchSizes;
        this.#counters = counters;
        this.#clock = clock;
        this.#checker = checker;
        this.#hooks = hooks;
    }
    /** The compute budget has let this batch through. */
    start(requests, reason) {
        this.inFlight++;
        const started = this.#clock.now();
        let rows = 0;
        for (const { call } of requests)
            rows += call.rows;
        const padTo = (requests[0].isAlone ? undefined : this.#sizeFor(rows)) ?? rows;
        this.#counters.closedBatch(rows, padTo, reason);
        const finish = (outcome, runMs, queuedMs = 0) => {
            this.inFlight--;
            const [oldest] = requests;
            const waitMs = started - oldest.since + queuedMs;
            const paddedRows = padTo - rows;
            this.#hooks.ended({ rows, paddedRows, requests: requests.length, reason, waitMs, runMs, outcome });
        };
        this.#model
            .runBatch(requests.map(({ call }) => call), padTo, true)
            .then((execution) => {
            const { runMs, queueMs } = execution.timings;
            this.#hopeless = 0;
            this.fit.add(padTo, runMs);
            this.#checker.ran(runMs);
            const isJoint = requests.length > 1 || padTo > rows;
            // The rows of a part, too, are together because of this queue.
            const isShared = isJoint || (rows > 1 && requests[0].isPart);
            const isChecked = isShared && !this.isAlone && this.#checker.countsAsDue() && this.#hooks.mayCheck();
            if (!isChecked && !(isJoint && this.isAlone)) {
                this.#resolve(requests, execution, started);
                finish('ok', runMs, queueMs);
                return;
            }
            const done = () => finish('ok', runMs, queueMs);
            const checked = isChecked
                ? this.#resolveChecked(requests, execution, started, padTo, isJoint)
                : this.#isolate(requests, started);
            checked.then(done, (error) => {
                warnOf(error); // a fault of ours, and none of the calls'
                this.#resolve(requests, execution, started);
                done();
            });
        }, (error) => {
            const failed = () => finish('failed', this.#clock.now() - started);
            if (this.#mayIsolate(requests, error))
                void this.#isolate(requests, started).then(failed);
            else {
                for (const request of requests)
                    this.#reject(request, error);
                failed();
            }
        });
    }
    /**
     * The answers wait for a check that can change them: what it finds wrong is run again, each request by itself.
     * @param isJoint the requests did not run by themselves
     */
    async #resolveChecked(requests, execution, started, rows, isJoint) {
        const wouldStop = this.#hooks.wouldStop();
        const calls = requests.map(({ call }) => call);
        const checking = this.#checker.check(calls, execution.values);
        if (!wouldStop)
            this.#resolve(requests, execution, started);
        const found = await checking;
        const stopped = wouldStop && found.outcome === 'differs';
        if (stopped) {
            this.isAlone = true;
            this.#hooks.stopBatching({ rows, share: found.share });
        }
        this.#hooks.checked({ rows, ...found, stopped });
        if (!wouldStop)
            return;
        // Another batch may have been found out meanwhile. What ran by itself is not run once more.
        if (this.isAlone && isJoint)
            await this.#isolate(requests, started);
        else
            this.#resolve(requests, execution, started);
    }
    #sizeFor(rows) {
        return this.isAlone ? undefined : this.#allowedSizes?.find((size) => size >= rows);
    }
    #mayIsolate(requests, error) {
        return requests.length > 1 && this.#hopeless < isolationLimit && isRowsFault(error);
    }
    /** Runs each request of a batch by itself, once: of one that failed, so that only those at fault fail. */
    async #isolate(requests, started) {
        let tried = 0;
        let saved = 0;
        let fatal;
        for (const request of requests) {
            if (request.settled)
                continue; // timed out or aborted meanwhile
            if (fatal !== undefined) {
                this.#reject(request, fatal);
                continue;
            }
            this.#counters.isolated++;
            tried++;
            try {
                const padTo = this.#sizeFor(request.call.rows);
                this.#resolve([request], await this.#model.runBatch([request.call], padTo), started);
                saved++;
            }
            catch (error) {
                this.#reject(request, error);
                if (!isRowsFault(error))
                    fatal = error;
            }
        }
        if (saved > 0)
            this.#hopeless = 0;
        else if (tried > 0)
            this.#hopeless++;
    }
    #resolve(requests, { values, timings }, started) {
        for (const [i, request] of requests.entries()) {
            const queueMs = started - request.since + timings.queueMs;
            const execution = { value: values[i], timings: { queueMs, runMs: timings.runMs } };
            if (request.resolve(request.pick(execution)))
                this.#counters.completed++;
        }
    }
    #reject(request, error) {
        if (request.reject(error))
            this.#counters.failed++;
    }
}
/**
 * Only what the model itself raised may be the fault of single rows. Out of memory and device errors would only happen
 * again, and a misshapen output is the model's own.
 */
function isRowsFault(error) {
    return error instanceof TorchError && error.code === 'ERR_MODEL_EXECUTION';
}
