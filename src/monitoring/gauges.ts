import { Gauge, type Registry } from 'prom-client';

/** The state of a model's queue. Times are milliseconds. */
export interface QueueSample {
  readonly model: string;
  readonly version: string;
  readonly waitingRows: number;
  readonly batchCapacity: number;
  readonly fit: { readonly a: number; readonly b: number } | undefined;
}

/** What a model runs just now. Times are milliseconds. */
export interface BusySample {
  readonly model: string;
  readonly version: string;
  /** Runs that have begun and not ended. */
  readonly running: number;
  /** Time since the oldest of them began; 0 without one. */
  readonly oldestMs: number;
}

/** What gauges are read from, at the moment the metrics are. */
export interface GaugeSources {
  /** Requests begun and not yet answered. */
  readonly inFlight: () => number;
  /** What waits for a batch, by model. */
  readonly queues: () => Iterable<QueueSample>;
  /** What each model runs. */
  readonly busy: () => Iterable<BusySample>;
}

type Value = readonly [value: number, labels?: { readonly model: string; readonly version: string }];

/** One gauge. Names end with a base unit, and never with `_total`, which means a counter. */
interface GaugeRow {
  readonly name: string;
  readonly help: string;
  /** One value for each model and version; otherwise one. */
  readonly byModel: boolean;
  /** What the gauges of several workers are together, default their sum. */
  readonly aggregator?: 'average' | 'max';
  readonly values: (sources: GaugeSources) => Iterable<Value>;
}

/** THE TABLE of gauges. A new one is a row here, and a member of GaugeSources where it is read from something else. */
const gauges: readonly GaugeRow[] = [
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
export function addGauges(registry: Registry, sources: GaugeSources): void {
  for (const { name, help, byModel, aggregator = 'sum', values } of gauges) {
    new Gauge({
      name,
      help,
      labelNames: byModel ? (['model', 'version'] as const) : [],
      aggregator,
      registers: [registry],
      collect() {
        // A model that is gone has no value any more.
        this.reset();
        for (const [value, labels] of values(sources)) this.set(labels ?? {}, value);
      },
    });
  }
}

/** A value of each queue; none where it is not known. */
function ofQueues(valueOf: (queue: QueueSample) => number | undefined): GaugeRow['values'] {
  return function* ({ queues }) {
    for (const queue of queues()) {
      const value = valueOf(queue);
      if (value !== undefined) yield [value, { model: queue.model, version: queue.version }];
    }
  };
}

function ofModels(valueOf: (busy: BusySample) => number): GaugeRow['values'] {
  return function* ({ busy }) {
    for (const each of busy()) yield [valueOf(each), { model: each.model, version: each.version }];
  };
}
