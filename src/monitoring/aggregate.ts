import { AggregatorRegistry, Registry } from 'prom-client';

/** The metrics of one process, as values that a message between processes can carry. */
export type MetricsSnapshot = readonly { readonly name: string; readonly type: string | number }[];

/** The metrics of several processes as one: counters and histograms are added up, gauges as each of them says. */
export class AggregatedMetrics {
  readonly #latest = new Map<number, MetricsSnapshot>();
  /** Counts of processes that have ended: without them a sum would go down, which reads as a restart of everything. */
  #ended: MetricsSnapshot = [];

  /** The state of a process, until its next one. */
  update(process: number, snapshot: MetricsSnapshot): void {
    this.#latest.set(process, snapshot);
  }

  /** A process has ended; what it counted since its last snapshot is lost. */
  end(process: number): void {
    const last = this.#latest.get(process);
    if (!last || !this.#latest.delete(process)) return;
    const counts = last.filter(({ type }) => type === 'counter' || type === 'histogram');
    // In one step: whoever reads meanwhile, or ends too, finds these counts in one of the two places.
    this.#ended = aggregate([this.#ended, counts])
      .getMetricsAsArray()
      .map((metric) => (metric as unknown as { get(): MetricsSnapshot[number] }).get());
  }

  /** All in the text format of Prometheus. */
  text(): Promise<string> {
    return aggregate([...this.#latest.values(), this.#ended]).metrics();
  }
}

function aggregate(snapshots: readonly MetricsSnapshot[]): Registry {
  // The declarations ask for one object; the function takes a list of lists.
  return AggregatorRegistry.aggregate(snapshots as unknown as object[]);
}
