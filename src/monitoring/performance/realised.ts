import type { RealisedPerformance } from '../report.js';

/** Bins of equal width, as the expected calibration error is commonly taken (Guo et al. 2017, arXiv:1706.04599). */
const bins = 15;

/**
 * Accuracy and calibration error over the newest rows with a label: a ring of numbers, so memory is bounded.
 * @example
 * const realised = new Realised(10_000);
 * realised.add(0.98, true);
 * realised.report(); // { rows: 1, correct: 1, accuracy: 1, calibrationError: 0.02 }
 */
export class Realised {
  readonly #limit: number;
  #confidences: Float32Array;
  #correct: Uint8Array;
  #rows = 0;
  #next = 0;
  #total = 0;

  /** @param limit how many rows it looks back */
  constructor(limit: number) {
    this.#limit = limit;
    const first = Math.min(limit, 256);
    this.#confidences = new Float32Array(first);
    this.#correct = new Uint8Array(first);
  }

  /** Rows that were ever added. */
  get total(): number {
    return this.#total;
  }

  /** Adds a row: the probability of the class that was answered, and whether it was the right one. */
  add(confidence: number, correct: boolean): void {
    if (this.#next === this.#confidences.length && this.#next < this.#limit) this.#grow();
    if (this.#next === this.#limit) this.#next = 0;
    this.#confidences[this.#next] = confidence;
    this.#correct[this.#next] = correct ? 1 : 0;
    this.#next++;
    this.#rows = Math.max(this.#rows, this.#next);
    this.#total++;
  }

  /** What the rows it looks back on say; no accuracy without one. */
  report(): RealisedPerformance {
    const rows = this.#rows;
    if (rows === 0) return { rows, correct: 0 };
    const differences = new Float64Array(bins);
    let correct = 0;
    for (let row = 0; row < rows; row++) {
      const confidence = this.#confidences[row] as number;
      const isRight = this.#correct[row] as number;
      correct += isRight;
      const bin = Math.min(bins - 1, Math.floor(confidence * bins));
      differences[bin] = (differences[bin] as number) + confidence - isRight;
    }
    const calibrationError = differences.reduce((total, difference) => total + Math.abs(difference), 0) / rows;
    return { rows, correct, accuracy: correct / rows, calibrationError };
  }

  #grow(): void {
    const length = Math.min(this.#limit, this.#confidences.length * 2);
    const [confidences, correct] = [new Float32Array(length), new Uint8Array(length)];
    confidences.set(this.#confidences);
    correct.set(this.#correct);
    this.#confidences = confidences;
    this.#correct = correct;
  }
}
