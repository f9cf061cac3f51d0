/** How many rows of data one run takes. */
import type { TensorSpec } from '../../signature/spec.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Value } from '../../tensor/value.js';

/** Of the first run, before the size of an answer is known. */
const firstRows = 16;
const mostRows = 256;
/** Inputs and answers of one run, together. */
const mostBytes = 8 * 2 ** 20;

/** As many rows as the model allows and as fit into bounded memory. */
export class BatchSize {
  /** Of the next run. */
  next: number;
  readonly #least: number;
  readonly #most: number;

  /** @param areDependent rows influence each other: each is run by itself, where the model takes one */
  constructor(inputs: readonly TensorSpec[], areDependent: boolean) {
    let [least, most] = [1, areDependent ? 1 : mostRows];
    for (const { shape, bounds } of inputs) {
      const [rows] = shape ?? [];
      if (rows === undefined) continue;
      const bound = bounds?.[0];
      const [low, high] = rows === null ? [bound?.min ?? 1, bound?.max ?? Infinity] : [rows, rows];
      least = Math.max(least, low);
      most = Math.min(Math.max(most, least), high);
    }
    this.#least = least;
    this.#most = Math.max(least, most);
    this.next = Math.min(this.#most, Math.max(this.#least, firstRows));
  }

  /** Whether a run may have so many rows: the last rows of the data may be too few for a model of fixed size. */
  isAllowed(rows: number): boolean {
    return rows >= this.#least;
  }

  /** Looks at a run that is done. */
  ran(args: readonly (Tensor | undefined)[], value: Value, rows: number): void {
    const tensors = [...args, ...(Array.isArray(value) ? (value as readonly Value[]) : [value])];
    const bytes = tensors.reduce<number>((sum, each) => sum + (each instanceof Tensor ? each.data.byteLength : 0), 0);
    const fitting = Math.floor((mostBytes * rows) / Math.max(1, bytes));
    this.next = Math.max(this.#least, Math.min(this.#most, fitting, 4 * rows));
  }
}
