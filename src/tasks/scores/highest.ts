/** A number as a typed array holds it. */
type Scalar = number | bigint;

/**
 * The k highest of numbers that come piece by piece, in one pass and with room for k of them. NaN is less than every number;
 * of equal ones the first is the higher.
 *
 * @example
 * const best = new Highest(2);
 * best.offer([0.1, 0.7, 0.2]);
 * [...best.lowestFirst()]; // [{ value: 0.2, index: 2 }, { value: 0.7, index: 1 }]
 */
export class Highest {
  readonly #k: number;
  /** A heap whose root is the lowest: each is no lower than what is at half its place. */
  readonly #values: Scalar[] = [];
  readonly #indices: number[] = [];

  /** @param k 0 or more */
  constructor(k: number) {
    this.#k = k;
  }

  /** Takes the next piece. @param first the index of its first number; it only grows */
  offer(values: ArrayLike<Scalar>, first = 0): void {
    let at = 0;
    for (; at < values.length && this.#values.length < this.#k; at++) this.#push(values[at] as Scalar, first + at);
    if (this.#k === 0) return;
    let lowest = this.#values[0] as Scalar;
    for (; at < values.length; at++) {
      const value = values[at] as Scalar;
      // Indices only grow, so an equal number never displaces one that is there.
      if (!isAbove(value, lowest)) continue;
      this.#sink(value, first + at);
      lowest = this.#values[0] as Scalar;
    }
  }

  /** Takes out what was found, the lowest first. Whoever has much of it stops between. */
  *lowestFirst(): Generator<{ readonly value: Scalar; readonly index: number }, void> {
    while (this.#values.length > 0) {
      const found = { value: this.#values[0] as Scalar, index: this.#indices[0] as number };
      const value = this.#values.pop() as Scalar;
      const index = this.#indices.pop() as number;
      if (this.#values.length > 0) this.#sink(value, index);
      yield found;
    }
  }

  #push(value: Scalar, index: number): void {
    let at = this.#values.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isLower(value, index, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#values[at] = value;
    this.#indices[at] = index;
  }

  /** Puts a number in the place of the lowest. */
  #sink(value: Scalar, index: number): void {
    const { length } = this.#values;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      const right = child + 1;
      if (right < length && this.#isLower(this.#values[right] as Scalar, this.#indices[right] as number, child))
        child++;
      if (this.#isLower(value, index, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#values[at] = value;
    this.#indices[at] = index;
  }

  #move(from: number, to: number): void {
    this.#values[to] = this.#values[from] as Scalar;
    this.#indices[to] = this.#indices[from] as number;
  }

  #isLower(value: Scalar, index: number, than: number): boolean {
    const other = this.#values[than] as Scalar;
    if (isAbove(other, value)) return true;
    return !isAbove(value, other) && index > (this.#indices[than] as number);
  }
}

/** Every number is above NaN. */
function isAbove(value: Scalar, other: Scalar): boolean {
  return value > other || (Number.isNaN(other) && !Number.isNaN(value));
}
