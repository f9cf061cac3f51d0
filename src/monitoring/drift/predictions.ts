/** What is watched of a model's answers. */
import type { OutputMeaning } from '../../signature/meaning.js';
import type { TensorSpec } from '../../signature/spec.js';
import type { Elements } from './elements.js';
import { readerOf, type Rows, type RowsReader } from './readers.js';

/** Outputs of at most so many elements in a row are watched element by element. */
const mostSingle = 8;

type Meaning<A extends OutputMeaning['answer']> = Extract<OutputMeaning, { readonly answer: A }>;

/** THE TABLE of meanings of a first output. */
const makers: { readonly [A in OutputMeaning['answer']]: (meaning: Meaning<A>, spec: TensorSpec) => RowsReader } = {
  class: ({ scores, labels }) => new BestClass(scores === 'logits', labels.length),
  labels: ({ scores, labels, threshold }) => new Labels(scores === 'logits', labels.length, threshold),
  values: (_, spec) => (elementsOfRow(spec) <= mostSingle ? readerOf(spec) : new Values()),
};

/** How the answers of a model are read. @param spec of the first output, a tensor with at least one dimension */
export function predictionReaderOf(meaning: OutputMeaning, spec: TensorSpec): RowsReader {
  const isMatrix = spec.shape?.length === 2;
  const { answer } = isMatrix ? meaning : { answer: 'values' as const };
  return (makers[answer] as (meaning: OutputMeaning, spec: TensorSpec) => RowsReader)(meaning, spec);
}

function elementsOfRow({ shape }: TensorSpec): number {
  return (shape ?? [null, null]).slice(1).reduce<number>((product, size) => product * (size ?? Infinity), 1);
}

/** The class of a row, and how sure the model is of it. */
class BestClass implements RowsReader {
  readonly suffixes = ['', '.confidence'];
  readonly isSingle = true;
  readonly #isLogits: boolean;
  readonly #classes: number;

  constructor(isLogits: boolean, classes: number) {
    this.#isLogits = isLogits;
    this.#classes = classes;
  }

  read({ elements: { data, get }, size }: Rows, row: number, out: Float64Array, at: number): void {
    out[at] = NaN;
    out[at + 1] = NaN;
    if (size !== this.#classes) return;
    const from = row * size;
    let best = 0;
    let highest = -Infinity;
    for (let i = 0; i < size; ++i) {
      const score = get(data, from + i);
      if (score !== score) return;
      if (score > highest) {
        highest = score;
        best = i;
      }
    }
    if (!Number.isFinite(highest)) return;
    out[at] = best;
    out[at + 1] = this.#isLogits ? 1 / weights(data, get, from, size, highest) : Math.min(highest, 1);
  }
}

/** Sum of the exponentials of all scores, the highest of which is 1. */
function weights(data: ArrayLike<number>, get: Elements['get'], from: number, size: number, highest: number): number {
  let sum = 0;
  for (let i = 0; i < size; ++i) {
    const below = get(data, from + i) - highest;
    // What is less than any rounding of 1 is not worth its time: a thousand classes have few others.
    if (below > -45) sum += Math.exp(below);
  }
  return sum;
}

/** How many labels a row has, and the probability of the most probable one. */
class Labels implements RowsReader {
  readonly suffixes = ['.labels', '.confidence'];
  readonly isSingle = true;
  readonly #isLogits: boolean;
  readonly #classes: number;
  readonly #threshold: number;

  constructor(isLogits: boolean, classes: number, threshold: number) {
    this.#isLogits = isLogits;
    this.#classes = classes;
    this.#threshold = threshold;
  }

  read({ elements: { data, get }, size }: Rows, row: number, out: Float64Array, at: number): void {
    out[at] = NaN;
    out[at + 1] = NaN;
    if (size !== this.#classes) return;
    const from = row * size;
    let given = 0;
    let highest = 0;
    for (let i = 0; i < size; ++i) {
      const score = get(data, from + i);
      if (score !== score) return;
      const probability = this.#isLogits ? 1 / (1 + Math.exp(-score)) : score;
      if (probability >= this.#threshold) ++given;
      if (probability > highest) highest = probability;
    }
    out[at] = given;
    out[at + 1] = highest;
  }
}

/** A vector: its mean, spread, extremes and length. */
class Values implements RowsReader {
  readonly suffixes = ['.mean', '.std', '.min', '.max', '.norm'];
  readonly isSingle = false;

  read({ elements: { data, get }, size }: Rows, row: number, out: Float64Array, at: number): void {
    const from = row * size;
    let sum = 0;
    let squares = 0;
    let min = Infinity;
    let max = -Infinity;
    for (let i = 0; i < size; ++i) {
      const value = get(data, from + i);
      sum += value;
      squares += value * value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    const mean = sum / size;
    out[at] = mean;
    out[at + 1] = Math.sqrt(Math.max(0, squares / size - mean * mean));
    out[at + 2] = mean === mean ? min : NaN;
    out[at + 3] = mean === mean ? max : NaN;
    out[at + 4] = Math.sqrt(squares);
  }
}
