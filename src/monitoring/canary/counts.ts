import { Latencies, type SaidLatencies } from './latencies.js';
import { RunTimes, type SaidRunTimes } from './run-times.js';

/** What became of the requests of one side of a split: of the canary, or of what is stable. */
export class SideCounts {
  answers = 0;
  errors = 0;
  /** From the call to its answer. */
  readonly latencies: Latencies;
  /** Inside the engine: of batches, and of calls that run alone. */
  readonly runs: RunTimes;

  constructor(latencies = new Latencies(), runs = new RunTimes()) {
    this.latencies = latencies;
    this.runs = runs;
  }

  add(other: SideCounts): void {
    this.answers += other.answers;
    this.errors += other.errors;
    this.latencies.add(other.latencies);
    this.runs.add(other.runs);
  }
}

interface SaidSide {
  readonly answers: number;
  readonly errors: number;
  readonly latencies: SaidLatencies;
  readonly runs: SaidRunTimes;
}

/** Counts as a message between processes carries them. */
export interface SaidCounts {
  readonly canary: SaidSide;
  readonly stable: SaidSide;
  readonly compared: number;
  readonly disagreed: number;
}

/** What became of the requests of a split in some time: counts and times, nothing of what was asked or answered. */
export class CanaryCounts {
  readonly canary = new SideCounts();
  readonly stable = new SideCounts();
  /** Answers of the canary that were compared with those of the stable version on the same input. */
  compared = 0;
  disagreed = 0;

  get isEmpty(): boolean {
    return this.canary.answers + this.stable.answers + this.compared === 0;
  }

  add(other: CanaryCounts): void {
    this.canary.add(other.canary);
    this.stable.add(other.stable);
    this.compared += other.compared;
    this.disagreed += other.disagreed;
  }

  toJSON(): SaidCounts {
    const { compared, disagreed } = this;
    return { canary: sideSaid(this.canary), stable: sideSaid(this.stable), compared, disagreed };
  }

  static from({ canary, stable, compared, disagreed }: SaidCounts): CanaryCounts {
    const made = new CanaryCounts();
    made.canary.add(sideOf(canary));
    made.stable.add(sideOf(stable));
    made.compared = compared;
    made.disagreed = disagreed;
    return made;
  }
}

function sideSaid({ answers, errors, latencies, runs }: SideCounts): SaidSide {
  return { answers, errors, latencies: latencies.toJSON(), runs: runs.toJSON() };
}

function sideOf({ answers, errors, latencies, runs }: SaidSide): SideCounts {
  return Object.assign(new SideCounts(Latencies.from(latencies), RunTimes.from(runs)), { answers, errors });
}
