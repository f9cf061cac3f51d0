import type { Clock } from '../async/clock.js';
import { hasCode, TorchError, warnOf } from '../errors.js';
import type { Batchable } from '../model/batchable.js';
import { sliceCall, type Call } from '../model/call.js';
import { compareRow, hairs, isRounding, tolerancesOf, type Deviation } from '../model/row-compare.js';
import { nudged } from '../model/row-moves.js';
import { pickTensorRows } from '../tensor/rows.js';
import { Tensor } from '../tensor/tensor.js';
import { entriesOf, isContainer, type Value } from '../tensor/value.js';
import type { QueueStats } from './stats.js';

/** The share of all run time that checks may take. */
const mostOfTime = 0.01;
/** Runs of one row that must give one answer before a difference is the batch's. */
const repeats = 2;

/** One row of a batch that was run again by itself. */
export interface RowCheckEvent {
  /** Rows that it was run with, padding included. */
  readonly rows: number;
  /**
   * `same` within the tolerance, roundings included; `differs`; `random`: two runs of the row by itself differ; `failed`: the
   * row could not be run by itself.
   */
  readonly outcome: 'same' | 'differs' | 'random' | 'failed';
  /**
   * How far apart the outputs are, as a share of the row's own largest element; Infinity for another shape or other outputs;
   * 0 for `failed`.
   */
  readonly share: number;
  /** From now on every call runs by itself. */
  readonly stopped: boolean;
  /** Why the row could not be run, for `failed` alone. */
  readonly error?: unknown;
}

type Found = Omit<RowCheckEvent, 'rows' | 'stopped'>;

/** The tensors of an output, and where in it they are. */
interface Output {
  readonly paths: readonly string[];
  readonly leaves: readonly Tensor[];
}

/** One row of a batch. */
interface Sample {
  /** The row as a call. */
  readonly one: Call;
  /** What the row came to in its batch. */
  readonly joint: Output;
}

interface Difference extends Deviation {
  /** Of which output. */
  readonly leaf: number;
}

/** Which batches have a row checked, and what comes of it. */
export class RowChecker {
  readonly #model: Batchable;
  readonly #every: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  /** Batches of this window that have come. */
  #come = 0;
  /** The batch of this window whose turn it is. */
  #chosen: number;
  #isOwed = false;
  #runMs = 0;
  #spentMs = 0;
  #checked = 0;
  #differed = 0;
  #failed = 0;

  /**
   * @param every of so many batches one is checked; 0: none
   * @param random from 0 up to 1
   */
  constructor(model: Batchable, every: number, clock: Clock, random: () => number) {
    this.#model = model;
    this.#every = every;
    this.#clock = clock;
    this.#random = random;
    this.#chosen = this.#below(every);
  }

