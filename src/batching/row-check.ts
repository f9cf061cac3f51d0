import { TorchError } from '../errors.js';
import type { Batchable } from '../model/batchable.js';
import { sliceCall, type Call } from '../model/call.js';
import type { BatchExecution } from '../model/model.js';
import { compareRow, hairs, isRounding, leavesOf, tolerancesOf, type Deviation } from '../model/row-compare.js';
import { nudged } from '../model/row-probes.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Value } from '../tensor/value.js';

/** The share of all run time that checks may take. */
const mostOfTime = 0.01;
/** Runs of one row that must give one answer before a difference is the batch's. */
const repeats = 2;

/** One row of a batch that was run again by itself. */
export interface RowCheckEvent {
  /** Rows that it was run with, padding included. */
  readonly rows: number;
  /** `same` within the tolerance, roundings included; `differs`; `random`: two runs of the row by itself differ. */
  readonly outcome: 'same' | 'differs' | 'random';
  /** How far apart the outputs are, as a share of the row's own largest element; Infinity for another shape. */
  readonly share: number;
  /** From now on every call runs by itself. */
  readonly stopped: boolean;
}

interface Difference extends Deviation {
  /** Of which output. */
  readonly leaf: number;
}

/** Which batches have a row checked, and what comes of it. */
export class RowChecker {
  readonly #model: Batchable;
  readonly #every: number;
  readonly #random: () => number;
  /** Batches of this window that have come. */
  #come = 0;
  /** The batch of this window whose turn it is. */
  #chosen: number;
  #isOwed = false;
  #runMs = 0;
  #spentMs = 0;
  checked = 0;
  differed = 0;

  /**
   * @param every of so many batches one is checked; 0: none
   * @param random from 0 up to 1
   */
  constructor(model: Batchable, every: number, random: () => number) {
    this.#model = model;
    this.#every = every;
    this.#random = random;
    this.#chosen = this.#below(every);
  }

  /** Counts the time of a run. */
  ran(runMs: number): void {
    this.#runMs += runMs;
  }

  /** Counts a batch in which calls share a run, and says whether one of its rows is checked: there may be no time for it. */
  isDue(): boolean {
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
   * Runs one row of a batch by itself.
   * @param calls of the batch, in the order of the values
   * @returns undefined where it could not be run
   */
  async check(
    calls: readonly Call[],
    values: readonly Value[],
  ): Promise<Omit<RowCheckEvent, 'rows' | 'stopped'> | undefined> {
    const index = this.#below(calls.length);
    const call = calls[index] as Call;
    const row = this.#below(call.rows);
    const one = call.rows === 1 ? call : sliceCall(call, row, row + 1);
    const joint = leavesOf(values[index] as Value, call.rows);
    try {
      const alone = await this.#alone(one);
      if (!joint || !alone) return undefined;
      this.checked++;
      const found = this.#differences(joint, row, alone);
      if (found.length === 0) return { outcome: 'same', share: 0 };
      const share = Math.max(...found.map((one) => one.share));
      // Random operators first: they would pass for roundings.
      const outcome = (await this.#isRandom(one, alone))
        ? 'random'
        : (await this.#areRoundings(found, one, alone))
          ? 'same'
          : 'differs';
      if (outcome !== 'same') this.differed++;
      return { outcome, share };
    } catch (error) {
      // One row gives no one row: the batch had rows, so what the output is depends on them.
      if (!(error instanceof TorchError && error.code === 'ERR_NOT_BATCHABLE')) return undefined;
      this.checked++;
      this.differed++;
      return { outcome: 'differs', share: Infinity };
    }
  }

  #differences(joint: readonly Tensor[], row: number, alone: readonly Tensor[]): Difference[] {
    const { info, warmupReport } = this.#model;
    const tolerances = tolerancesOf(alone, info, warmupReport?.tolerance);
    const found: Difference[] = [];
    for (const [leaf, own] of alone.entries()) {
      const tolerance = tolerances[leaf] as (typeof tolerances)[number];
      // What is no number alone says nothing of the others: the check at warm-up was stricter.
      const deviation = compareRow(joint[leaf] as Tensor, row, own, { tolerance, isLenient: true });
      if (deviation.differs) found.push({ ...deviation, leaf });
    }
    return found;
  }

  async #areRoundings(found: readonly Difference[], one: Call, alone: readonly Tensor[]): Promise<boolean> {
    const moved = await this.#moved(one);
    return found.every((deviation) => {
      const leaves = moved.map((leaves) => leaves[deviation.leaf] as Tensor);
      return isRounding(deviation, alone[deviation.leaf] as Tensor, leaves);
    });
  }

  async #moved(one: Call): Promise<(readonly Tensor[])[]> {
    const found: (readonly Tensor[])[] = [];
    for (const hair of hairs) {
      const values = nudged(one.values, hair);
      const leaves = values && (await this.#alone({ ...one, values }));
      if (!leaves) return [];
      found.push(leaves);
    }
    return found;
  }

  async #isRandom(one: Call, before: readonly Tensor[]): Promise<boolean> {
    const tolerances = tolerancesOf(before, this.#model.info, undefined);
    for (let i = 0; i < repeats; ++i) {
      const again = await this.#alone(one);
      const differs = again?.some((leaf, index) => {
        const tolerance = tolerances[index] as (typeof tolerances)[number];
        return compareRow(leaf, 0, before[index] as Tensor, { tolerance, isLenient: true }).differs;
      });
      if (differs) return true;
    }
    return false;
  }

  async #alone(one: Call): Promise<Tensor[] | undefined> {
    const { values, timings }: BatchExecution = await this.#model.runBatch([one]);
    this.#spentMs += timings.runMs;
    return leavesOf(values[0] as Value, 1);
  }

  #below(count: number): number {
    return Math.min(count - 1, Math.floor(this.#random() * count));
  }
}
