import { Gauge } from 'prom-client';
/** THE TABLE of gauges. A new one is a row here, and a member of GaugeSources where it is read from something else. */
const gauges = [
    {
        name: 'http_requests_in_flight',
        help: 'Requests begun and not yet answered.',
        byModel: false,
        values: (sources) => [[sources.inFlight()]],
    },
    {
        name: 'batch_queue_rows',
        help: 'Rows waiting for a batch.',
        byModel: true,
        values: ofQueues(({ waitingRows }) => waitingRows),
    },
    {
        name: 'batch_queue_capacity_rows',
        help: 'Rows a batch takes at present: maxBatchSize, or less for the latency objective.',
        byModel: true,
        aggregator: 'average',
        values: ofQueues(({ batchCapacity }) => batchCapacity),
    },
    {
        name: 'batch_fit_row_seconds',
        help: 'Time a row adds to a batch, as fitted.',
        byModel: true,
        aggregator: 'average',
        values: ofQueues(({ fit }) => fit && fit.a / 1000),
    },
    {
        name: 'batch_fit_base_seconds',
        help: 'Time a batch takes beside its rows, as fitted.',
        byModel: true,
        aggregator: 'average',
        values: ofQueues(({ fit }) => fit && fit.b / 1000),
    },
    {
        name: 'inference_runs_in_flight',
        help: 'Runs that have begun and not ended, one for each busy instance.',
        byModel: true,
        values: ofModels(({ running }) => running),
    },
    {
        name: 'inference_oldest_run_seconds',
        help: 'Time since the oldest run that has not ended began; 0 without one. Nothing can stop a run.',
        byModel: true,
        aggregator: 'max',
        values: ofModels(({ oldestMs }) => oldestMs / 1000),
    },
];
/** Adds the gauges. */
export function addGauges(registry, sources) {
    for (const { name, help, byModel, aggregator = 'sum', values } of gauges) {
        new Gauge({
            name,
            help,
            labelNames: byModel ? ['model', 'version'] : [],
            aggregator,
            registers: [registry],
            collect() {
                // A model that is gone has no value any more.
                this.reset();
                for (const [value, labels] of values(sources))
                    this.set(labels ?? {}, value);
            },
        });
    }
}
/** A value of each queue; none where it is not known. */
function ofQueues(valueOf) {
    return function* ({ queues }) {
        for (const queue of queues()) {
            const value = valueOf(queue);
            if (value !== undefined)
                yield [value, { model: queue.model, version: queue.version }];
        }
    };
}
function ofModels(valueOf) {
    return function* ({ busy }) {
        for (const each of busy())
            yield [valueOf(each), { model: each.model, version: each.version }];
    };
}
