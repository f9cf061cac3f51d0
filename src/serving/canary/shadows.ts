import { Tensor } from '../../tensor/tensor.js';
import { childrenOf, isContainer, type Arguments, type Value } from '../../tensor/value.js';
import type { ServedModel } from '../served-model.js';
import { agree } from './agreement.js';

/** After each comparison there is none for so many times as long as it took: they take a tenth of one CPU at most. */
const restTimes = 9;
/** And for so long at least. */
const leastRestMs = 10;
/** Larger inputs would take too long to copy. */
const mostBytes = 4 * 2 ** 20;
/** A run on what is stable that takes longer is given up. */
const mostMs = 30_000;

interface Parts {
  /** What is stable at this moment. */
  readonly stable: () => ServedModel | undefined;
  readonly compared: (isSame: boolean) => void;
}

/**
 * Runs some of the canary's inputs on what is stable, too: one at a time, beside the queue of requests, once the canary has
 * answered. They fail nobody's request and are counted nowhere else.
 */
export class Shadows {
  readonly #parts: Parts;
  #isBusy = false;
  #restsUntil = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Compares an answer, if it is time for one. The arguments are copied before it returns. */
  offer(args: Arguments, value: Value): void {
    const began = performance.now();
    if (this.#isBusy || began < this.#restsUntil) return;
    const stable = this.#parts.stable();
    // One that has taken its place since may keep state: a run beside others would change what those get.
    if (!stable || stable.model.info.stateful || bytesOf(Object.values<Value | undefined>(args)) > mostBytes) return;
    this.#isBusy = true;
    void this.#compare(stable, args, value).finally(() => {
      const now = performance.now();
      this.#restsUntil = now + Math.max(leastRestMs, restTimes * (now - began));
      this.#isBusy = false;
    });
  }

  /** It never rejects: that the stable version cannot answer says nothing of the canary. */
  async #compare(stable: ServedModel, args: Arguments, canary: Value): Promise<void> {
    try {
      const beside = await stable.shadow(args, mostMs);
      this.#parts.compared(agree({ canary, stable: beside, task: stable.task, draw: Math.random() }));
    } catch {
      // It was unloaded, is full, or fails at this input.
    }
  }
}

function bytesOf(values: Iterable<Value | undefined>): number {
  let sum = 0;
  for (const value of values) {
    if (value instanceof Tensor) sum += value.data.byteLength;
    else if (value !== undefined && isContainer(value)) sum += bytesOf(childrenOf(value));
  }
  return sum;
}
