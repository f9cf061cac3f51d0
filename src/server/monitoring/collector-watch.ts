import type { Features } from '../../monitoring/drift/features.js';
import { Profile } from '../../monitoring/drift/profile.js';
import type { Reference } from '../../monitoring/drift/reference.js';
import { PerformanceProfile, type Calibration } from '../../monitoring/performance/index.js';
import type { AnsweredEvent } from '../../serving/index.js';
import { calibrationOf } from './calibration.js';
import type { RowSampler } from './sampler.js';
import type { ObservedPart } from './sink.js';
import type { WatchKey } from './watch-key.js';

/** Counts rows of one version, between one report of this process and the next. */
export class CollectorWatch {
  readonly key: WatchKey;
  readonly sampler: RowSampler;
  readonly #reference: Reference;
  readonly #calibration: Calibration | undefined;
  readonly #reader: Features;
  /** Where the values are that the calibration's features are counted by. */
  readonly #places: readonly number[];
  readonly #values: Float64Array;
  #profile: Profile;
  #performance: PerformanceProfile | undefined;

  constructor(key: WatchKey, reference: Reference, sampler: RowSampler) {
    this.key = key;
    this.sampler = sampler;
    this.#reference = reference;
    this.#reader = reference.reader();
    this.#profile = new Profile(reference);
    const calibration = (this.#calibration = calibrationOf(reference));
    this.#performance = calibration && new PerformanceProfile(calibration);
    const names = this.#reader.list.map(({ name }) => name);
    this.#places = (this.#performance?.featureNames ?? []).map((name) => names.indexOf(name));
    this.#values = new Float64Array(this.#places.length);
  }

  /** Looks at some rows of a call. Nothing of it is kept but counts. */
  look({ args, value, rows }: AnsweredEvent): void {
    let begun = 0;
    let looked = 0;
    try {
      for (let row = 0; row < rows; row++) {
        if (!this.sampler.takes()) continue;
        if (looked === 0) {
          begun = performance.now();
          if (!this.#reader.begin(args, value, rows)) return;
        }
        this.#count(this.#reader.read(row));
        looked++;
      }
    } finally {
      if (begun > 0) this.#reader.end();
    }
    if (looked > 0) this.sampler.spent(performance.now() - begun, looked);
  }

  /** What was counted since the last time; undefined where nothing was. */
  take(): ObservedPart | undefined {
    if (this.#profile.rows === 0) return undefined;
    const part = { ...this.key, profile: this.#profile, performance: this.#performance };
    this.#profile = new Profile(this.#reference);
    this.#performance = this.#calibration && new PerformanceProfile(this.#calibration);
    return part;
  }

  #count(values: Float64Array): void {
    this.#profile.add(values);
    const { prediction } = this.#reader;
    if (!this.#performance || !prediction) return;
    for (let i = 0; i < this.#places.length; i++) this.#values[i] = values[this.#places[i] as number] ?? NaN;
    const [predicted, confidence] = [values[prediction.predicted] as number, values[prediction.confidence] as number];
    this.#performance.add(predicted, confidence, this.#values);
  }
}