  get counts(): QueueStats['rowChecks'] {
    return { checked: this.#checked, differed: this.#differed, failed: this.#failed };
  }

  /** Counts the time of a run. */
  ran(runMs: number): void {
    this.#runMs += runMs;
  }

  /**
   * Counts a batch whose rows share a run because of the queue.
   * @returns whether one of its rows is checked: its turn has come, and there is time for it
   */
  countsAsDue(): boolean {
    if (this.#every === 0) return false;
    if (this.#come === this.#chosen) this.#isOwed = true;
    if (++this.#come === this.#every) {
      this.#come = 0;
      this.#chosen = this.#below(this.#every);
    }
    if (!this.#isOwed || this.#spentMs > this.#runMs * mostOfTime) return false;
    this.#isOwed = false;
    return true;
  }

  /**
   * Runs one row of a batch by itself. The values may be given away meanwhile: what it needs of them it copies at once.
   * @param calls of the batch, in the order of the values
   */
  async check(calls: readonly Call[], values: readonly Value[]): Promise<Found> {
    try {
      const found = await this.#compare(this.#sample(calls, values));
      this.#checked++;
      if (found.outcome !== 'same') this.#differed++;
      return found;
    } catch (error) {
      this.#failed++;
      if (!(error instanceof TorchError)) warnOf(error); // a model fails with a TorchError; all else is a fault of ours
      return { outcome: 'failed', share: 0, error };
    }
  }

  #sample(calls: readonly Call[], values: readonly Value[]): Sample {
    const index = this.#below(calls.length);
    const call = calls[index] as Call;
    const row = this.#below(call.rows);
    const one = call.rows === 1 ? call : sliceCall(call, row, row + 1);
    const { paths, leaves } = outputOf(values[index] as Value);
    return { one, joint: { paths, leaves: leaves.map((leaf) => pickTensorRows(leaf, [row])) } };
  }

  async #compare({ one, joint }: Sample): Promise<Found> {
    const alone = await this.#alone(one);
    // The output of the batch had its rows, and that of one row has not one: so the rows of a run shape its output.
    if (!alone) return { outcome: 'differs', share: Infinity };
    const found = this.#differences(joint, alone);
    if (found.length === 0) return { outcome: 'same', share: 0 };
    const share = Math.max(...found.map((one) => one.share));
    // Random operators first: they would pass for roundings.
    if (await this.#isRandom(one, alone)) return { outcome: 'random', share };
    return { outcome: (await this.#areRoundings(found, one, alone)) ? 'same' : 'differs', share };
  }

  #differences(joint: Output, alone: Output): Difference[] {
    if (!isSameForm(joint, alone))
      return [{ differs: true, size: Infinity, share: Infinity, compared: 0, at: [], leaf: 0 }];
    const { info, warmupReport } = this.#model;
    const tolerances = tolerancesOf(alone.leaves, info, warmupReport?.tolerance);
    const found: Difference[] = [];
    for (const [leaf, own] of alone.leaves.entries()) {
      const tolerance = tolerances[leaf] as (typeof tolerances)[number];
      // What is no number alone says nothing of the others: the check at warm-up was stricter.
      const deviation = compareRow(joint.leaves[leaf] as Tensor, 0, own, { tolerance, isLenient: true });
      if (deviation.differs) found.push({ ...deviation, leaf });
    }
    return found;
  }

  async #areRoundings(found: readonly Difference[], one: Call, alone: Output): Promise<boolean> {
    if (found.some(({ size }) => size === Infinity)) return false;
    const moved = await this.#moved(one, alone);
    return found.every((deviation) => {
      const leaves = moved.map((output) => output.leaves[deviation.leaf] as Tensor);
      return isRounding(deviation, alone.leaves[deviation.leaf] as Tensor, leaves);
    });
  }

  /** The outputs of the row moved by each of `hairs`; none where one has another form. */
  async #moved(one: Call, alone: Output): Promise<Output[]> {
    const found: Output[] = [];
    for (const hair of hairs) {
      const values = nudged(one.values, hair);
      const output = values && (await this.#alone({ ...one, values }));
      if (!output || !isSameForm(output, alone)) return [];
      found.push(output);
    }
    return found;
  }

  async #isRandom(one: Call, before: Output): Promise<boolean> {
    const tolerances = tolerancesOf(before.leaves, this.#model.info, undefined);
    for (let i = 0; i < repeats; ++i) {
      const again = await this.#alone(one);
      if (!again || !isSameForm(again, before)) return true;
      const differs = again.leaves.some((leaf, index) => {
        const tolerance = tolerances[index] as (typeof tolerances)[number];
        return compareRow(leaf, 0, before.leaves[index] as Tensor, { tolerance, isLenient: true }).differs;
      });
      if (differs) return true;
    }
    return false;
  }

  /** The output of one row; undefined where that has not one row. A run that fails has taken its time, too. */
  async #alone(one: Call): Promise<Output | undefined> {
    const began = this.#clock.now();
    let runMs: number | undefined;
    try {
      const { values, timings } = await this.#model.runBatch([one]);
      runMs = timings.runMs;
      return outputOf(values[0] as Value);
    } catch (error) {
      if (hasCode(error, 'ERR_NOT_BATCHABLE')) return undefined;
      throw error;
    } finally {
      this.#spentMs += runMs ?? this.#clock.now() - began;
    }
  }

  #below(count: number): number {
    return Math.min(count - 1, Math.floor(this.#random() * count));
  }
}

/** All tensors of an output that runBatch has given: it has nothing else. */
function outputOf(value: Value): Output {
  const paths: string[] = [];
  const leaves: Tensor[] = [];
  const add = (item: Value, path: string): void => {
    if (item instanceof Tensor) {
      paths.push(path);
      leaves.push(item);
    } else if (Array.isArray(item)) {
      for (const [i, inner] of (item as readonly Value[]).entries()) add(inner, `${path}/${i}`);
    } else if (isContainer(item)) {
      const dict = item as Exclude<typeof item, readonly Value[]>;
      for (const [key, inner] of entriesOf(dict)) add(inner, `${path}/${JSON.stringify(String(key))}`);
    }
  };
  add(value, '');
  return { paths, leaves };
}

function isSameForm(x: Output, y: Output): boolean {
  return x.paths.length === y.paths.length && x.paths.every((path, i) => path === y.paths[i]);
}
