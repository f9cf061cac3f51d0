import type { RealisedPerformance } from '../report.js';
import { Realised } from './realised.js';

/** Rows of a version whose labels have come. */
export interface LabelledPart {
  readonly model: string;
  readonly version: string;
  /** Of its artifact: labels of the one before it say nothing of this one. */
  readonly identity: string;
  /** Probability of the class that was answered. */
  readonly confidences: readonly number[];
  /** Whether it was the right one. */
  readonly correct: readonly boolean[];
}

type Version = Pick<LabelledPart, 'model' | 'version' | 'identity'>;

/** How many labelled rows are looked back on, of each version. */
export const realisedRows = 10_000;
/** Versions that labels came for; those that none has come for the longest are forgotten. */
const mostVersions = 256;

/** What labels that came back say of each version, over its newest rows. */
export class RealisedVersions {
  /** Those that labels came for last at the end. */
  readonly #versions = new Map<string, Realised>();

  add(part: LabelledPart): void {
    const { confidences, correct } = part;
    const key = keyOf(part);
    const realised = this.#versions.get(key) ?? new Realised(realisedRows);
    this.#versions.delete(key);
    this.#versions.set(key, realised);
    for (const [row, isCorrect] of correct.entries()) realised.add(confidences[row] as number, isCorrect);
    if (this.#versions.size <= mostVersions) return;
    const [oldest = key] = this.#versions.keys();
    this.#versions.delete(oldest);
  }

  /** Undefined where no label has come. */
  of(version: Version): RealisedPerformance | undefined {
    return this.#versions.get(keyOf(version))?.report();
  }

  forget(version: Version): void {
    this.#versions.delete(keyOf(version));
  }
}

function keyOf({ model, version, identity }: Version): string {
  return JSON.stringify([model, version, identity]);
}
