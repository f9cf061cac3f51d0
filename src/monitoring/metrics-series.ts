/**
 * Counters and histograms that are added to with every request. Who adds keeps the series of its labels, so adding is a few
 * array accesses; those of prom-client make a text of the labels each time. A family is a metric of prom-client's registry.
 */
import type { Metric, Registry } from 'prom-client';

/** One number under a name, as prom-client's registry and its aggregation read it. */
interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels?: Readonly<Record<string, string>>;
  readonly metricName?: string;
}

/** What a family is made of. */
export interface FamilyRow {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

type Labels = Readonly<Record<string, string>>;

/** The values of one set of labels. */
interface Series {
  readonly labels: Labels;
}

/** All series of one name. */
abstract class Family<S extends Series> {
  abstract readonly type: 'counter' | 'histogram';
  readonly aggregator = 'sum';
  readonly name: string;
  readonly help: string;
  readonly #labels: readonly string[];
  /** By the first label's value, then the second's, and so on. */
  readonly #tree = new Map<string, unknown>();
  readonly #series = new Set<S>();

  constructor({ name, help, labels }: FamilyRow, registry: Registry) {
    this.name = name;
    this.help = help;
    this.#labels = labels;
    // The registry asks for no more than this of a metric.
    registry.registerMetric(this as unknown as Metric);
  }

  /** The series of these values of the labels, in the order of the row. Keep it where it is added to often. */
  of(...values: readonly string[]): S {
    let node = this.#tree;
    for (const value of values.slice(0, -1)) node = childOf(node, value);
    const last = values.at(-1) ?? '';
    const found = node.get(last) as S | undefined;
    if (found) return found;
    const made = this.make(Object.fromEntries(this.#labels.map((label, i) => [label, values[i] ?? ''])));
    node.set(last, made);
    this.#series.add(made);
    return made;
  }

  /** Forgets every series whose first labels have these values. What was kept of them is counted no more. */
  forget(...values: readonly string[]): void {
    let node = this.#tree;
    for (const value of values.slice(0, -1)) node = childOf(node, value);
    node.delete(values.at(-1) ?? '');
    for (const series of this.#series) {
      if (values.every((value, i) => series.labels[this.#labels[i] ?? ''] === value)) this.#series.delete(series);
    }
  }

  protected abstract make(labels: Labels): S;
  protected abstract valuesOf(series: S): Value[];

  /** As `getMetricsAsJSON` has it: every value with all of its labels. */
  get(): object {
    const values = this.#values().map(({ sharedLabels, labels, ...rest }) => ({
      ...rest,
      labels: { ...labels, ...sharedLabels },
    }));
    return { ...this.#facts(), values };
  }

  /** For the text: labels that many values share are written once. */
  getForPromString(): object {
    return { ...this.#facts(), values: this.#values() };
  }

  #values(): Value[] {
    return [...this.#series].flatMap((series) => this.valuesOf(series));
  }

  #facts(): object {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator };
  }
}

/** A number that only grows. */
export class CounterSeries implements Series {
  value = 0;

  constructor(readonly labels: Labels) {}

  /** @param by not negative, default 1 */
  add(by = 1): void {
    if (by >= 0) this.value += by;
  }
}

export class CounterFamily extends Family<CounterSeries> {
  readonly type = 'counter';

  protected make(labels: Labels): CounterSeries {
    return new CounterSeries(labels);
  }

  protected valuesOf({ value, labels }: CounterSeries): Value[] {
    return [{ value, labels }];
  }
}

/** How often values were at most each bound. */
export class HistogramSeries implements Series {
  /** One for each bound, and one for what is beyond all. */
  readonly counts: Float64Array;
  readonly #bounds: readonly number[];
  sum = 0;

  constructor(
    readonly labels: Labels,
    bounds: readonly number[],
  ) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** @param value what is no number is not counted: it would make the sum none */
  add(value: number): void {
    if (!Number.isFinite(value)) return;
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at++;
    this.counts[at] = (this.counts[at] as number) + 1;
    this.sum += value;
  }
}

export class HistogramFamily extends Family<HistogramSeries> {
  readonly type = 'histogram';
  readonly #bounds: readonly number[];

  /** @param bounds ascending; the one of everything is added */
  constructor(row: FamilyRow, bounds: readonly number[], registry: Registry) {
    super(row, registry);
    this.#bounds = bounds;
  }

  protected make(labels: Labels): HistogramSeries {
    return new HistogramSeries(labels, this.#bounds);
  }

  protected valuesOf({ labels: sharedLabels, counts, sum }: HistogramSeries): Value[] {
    const { name } = this;
    let count = 0;
    const buckets = [...counts].map((each, i) => {
      count += each;
      const le = this.#bounds[i] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sum },
      { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
    ];
  }
}

function childOf(node: Map<string, unknown>, value: string): Map<string, unknown> {
  const found = node.get(value);
  if (found) return found as Map<string, unknown>;
  const made = new Map<string, unknown>();
  node.set(value, made);
  return made;
}
