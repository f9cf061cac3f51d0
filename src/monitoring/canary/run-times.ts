import { Latencies, type SaidLatencies } from './latencies.js';

/** Times of runs inside the engine, apart by how many rows ran together. */
export class RunTimes {
  readonly #bySize = new Map<number, Latencies>();

  observe(rows: number, ms: number): void {
    this.#of(sizeOf(rows)).observe(ms);
  }

  add(other: RunTimes): void {
    for (const [size, times] of other.#bySize) this.#of(size).add(times);
  }

  /** By sizes: a larger one is of more rows. */
  get bySize(): ReadonlyMap<number, Latencies> {
    return this.#bySize;
  }

  /**
   * The most that a run of this size takes here, in milliseconds, by runs of any size: one of fewer rows takes no longer than one
   * of more, and one of so many times the rows at most so many times as long. Undefined where none says so.
   * @param timeOf the time that stands for those of one size; undefined where they are too few
   */
  mostOf(size: number, timeOf: (times: Latencies) => number | undefined): number | undefined {
    let most: number | undefined;
    for (const [own, times] of this.#bySize) {
      const ms = timeOf(times);
      if (ms === undefined) continue;
      const bound = own >= size ? ms : ms * 2 ** ((size + 1 - own) / 2);
      most = Math.min(most ?? Infinity, bound);
    }
    return most;
  }

  toJSON(): SaidRunTimes {
    return [...this.#bySize].map(([size, times]) => [size, times.toJSON()]);
  }

  static from(said: SaidRunTimes): RunTimes {
    const made = new RunTimes();
    for (const [size, times] of said) made.#of(size).add(Latencies.from(times));
    return made;
  }

  #of(size: number): Latencies {
    let found = this.#bySize.get(size);
    if (!found) this.#bySize.set(size, (found = new Latencies()));
    return found;
  }
}

export type SaidRunTimes = readonly (readonly [size: number, times: SaidLatencies])[];

/** Half octaves: within one, sizes differ by less than 42 %. There are few, however large a batch is. */
const sizeOf = (rows: number): number => Math.floor(2 * Math.log2(Math.max(1, rows)));
