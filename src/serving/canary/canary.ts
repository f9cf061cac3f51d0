import { errorTable, type ErrorCode } from '../../errors.js';
import { CanaryCounts, type SideCounts } from '../../monitoring/canary/counts.js';
import type { CanaryVerdict } from '../../monitoring/canary/verdict.js';
import type { ServedModel } from '../served-model.js';
import type { CanarySettings } from './options.js';
import type { Side, SideName } from './split.js';
import { CanaryState } from './state.js';

/** The models of both sides. */
export type Pair = Readonly<Record<SideName, ServedModel>>;

type Outcome = Parameters<Side['ended']>[0];

interface Parts {
  readonly name: string;
  readonly settings: CanarySettings;
  /** Told of each call of the canary. */
  readonly counted: (outcome: Outcome) => void;
  /** Given some answers of the canary, to compare them. */
  readonly answered: Side['answered'];
}

/** One canary of one model in one process: what became of the calls of both sides. */
export class Canary {
  readonly sides: Readonly<Record<SideName, Side>>;
  readonly state: CanaryState;
  /** The models that were there last. */
  pair: Pair | undefined;
  /** Whether what is seen from now on is of another pair. */
  isAnew = false;
  #counts = new CanaryCounts();

  constructor({ name, settings, counted, answered }: Parts) {
    this.state = new CanaryState(name, settings);
    const ended =
      (side: SideName): Side['ended'] =>
      (outcome, ms) =>
        count(this.#counts[side], outcome, ms);
    const ran =
      (side: SideName): Side['ran'] =>
      (rows, ms) =>
        this.#counts[side].runs.observe(rows, ms);
    const canary: Side = {
      ran: ran('canary'),
      answered: (args, value) => {
        if (this.state.settings.maxDisagreement !== undefined) answered?.(args, value);
      },
      ended: (outcome, ms) => {
        counted(outcome);
        count(this.#counts.canary, outcome, ms);
      },
    };
    this.sides = { canary, stable: { answered: undefined, ended: ended('stable'), ran: ran('stable') } };
  }

  /** An answer was compared with that of the stable version. */
  compared(isSame: boolean): void {
    this.#counts.compared++;
    if (!isSame) this.#counts.disagreed++;
  }

  /** One side is another model now: what was seen of those before says nothing of it. */
  begin(pair: Pair): void {
    this.pair = pair;
    this.take();
    this.state.forget();
    this.isAnew = true;
  }

  /** What was seen since it was asked last. */
  take(): CanaryCounts {
    const taken = this.#counts;
    this.#counts = new CanaryCounts();
    return taken;
  }

  /** The limit that it has broken. */
  check(now: number): CanaryVerdict | undefined {
    this.state.add(this.take(), now);
    return this.state.check(now);
  }
}

/** Counts a call that had an answer, or had none by the fault of its model. */
function count(side: SideCounts, outcome: Outcome, ms: number): void {
  const kind = kindOf(outcome);
  if (!kind) return;
  side.answers++;
  if (kind === 'error') side.errors++;
  // A failure may be quicker than any answer.
  else side.latencies.observe(ms);
}

/**
 * A call that ran out of time has taken that long at least, whoever has set the limit; it is no error. What the caller gave and
 * what the host does with the model says nothing of the canary.
 */
function kindOf(outcome: Outcome): 'answer' | 'error' | undefined {
  if (outcome === 'ok' || outcome === 'ERR_TIMEOUT') return 'answer';
  if (outcome === 'aborted') return undefined;
  return faults.has(outcome) || errorTable[outcome].family === 'execution' ? 'error' : undefined;
}

/** It cannot take its share of the requests, or has lost its device. */
const faults: ReadonlySet<ErrorCode> = new Set(['ERR_QUEUE_FULL', 'ERR_DEVICE_FAILED']);
