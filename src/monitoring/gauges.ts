import { Gauge, type Registry } from 'prom-client';

/** The state of a model's queue. Times are milliseconds. */
export interface QueueSample {
  readonly model: string;
  readonly version: string;
  readonly waitingRows: number;
  readonly batchCapacity: number;
  readonly fit: { readonly a: number; readonly b: number } | undefined;
}

const modelLabels = ['model', 'version'] as const;

/**
 * Adds the gauges. Their values are read at the moment the metrics are.
 * @param inFlight requests begun and not yet answered
 * @param queues what waits for a batch, by model
 */
export function addGauges(registry: Registry, inFlight: () => number, queues: () => Iterable<QueueSample>): void {
  new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests begun and not yet answered.',
    registers: [registry],
    collect() {
      this.set(inFlight());
    },
  });
  new Gauge({
    name: 'batch_queue_rows',
    help: 'Rows waiting for a batch.',
    labelNames: modelLabels,
    registers: [registry],
    collect() {
      for (const { model, version, waitingRows } of queues()) this.set({ model, version }, waitingRows);
    },
  });
  new Gauge({
    name: 'batch_queue_capacity_rows',
    help: 'Rows a batch takes at present: maxBatchSize, or less for the latency objective.',
    labelNames: modelLabels,
    aggregator: 'average',
    registers: [registry],
    collect() {
      for (const { model, version, batchCapacity } of queues()) this.set({ model, version }, batchCapacity);
    },
  });
  for (const term of ['a', 'b'] as const) {
    new Gauge({
      name: term === 'a' ? 'batch_fit_row_seconds' : 'batch_fit_base_seconds',
      help: term === 'a' ? 'Time a row adds to a batch, as fitted.' : 'Time a batch takes beside its rows, as fitted.',
      labelNames: modelLabels,
      aggregator: 'average',
      registers: [registry],
      collect() {
        for (const { model, version, fit } of queues()) if (fit) this.set({ model, version }, fit[term] / 1000);
      },
    });
  }
}
