/** Counts training data. */
import { Turns } from '../../async/turns.js';
import { torchError } from '../../errors.js';
import type { OutputMeaning } from '../../signature/meaning.js';
import type { Arguments, Value } from '../../tensor/value.js';
import { edgesOf } from './edges.js';
import { featuresOf, type Features, type Sides, type WatchedFeature } from './features.js';
import { placeIn } from './profile.js';
import type { InputFeatures, ReferenceFeature, TrainingStatistics } from './statistics.js';

/** Fewer rows say too little of what is usual. */
const leastRows = 100;
/** Of more rows, so many are counted: evenly spaced ones. More would move no edge by what a window can show. */
const mostRows = 100_000;
/** Numbers that are kept until they are counted: 128 MiB. */
const mostNumbers = 16 * 2 ** 20;
/** An element by itself with at most so many whole numbers is a kind: of an integer dtype, of a float dtype. */
const mostKinds = { whole: 20, float: 10 } as const;
/** Of more classes, the most frequent ones are counted, and all others together. */
const mostClasses = 200;
/** Of a mean: what JSON shows. */
const digits = 6;

/** @throws ERR_INVALID_INPUT */
export function requireEnough(rows: number, what: string): void {
  if (rows >= leastRows) return;
  throw torchError(
    'ERR_INVALID_INPUT',
    `Expected at least ${leastRows} rows in ${what} but received ${rows}: fewer do not say what is usual`,
  );
}

/** How many of so many rows are counted. */
export function mostCounted(sides: Sides, meaning: OutputMeaning, rows: number): number {
  return capacityOf(featuresOf(sides, meaning), rows);
}

function capacityOf({ list }: Features, rows: number): number {
  return Math.min(rows, mostRows, Math.floor(mostNumbers / Math.max(1, list.length)));
}

/**
 * Makes the training statistics of rows and of what the model answered for them.
 * @example
 * const builder = new StatisticsBuilder(record.signature, meaningOf(record.task), 7999);
 * for (const { args, value, rows } of batches) builder.add(args, value, rows);
 * const statistics = await builder.finish();
 */
export class StatisticsBuilder {
  readonly features: Features;
  readonly #meaning: OutputMeaning;
  /** One column for each feature. */
  readonly #columns: readonly Float64Array[];
  /** Rows that it takes at most. */
  readonly capacity: number;
  #rows = 0;

  /** @param most rows that will be added; beyond `capacity` they are left out */
  constructor(sides: Sides, meaning: OutputMeaning, most: number) {
    this.features = featuresOf(sides, meaning);
    this.#meaning = meaning;
    this.capacity = capacityOf(this.features, most);
    this.#columns = this.features.list.map(() => new Float64Array(this.capacity));
  }

  /** Rows that were added. */
  get rows(): number {
    return this.#rows;
  }

  /** Adds the rows of one call. Those beyond the capacity are left out. */
  add(args: Arguments, value: Value, rows: number): void {
    this.features.begin(args, value, rows);
    for (let row = 0; row < rows && this.#rows < this.capacity; ++row, ++this.#rows) {
      const values = this.features.read(row);
      for (const [i, column] of this.#columns.entries()) column[this.#rows] = values[i] as number;
    }
    this.features.end();
  }

  /** The values of a feature, a number for each row that was added; NaN where there is none. */
  column(feature: number): Float64Array {
    return (this.#columns[feature] as Float64Array).subarray(0, this.#rows);
  }

  /** @throws ERR_INVALID_INPUT for too few rows, and where nothing can be watched */
  async finish(): Promise<TrainingStatistics> {
    const { list, skipped } = this.features;
    requireEnough(this.#rows, 'the training data');
    if (list.length === 0) {
      const why = skipped.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
      throw torchError(
        'ERR_INVALID_INPUT',
        `Expected an input or output that can be watched, but there is none (${why})`,
      );
    }
    const turns = new Turns();
    const counted: ReferenceFeature[] = [];
    for (const [i, feature] of list.entries()) {
      counted.push(this.#counted(feature, this.column(i)));
      // Sorting is most of it.
      if (turns.isDue(this.#rows * 16)) await turns.pause();
    }
    const of = (input: string | undefined): ReferenceFeature[] => counted.filter((_, i) => list[i]?.input === input);
    const names = [...new Set(list.flatMap(({ input }) => (input === undefined ? [] : [input])))];
    const inputs: InputFeatures[] = names.map((input) => ({ input, features: of(input) }));
    const predictions = of(undefined);
    return { rows: this.#rows, inputs, ...(predictions.length > 0 && { predictions: { features: predictions } }) };
  }

  #counted(feature: WatchedFeature, column: Float64Array): ReferenceFeature {
    const present = column.filter((value) => !Number.isNaN(value)).sort();
    const finite = present.filter(Number.isFinite);
    const { name } = feature;
    const missing = column.length - present.length;
    const categories = this.#categories(feature, finite, present.length);
    if (categories) {
      const bounds = Float64Array.from(categories);
      const counts = countsOf(present, categories.length + 1, (value) => {
        const place = placeIn(bounds, value);
        return bounds[place] === value ? place : categories.length;
      });
      return { name, kind: 'categorical', categories, counts, missing };
    }
    const edges = edgesOf(finite);
    const bounds = Float64Array.from(edges);
    const counts = countsOf(present, edges.length + 1, (value) => placeIn(bounds, value));
    return { name, kind: 'numeric', edges, counts, missing, ...moments(finite) };
  }

  /** Undefined for what is counted between edges. */
  #categories(
    { isClass, isSingle, isWhole }: WatchedFeature,
    finite: Float64Array,
    present: number,
  ): number[] | undefined {
    if (isClass && this.#meaning.answer === 'class') {
      const { length } = this.#meaning.labels;
      return length <= mostClasses ? Array.from({ length }, (_, i) => i) : mostFrequent(finite, mostClasses);
    }
    if (!isSingle || finite.length < present || finite.length === 0) return undefined;
    const most = isWhole ? mostKinds.whole : mostKinds.float;
    const kinds: number[] = [];
    for (const value of finite) {
      if (value === kinds.at(-1)) continue;
      if (!Number.isSafeInteger(value) || kinds.length === most) return undefined;
      kinds.push(value + 0); // -0 is 0
    }
    return kinds;
  }
}

function countsOf(values: Float64Array, bins: number, place: (value: number) => number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = place(value);
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

/** The most frequent of ascending values, ascending; of equally frequent ones the lower. */
function mostFrequent(values: Float64Array, most: number): number[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const byCount = [...counts].sort(([a, ofA], [b, ofB]) => ofB - ofA || a - b);
  return byCount
    .slice(0, most)
    .map(([value]) => value)
    .sort((a, b) => a - b);
}

function moments(values: Float64Array): { mean?: number; std?: number } {
  if (values.length === 0) return {};
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
  const shown = { mean: rounded(mean), std: rounded(Math.sqrt(variance)) };
  return Number.isFinite(shown.mean) && Number.isFinite(shown.std) ? shown : {};
}

const rounded = (value: number): number => Number(value.toPrecision(digits)) + 0;
