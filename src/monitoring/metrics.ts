import { Counter, Histogram, Registry } from 'prom-client';
import { errorTable, isErrorCode } from '../errors.js';
import type { MetricsSnapshot } from './aggregate.js';
import { addGauges, type GaugeSources } from './gauges.js';
import { processMetrics } from './process-metrics.js';

/** What is measured of one run of a model. Times are milliseconds. */
export interface RunSample {
  readonly model: string;
  readonly version: string;
  readonly rows: number;
  /** `ok`, or the code of the error that ended it. */
  readonly outcome: string;
  /** Of a run that succeeded. */
  readonly timings: { readonly queueMs: number; readonly runMs: number } | undefined;
}

/** What is measured of one batch. */
export interface BatchSample {
  readonly model: string;
  readonly version: string;
  readonly rows: number;
  readonly paddedRows: number;
  readonly reason: string;
}

/** What is counted of one row that was run again by itself. */
export interface RowCheckSample {
  readonly model: string;
  readonly version: string;
  readonly outcome: string;
}

const requestBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
const inferenceBuckets = [0.00001, 0.000025, 0.00005, ...requestBuckets];
const modelLabels = ['model', 'version'] as const;

/** The metrics of one server, in a registry of their own: several servers in a process do not meet. */
export class ServerMetrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();
  readonly #merged: Registry;
  #writing: Promise<string> | undefined;
  readonly #requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the headers of a request to the end of its answer.',
    labelNames: ['route', 'method', 'status'] as const,
    buckets: requestBuckets,
    registers: [this.#registry],
  });
  readonly #rejections = new Counter({
    name: 'http_requests_rejected_total',
    help: 'Requests answered with an error, by its code.',
    labelNames: ['code'] as const,
    registers: [this.#registry],
  });
  readonly #dropped = new Counter({
    name: 'http_connections_dropped_total',
    help: 'Connections closed unserved: maxConnections were open, or no file descriptors were left.',
    registers: [this.#registry],
  });
  readonly #acceptErrors = new Counter({
    name: 'http_accept_errors_total',
    help: 'Errors of the system when connections were accepted.',
    registers: [this.#registry],
  });
  readonly #inference = new Histogram({
    name: 'inference_duration_seconds',
    help: 'Time inside the engine, of the batch that carried the request.',
    labelNames: modelLabels,
    buckets: inferenceBuckets,
    registers: [this.#registry],
  });
  readonly #queue = new Histogram({
    name: 'inference_queue_duration_seconds',
    help: 'Time from submission of a run until a worker took it.',
    labelNames: modelLabels,
    buckets: inferenceBuckets,
    registers: [this.#registry],
  });
  readonly #rows = new Counter({
    name: 'inference_rows_total',
    help: 'Rows whose run ended, by its outcome. What was refused, aborted or late is not in it: it need not have run.',
    labelNames: [...modelLabels, 'outcome'] as const,
    registers: [this.#registry],
  });

  readonly #batchRows = new Histogram({
    name: 'batch_rows',
    help: 'Rows of a batch, without padding.',
    labelNames: modelLabels,
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    registers: [this.#registry],
  });
  readonly #padding = new Counter({
    name: 'batch_padded_rows_total',
    help: 'Rows of padding, run to reach an allowed batch size.',
    labelNames: modelLabels,
    registers: [this.#registry],
  });
  readonly #closed = new Counter({
    name: 'batches_total',
    help: 'Batches run, by why they were closed.',
    labelNames: [...modelLabels, 'reason'] as const,
    registers: [this.#registry],
  });

  readonly #rowChecks = new Counter({
    name: 'batch_row_checks_total',
    help: 'Rows of batches run again by themselves, by what came of it.',
    labelNames: [...modelLabels, 'outcome'] as const,
    registers: [this.#registry],
  });

  readonly #failedLoads = new Counter({
    name: 'model_load_failures_total',
    help: 'Loads of a model that failed or were refused, by the code of the reason. What served before goes on.',
    labelNames: ['model', 'code'] as const,
    registers: [this.#registry],
  });

  /**
   * All are read when the metrics are.
   * @param inFlight requests begun and not yet answered
   * @param queues what waits for a batch, by model
   * @param busy what each model runs
   */
  constructor(
    inFlight: GaugeSources['inFlight'],
    queues: GaugeSources['queues'],
    busy: GaugeSources['busy'] = () => [],
  ) {
    addGauges(this.#registry, { inFlight, queues, busy });
    this.#dropped.inc(0);
    this.#acceptErrors.inc(0);
    this.#merged = Registry.merge([this.#registry, processMetrics()]);
  }

  /** Counts one answered request. `route` must be one of a fixed set: it is a label. */
  request(route: string, method: string, status: number, seconds: number): void {
    this.#requests.observe({ route, method, status }, seconds);
  }

  rejected(code: string): void {
    this.#rejections.inc({ code });
  }

  connectionDropped(): void {
    this.#dropped.inc();
  }

  acceptFailed(): void {
    this.#acceptErrors.inc();
  }

  run({ model, version, rows, outcome, timings }: RunSample): void {
    if (hasRun(outcome)) this.#rows.inc({ model, version, outcome }, rows);
    if (!timings) return;
    this.#inference.observe({ model, version }, timings.runMs / 1000);
    this.#queue.observe({ model, version }, timings.queueMs / 1000);
  }

  batch({ model, version, rows, paddedRows, reason }: BatchSample): void {
    this.#batchRows.observe({ model, version }, rows);
    if (paddedRows > 0) this.#padding.inc({ model, version }, paddedRows);
    this.#closed.inc({ model, version, reason });
  }

  rowCheck({ model, version, outcome }: RowCheckSample): void {
    this.#rowChecks.inc({ model, version, outcome });
  }

  /** Counts a load that failed or was refused. `model` must be one that is served, or was to be: it is a label. */
  loadFailed(model: string, code: string): void {
    this.#failedLoads.inc({ model, code });
  }

  /** Everything as values, for `aggregated`. */
  async snapshot(): Promise<MetricsSnapshot> {
    return await this.#merged.getMetricsAsJSON();
  }

  /** Everything in the text format of Prometheus. Who asks while it is written gets the same: it takes milliseconds. */
  text(): Promise<string> {
    return (this.#writing ??= this.#merged.metrics().finally(() => (this.#writing = undefined)));
  }
}

/** Whether the rows of a call with this outcome were in the engine for certain. */
function hasRun(outcome: string): boolean {
  return outcome === 'ok' || (isErrorCode(outcome) && errorTable[outcome].family === 'execution');
}
