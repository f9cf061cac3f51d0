import { Registry } from 'prom-client';
import { errorTable, isErrorCode } from '../errors.js';
import { mostGone, type MetricsSnapshot } from './aggregate.js';
import { addGauges } from './gauges.js';
import type { MetricSources } from './gauges-sources.js';
import { CounterFamily, HistogramFamily } from './metrics-series.js';
import { counted, type CountedName, type CountedRow } from './metrics-table.js';
import { BatchSeries, CallSeries, PerVersion, type Families } from './metrics-versions.js';
import { processMetrics } from './process-metrics.js';

/** What is measured of one call of a model. Times are milliseconds. */
export interface RunSample {
  readonly model: string;
  readonly version: string;
  readonly rows: number;
  /** `ok`, or the code of the error that ended it. */
  readonly outcome: string;
  /** Of a run that succeeded. */
  readonly timings: { readonly queueMs: number; readonly runMs: number } | undefined;
  /** From the call to its end. */
  readonly totalMs?: number;
}

/** What is measured of one batch. Times are milliseconds. */
export interface BatchSample {
  readonly model: string;
  readonly version: string;
  readonly rows: number;
  readonly paddedRows: number;
  readonly reason: string;
  readonly requests?: number;
  readonly gatherMs?: number;
  readonly scatterMs?: number;
  readonly outcome?: 'ok' | 'failed';
}

/** What is counted of one row that was run again by itself. */
export interface RowCheckSample {
  readonly model: string;
  readonly version: string;
  readonly outcome: string;
}

/** The metrics of one server, in a registry of their own: several servers in a process do not meet. */
export class ServerMetrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  /** What gauges are read from. Whoever has something to tell adds its member. */
  readonly sources: MetricSources;
  readonly #families: Families;
  readonly #merged: Registry;
  readonly #calls: PerVersion<CallSeries>;
  readonly #batches: PerVersion<BatchSeries>;
  readonly #gone = new Set<string>();
  #writing: Promise<string> | undefined;

  /** @param sources all are read when the metrics are; one that is not there has nothing to tell */
  constructor(sources: MetricSources = {}) {
    const registry = new Registry();
    this.sources = { ...sources };
    const rows = Object.entries<CountedRow>(counted);
    // The type of each follows from its row.
    this.#families = Object.fromEntries(
      rows.map(([key, row]) => [key, familyOf(row, registry)]),
    ) as unknown as Families;
    const families = this.#families;
    this.#calls = new PerVersion((model, version) => new CallSeries(families, model, version));
    this.#batches = new PerVersion((model, version) => new BatchSeries(families, model, version));
    addGauges(registry, this.sources);
    // What has not happened yet is 0, not unknown.
    families.dropped.of();
    families.acceptErrors.of();
    this.#merged = Registry.merge([registry, processMetrics()]);
  }

  /** Counts one answered request. `route` must be one of a fixed set: it is a label. */
  request(route: string, method: string, status: number, seconds: number): void {
    this.#families.requests.of(route, method, String(status)).add(seconds);
  }

  rejected(code: string): void {
    this.#families.rejections.of(code).add();
  }

  connectionDropped(): void {
    this.#families.dropped.of().add();
  }

  acceptFailed(): void {
    this.#families.acceptErrors.of().add();
  }

  run({ model, version, rows, outcome, timings, totalMs }: RunSample): void {
    const series = this.#calls.of(model, version);
    series.calls.of(outcome).add();
    if (hasRun(outcome)) series.rows.of(outcome).add(rows);
    if (!timings) return;
    series.inference.add(timings.runMs / 1000);
    series.queue.add(timings.queueMs / 1000);
    if (totalMs !== undefined) series.total.add(totalMs / 1000);
  }

  batch({ model, version, rows, paddedRows, reason, requests, gatherMs, scatterMs, outcome }: BatchSample): void {
    const series = this.#batches.of(model, version);
    series.rows.add(rows);
    if (paddedRows > 0) series.padding.add(paddedRows);
    series.closed.of(reason).add();
    if (requests !== undefined) series.calls.add(requests);
    if (outcome === 'failed') return;
    if (gatherMs !== undefined) series.assembly.add(gatherMs / 1000);
    if (scatterMs !== undefined) series.scatter.add(scatterMs / 1000);
  }

  rowCheck({ model, version, outcome }: RowCheckSample): void {
    this.#families.rowChecks.of(model, version, outcome).add();
  }

  loaded(model: string, version: string): void {
    this.#gone.delete(JSON.stringify([model, version]));
    this.#families.loads.of(model).add();
  }

  /** Counts a load that failed or was refused. `model` must be one that is served, or was to be: it is a label. */
  loadFailed(model: string, code: string): void {
    this.#families.failedLoads.of(model, code).add();
  }

  /** Counts labels that came back. @param outcome `accepted`, or the code of the error: it is a label */
  feedback(model: string, version: string, outcome: string, count = 1): void {
    this.#families.feedback.of(model, version, outcome).add(count);
  }

  /** A version serves no more, and nothing has taken its place. */
  gone(model: string, version: string): void {
    const key = JSON.stringify([model, version]);
    this.#gone.delete(key);
    this.#gone.add(key);
    if (this.#gone.size <= mostGone) return;
    const [oldest = key] = this.#gone;
    this.#gone.delete(oldest);
    const [name, number] = JSON.parse(oldest) as [string, string];
    this.#calls.forget(name, number);
    this.#batches.forget(name, number);
    for (const [of, { labels }] of Object.entries<CountedRow>(counted)) {
      if (labels[1] === 'version') this.#families[of as CountedName].forget(name, number);
    }
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

function familyOf(row: CountedRow, registry: Registry): CounterFamily | HistogramFamily {
  return row.buckets ? new HistogramFamily(row, row.buckets, registry) : new CounterFamily(row, registry);
}

/** Whether the rows of a call with this outcome were in the engine for certain. */
function hasRun(outcome: string): boolean {
  return outcome === 'ok' || (isErrorCode(outcome) && errorTable[outcome].family === 'execution');
}
