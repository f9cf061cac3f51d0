import type { Sample } from '../gauges-sources.js';

/** Series of one counter; of more the oldest are forgotten: a name that is served may be any. */
const mostSeries = 1000;

/** Counts by labels, for metrics that are read from somebody. */
export class Tally {
  readonly #series = new Map<string, { value: number; readonly labels: Readonly<Record<string, string>> }>();

  add(labels: Readonly<Record<string, string>>): void {
    const key = JSON.stringify(labels);
    const found = this.#series.get(key);
    if (found) {
      found.value++;
      return;
    }
    this.#series.set(key, { value: 1, labels });
    const [oldest] = this.#series.keys();
    if (this.#series.size > mostSeries && oldest !== undefined) this.#series.delete(oldest);
  }

  samples(): readonly Sample[] {
    return [...this.#series.values()];
  }
}
