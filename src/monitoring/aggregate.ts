import { AggregatorRegistry, Registry } from 'prom-client';

/** The metrics of one process, as values that a message between processes can carry. */
export type MetricsSnapshot = readonly { readonly name: string; readonly type: string | number }[];

/** Versions that are gone keep their counts for the next scrape; of more, the counts of the oldest are forgotten. */
export const mostGone = 100;

/** The metrics of several processes as one: counters and histograms are added up, gauges as each of them says. */
export class AggregatedMetrics {
  readonly #latest = new Map<number, MetricsSnapshot>();
  /** Counts of processes that have ended: without them a sum would go down, which reads as a restart of everything. */
  #ended: MetricsSnapshot = [];
  /** Versions of those counts that no process names any more, the newest last. */
  readonly #gone = new Set<string>();

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
    this.#forgetGone();
  }

  #forgetGone(): void {
    const named = new Set([...this.#latest.values()].flatMap(versionsIn));
    // The last of all has ended: others come for what it served.
    if (named.size === 0) return;
    for (const version of named) this.#gone.delete(version);
    for (const version of versionsIn(this.#ended)) if (!named.has(version)) this.#gone.add(version);
    const oldest = new Set([...this.#gone].slice(0, -mostGone));
    if (oldest.size === 0) return;
    for (const version of oldest) this.#gone.delete(version);
    this.#ended = this.#ended.map((metric) => ({
      ...metric,
      values: valuesOf(metric).filter((value) => !oldest.has(versionOf(value) ?? '')),
    }));
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

interface Value {
  readonly labels?: Readonly<Record<string, string | number | undefined>>;
}

function valuesOf(metric: MetricsSnapshot[number]): readonly Value[] {
  return (metric as { readonly values?: readonly Value[] }).values ?? [];
}

/** Which version of which model a value is of; undefined for what is of none. */
function versionOf({ labels: { model, version } = {} }: Value): string | undefined {
  return model && version ? JSON.stringify([model, version]) : undefined;
}

function versionsIn(snapshot: MetricsSnapshot): readonly string[] {
  return snapshot.flatMap(valuesOf).flatMap((value) => versionOf(value) ?? []);
}
