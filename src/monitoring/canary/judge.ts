import { CanaryCounts } from './counts.js';
import type { CanaryLimits } from './limits.js';
import { numbersOf, verdictOf, type CanaryNumbers, type CanaryVerdict } from './verdict.js';

/** A window is made of at most so many parts; the oldest leaves it as a whole. */
const mostParts = 60;
const leastPartMs = 1000;

interface Part {
  readonly began: number;
  readonly counts: CanaryCounts;
}

/** Keeps the last window of one canary and says when a limit is broken. It has no clock: whoever asks says what time it is. */
export class CanaryJudge {
  #limits: CanaryLimits;
  readonly #parts: Part[] = [];
  /** Errors of the stable version before the window. */
  readonly #earlier = { answers: 0, errors: 0 };

  constructor(limits: CanaryLimits) {
    this.#limits = limits;
  }

  /** From now on other limits count; what was seen stays. */
  limitTo(limits: CanaryLimits): void {
    this.#limits = limits;
  }

  /** @param now milliseconds of any clock that does not run backwards */
  add(counts: CanaryCounts, now: number): void {
    if (counts.isEmpty) return;
    const last = this.#parts.at(-1);
    if (last && now - last.began < this.#partMs) {
      last.counts.add(counts);
      return;
    }
    const own = new CanaryCounts();
    own.add(counts);
    this.#parts.push({ began: now, counts: own });
  }

  verdict(now: number): CanaryVerdict | undefined {
    return verdictOf(this.#window(now), this.#limits, this.#earlier);
  }

  numbers(now: number): CanaryNumbers {
    return numbersOf(this.#window(now));
  }

  get #partMs(): number {
    return Math.max(leastPartMs, (this.#limits.windowSeconds * 1000) / mostParts);
  }

  #window(now: number): CanaryCounts {
    const since = now - this.#limits.windowSeconds * 1000;
    while (this.#parts[0] && this.#parts[0].began <= since) {
      const { stable } = (this.#parts.shift() as Part).counts;
      this.#earlier.answers += stable.answers;
      this.#earlier.errors += stable.errors;
    }
    const sum = new CanaryCounts();
    for (const { counts } of this.#parts) sum.add(counts);
    return sum;
  }
}
