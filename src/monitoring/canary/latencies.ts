/** Times of answers, as counts between fixed edges: they take constant memory, and those of several processes add up. */

/** The lower end of the second bucket, in milliseconds; what is faster is in the first. */
const leastMs = 0.01;
/** Each edge is this many times the one before. */
const step = 1.1;
const logStep = Math.log(step);
/** The last bucket begins beyond a quarter of an hour. */
const size = 194;

const edge = (bucket: number): number => leastMs * step ** bucket;

/** Buckets that hold something, with how many: for a message between processes. */
export type SaidLatencies = readonly (readonly [bucket: number, count: number])[];

export class Latencies {
  readonly #counts = new Uint32Array(size);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  observe(ms: number): void {
    const bucket = ms > leastMs ? Math.floor(Math.log(ms / leastMs) / logStep) + 1 : 0;
    this.#add(Math.min(bucket, size - 1), 1);
  }

  add(other: Latencies): void {
    for (let bucket = 0; bucket < size; bucket++) this.#add(bucket, other.#counts[bucket] as number);
  }

  /** The time that so large a share of all was faster than, in milliseconds; undefined where there is none. */
  quantile(share: number): number | undefined {
    if (this.#total === 0) return undefined;
    let left = share * this.#total;
    for (let bucket = 0; bucket < size; bucket++) {
      const count = this.#counts[bucket] as number;
      if (count > 0 && left <= count) return within(bucket, left / count);
      left -= count;
    }
    return edge(size - 1);
  }

  /** How many took longer. In the bucket of the limit itself they count as if they were spread evenly. */
  slowerThan(ms: number): number {
    let sum = 0;
    for (let bucket = 0; bucket < size; bucket++) {
      const count = this.#counts[bucket] as number;
      if (count === 0) continue;
      const [from, to] = [bucket === 0 ? 0 : edge(bucket - 1), edge(bucket)];
      if (from >= ms) sum += count;
      else if (to > ms) sum += (count * (to - ms)) / (to - from);
    }
    return sum;
  }

  toJSON(): SaidLatencies {
    return [...this.#counts].flatMap((count, bucket) => (count > 0 ? [[bucket, count] as const] : []));
  }

  static from(said: SaidLatencies): Latencies {
    const made = new Latencies();
    for (const [bucket, count] of said) made.#add(bucket, count);
    return made;
  }

  #add(bucket: number, count: number): void {
    this.#counts[bucket] = (this.#counts[bucket] as number) + count;
    this.#total += count;
  }
}

function within(bucket: number, share: number): number {
  const from = bucket === 0 ? 0 : edge(bucket - 1);
  return from + share * (edge(bucket) - from);
}
