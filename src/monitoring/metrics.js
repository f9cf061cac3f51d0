import { Counter, Histogram, Registry } from 'prom-client';
import { errorTable, isErrorCode } from '../errors.js';
import { addGauges } from './gauges.js';
import { processMetrics } from './process-metrics.js';
const requestBuckets = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
const inferenceBuckets = [0.00001, 0.000025, 0.00005, ...requestBuckets];
const modelLabels = ['model', 'version'];
/** The metrics of one server, in a registry of their own: several servers in a process do not meet. */
export class ServerMetrics {
    contentType = Registry.PROMETHEUS_CONTENT_TYPE;
    #registry = new Registry();
    #merged;
    #writing;
    #requests = new Histogram({
        name: 'http_request_duration_seconds',
        help: 'Time from the headers of a request to the end of its answer.',
        labelNames: ['route', 'method', 'status'],
        buckets: requestBuckets,
        registers: [this.#registry],
    });
    #rejections = new Counter({
        name: 'http_requests_rejected_total',
        help: 'Requests answered with an error, by its code.',
        labelNames: ['code'],
        registers: [this.#registry],
    });
    #dropped = new Counter({
        name: 'http_connections_dropped_total',
        help: 'Connections closed unserved: maxConnections were open, or no file descriptors were left.',
        registers: [this.#registry],
    });
    #acceptErrors = new Counter({
        name: 'http_accept_errors_total',
        help: 'Errors of the system when connections were accepted.',
        registers: [this.#registry],
    });
    #inference = new Histogram({
        name: 'inference_duration_seconds',
        help: 'Time inside the engine, of the batch that carried the request.',
        labelNames: modelLabels,
        buckets: inferenceBuckets,
        registers: [this.#registry],
    });
    #queue = new Histogram({
        name: 'inference_queue_duration_seconds',
        help: 'Time from submission of a run until a worker took it.',
        labelNames: modelLabels,
        buckets: inferenceBuckets,
        registers: [this.#registry],
    });
    #rows = new Counter({
        name: 'inference_rows_total',
        help: 'Rows whose run ended, by its outcome. What was refused, aborted or late is not in it: it need not have run.',
        labelNames: [...modelLabels, 'outcome'],
        registers: [this.#registry],
    });
    #batchRows = new Histogram({
        name: 'batch_rows',
        help: 'Rows of a batch, without padding.',
        labelNames: modelLabels,
        buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
        registers: [this.#registry],
    });
    #padding = new Counter({
        name: 'batch_padded_rows_total',
        help: 'Rows of padding, run to reach an allowed batch size.',
        labelNames: modelLabels,
        registers: [this.#registry],
    });
    #closed = new Counter({
        name: 'batches_total',
        help: 'Batches run, by why they were closed.',
        labelNames: [...modelLabels, 'reason'],
        registers: [this.#registry],
    });
    #rowChecks = new Counter({
        name: 'batch_row_checks_total',
        help: 'Rows of batches run again by themselves, by what came of it.',
        labelNames: [...modelLabels, 'outcome'],
        registers: [this.#registry],
    });
    /**
     * All are read when the metrics are.
     * @param inFlight requests begun and not yet answered
     * @param queues what waits for a batch, by model
     * @param busy what each model runs
     */
    constructor(inFlight, queues, busy = () => []) {
        addGauges(this.#registry, { inFlight, queues, busy });
        this.#dropped.inc(0);
        this.#acceptErrors.inc(0);
        this.#merged = Registry.merge([this.#registry, processMetrics()]);
    }
    /** Counts one answered request. `route` must be one of a fixed set: it is a label. */
    request(route, method, status, seconds) {
        this.#requests.observe({ route, method, status }, seconds);
    }
    rejected(code) {
        this.#rejections.inc({ code });
    }
    connectionDropped() {
        this.#dropped.inc();
    }
    acceptFailed() {
        this.#acceptErrors.inc();
    }
    run({ model, version, rows, outcome, timings }) {
        if (hasRun(outcome))
            this.#rows.inc({ model, version, outcome }, rows);
        if (!timings)
            return;
        this.#inference.observe({ model, version }, timings.runMs / 1000);
        this.#queue.observe({ model, version }, timings.queueMs / 1000);
    }
    batch({ model, version, rows, paddedRows, reason }) {
        this.#batchRows.observe({ model, version }, rows);
        if (paddedRows > 0)
            this.#padding.inc({ model, version }, paddedRows);
        this.#closed.inc({ model, version, reason });
    }
    rowCheck({ model, version, outcome }) {
        this.#rowChecks.inc({ model, version, outcome });
    }
    /** Everything as values, for `aggregated`. */
    async snapshot() {
        return await this.#merged.getMetricsAsJSON();
    }
    /** Everything in the text format of Prometheus. Who asks while it is written gets the same: it takes milliseconds. */
    text() {
        return (this.#writing ??= this.#merged.metrics().finally(() => (this.#writing = undefined)));
    }
}
/** Whether the rows of a call with this outcome were in the engine for certain. */
function hasRun(outcome) {
    return outcome === 'ok' || (isErrorCode(outcome) && errorTable[outcome].family === 'execution');
}
