/** What is counted of each version, kept so that a call of it looks up no labels. */
import type { CounterFamily, CounterSeries, HistogramFamily, HistogramSeries } from './metrics-series.js';
import type { counted, CountedName } from './metrics-table.js';

export type Families = {
  readonly [K in CountedName]: (typeof counted)[K]['type'] extends 'histogram' ? HistogramFamily : CounterFamily;
};

/** Something for each version that was named. */
export class PerVersion<T> {
  readonly #make: (model: string, version: string) => T;
  readonly #models = new Map<string, Map<string, T>>();

  constructor(make: (model: string, version: string) => T) {
    this.#make = make;
  }

  of(model: string, version: string): T {
    let versions = this.#models.get(model);
    if (!versions) this.#models.set(model, (versions = new Map<string, T>()));
    let found = versions.get(version);
    if (found === undefined) versions.set(version, (found = this.#make(model, version)));
    return found;
  }

  forget(model: string, version: string): void {
    const versions = this.#models.get(model);
    versions?.delete(version);
    if (versions?.size === 0) this.#models.delete(model);
  }
}

/** Of the calls of one version. */
export class CallSeries {
  readonly total: HistogramSeries;
  readonly queue: HistogramSeries;
  readonly inference: HistogramSeries;
  readonly calls: LastLabel;
  readonly rows: LastLabel;

  constructor(families: Families, model: string, version: string) {
    this.total = families.total.of(model, version);
    this.queue = families.queue.of(model, version);
    this.inference = families.inference.of(model, version);
    this.calls = new LastLabel(families.calls, model, version);
    this.rows = new LastLabel(families.rows, model, version);
  }
}

/** Of the batches of one version; one that does not batch has none. */
export class BatchSeries {
  readonly rows: HistogramSeries;
  readonly calls: HistogramSeries;
  readonly assembly: HistogramSeries;
  readonly scatter: HistogramSeries;
  readonly padding: CounterSeries;
  readonly closed: LastLabel;

  constructor(families: Families, model: string, version: string) {
    this.rows = families.batchRows.of(model, version);
    this.calls = families.batchCalls.of(model, version);
    this.assembly = families.assembly.of(model, version);
    this.scatter = families.scatter.of(model, version);
    this.padding = families.padding.of(model, version);
    this.closed = new LastLabel(families.closed, model, version);
  }
}

/** The counters of one version by the label that comes after it. */
class LastLabel {
  readonly #family: CounterFamily;
  readonly #model: string;
  readonly #version: string;
  readonly #series = new Map<string, CounterSeries>();

  constructor(family: CounterFamily, model: string, version: string) {
    this.#family = family;
    this.#model = model;
    this.#version = version;
  }

  of(value: string): CounterSeries {
    const found = this.#series.get(value);
    if (found) return found;
    const made = this.#family.of(this.#model, this.#version, value);
    this.#series.set(value, made);
    return made;
  }
}
