import type { TensorContent } from '../../protocol/messages.js';
import { decoderOf } from '../../tensor/element.js';
import { Tensor } from '../../tensor/tensor.js';
import { room } from '../http/turn.js';

/** Elements and lists that are written before others have a turn: some milliseconds. */
const workOfTurn = 16 * 1024;

/**
 * A tensor or strings as JSON text: arrays in arrays. Integers of 64 bits are exact, which `JSON.stringify` cannot write;
 * NaN and the infinities are null, because JSON has no numbers for them.
 */
export function nestedJson(content: TensorContent): Promise<string> {
  return new Writer(content).whole(0);
}

/** The same, for each row by itself: what dimension 0 counts. Rank 0 has none. */
export async function rowsJson(content: TensorContent): Promise<string[]> {
  const writer = new Writer(content);
  const [count = 0] = content.shape;
  const rows: string[] = [];
  while (rows.length < count) {
    rows.push(writer.isLarge(1) ? await writer.whole(1) : writer.item(1));
    const wait = writer.turn();
    if (wait) await wait;
  }
  return rows;
}

class Writer {
  /** The next element. */
  #at = 0;
  /** Since the last turn: elements and lists, because a list may be empty. */
  #work = 0;
  readonly #shape: readonly number[];
  /** What stands at one place of each dimension, in all: elements and lists. */
  readonly #workOf: readonly number[];
  readonly #element: (index: number) => string;

  constructor(content: TensorContent) {
    this.#shape = content.shape;
    this.#workOf = content.shape.reduceRight((works, size) => [1 + size * (works[0] as number), ...works], [1]);
    this.#element = elementWriter(content);
  }

  /** Whether what stands at a place of a dimension is more than one turn should write. */
  isLarge(axis: number): boolean {
    return (this.#workOf[axis] as number) > workOfTurn;
  }

  /** What stands at the next place of a dimension. */
  item(axis: number): string {
    this.#work++;
    if (axis === this.#shape.length) return this.#element(this.#at++);
    const parts: string[] = [];
    for (let i = 0; i < (this.#shape[axis] as number); i++) parts.push(this.item(axis + 1));
    return `[${parts.join(',')}]`;
  }

  /** The same, however large it is: others have their turn in between. */
  async whole(axis: number): Promise<string> {
    if (!this.isLarge(axis)) return this.item(axis);
    const isLarge = this.isLarge(axis + 1);
    const texts: string[] = [];
    let parts: string[] = [];
    for (let i = 0; i < (this.#shape[axis] as number); i++) {
      parts.push(isLarge ? await this.whole(axis + 1) : this.item(axis + 1));
      if (this.#work < workOfTurn) continue;
      texts.push(parts.join(','));
      parts = [];
      const wait = this.turn();
      if (wait) await wait;
    }
    if (parts.length > 0) texts.push(parts.join(','));
    return `[${texts.join(',')}]`;
  }

  /** What to wait for once enough was written; undefined before, and while this turn has room. */
  turn(): Promise<void> | undefined {
    if (this.#work < workOfTurn) return undefined;
    this.#work = 0;
    return room();
  }
}

function elementWriter(content: TensorContent): (index: number) => string {
  if (!(content instanceof Tensor)) return (index) => JSON.stringify(content.data[index]);
  const { data, dtype } = content;
  const decode = decoderOf(dtype);
  return (index) => {
    const value = decode(data[index] as number | bigint);
    if (typeof value === 'number' && !Number.isFinite(value)) return 'null';
    return Object.is(value, -0) ? '-0.0' : String(value);
  };
}
