/** What is watched of a model: of each input, and of its answers. */
import type { OutputMeaning } from '../../signature/meaning.js';
import type { TensorSpec } from '../../signature/spec.js';
import { acceptsTensor } from '../../signature/torch-type.js';
import { Tensor } from '../../tensor/tensor.js';
import { isMap, type Arguments, type Value } from '../../tensor/value.js';
import { predictionReaderOf } from './predictions.js';
import { mostSingle, readerOf, rowsOf, type Rows, type RowsReader } from './readers.js';

/** One number of each row that is watched. */
export interface WatchedFeature {
  /** As reports show it: `input.mean`, `age`, `prediction`. */
  readonly name: string;
  /** The input it is of; undefined for one of the answers. */
  readonly input: string | undefined;
  /** It is an element that stands by itself: few whole numbers may be kinds. */
  readonly isSingle: boolean;
  /** Its values are whole numbers, by the dtype. */
  readonly isWhole: boolean;
  /** The index of a class. */
  readonly isClass: boolean;
}

/** An input that is not watched. */
export interface SkippedInput {
  readonly name: string;
  readonly reason: string;
}

/** Features of one model, all inputs and answers together. */
const mostFeatures = 256;

interface Part {
  readonly reader: RowsReader;
  /** Of its first feature. */
  readonly at: number;
  /** The place of the input in the signature; undefined for the answers. */
  readonly place: number | undefined;
  readonly name: string;
  rows: Rows | undefined;
}

/** What `featuresOf` needs of a signature. */
export interface Sides {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** What the answers' features are called, before anything that tells them apart. */
const predictionName = 'prediction';

/**
 * Reads what is watched of the rows of a model's calls. It keeps one row of numbers, which each read writes anew.
 * @example
 * const features = featuresOf(record.signature, meaningOf(record.task));
 * if (features.begin(args, value, rows)) for (let row = 0; row < rows; row++) profile.add(features.read(row));
 * features.end();
 */
export class Features {
  readonly list: readonly WatchedFeature[];
  readonly skipped: readonly SkippedInput[];
  /** The place of the class in a row, and of the model's confidence in it; undefined where it answers no class. */
  readonly prediction: { readonly predicted: number; readonly confidence: number } | undefined;
  readonly #parts: readonly Part[];
  readonly #values: Float64Array;

  /** @internal use `featuresOf` */
  constructor({ inputs, outputs }: Sides, meaning: OutputMeaning) {
    const list: WatchedFeature[] = [];
    const skipped: SkippedInput[] = [];
    const parts: Part[] = [];
    const [output] = outputs;
    const answers = output && reasonAgainst(output) === undefined ? predictionReaderOf(meaning, output) : undefined;
    let left = mostFeatures - (answers?.suffixes.length ?? 0);
    for (const [place, spec] of inputs.entries()) {
      const reason = reasonAgainst(spec);
      const reader = reason === undefined ? readerOf(spec) : undefined;
      if (!reader || reader.suffixes.length > left) {
        skipped.push({ name: spec.name, reason: reason ?? `more than ${mostFeatures} features are watched already` });
        continue;
      }
      left -= reader.suffixes.length;
      parts.push({ reader, at: list.length, place, name: spec.name, rows: undefined });
      const names = namesOf(spec, reader, inputs);
      for (const name of names) list.push({ ...feature(spec, reader), name, input: spec.name });
    }
    if (output && answers) {
      const at = list.length;
      parts.push({ reader: answers, at, place: undefined, name: output.name, rows: undefined });
      const isClass = answers.suffixes[0] === '' && meaning.answer === 'class';
      for (const [i, suffix] of answers.suffixes.entries()) {
        const common = { ...feature(output, answers), name: `${predictionName}${suffix}`, input: undefined };
        list.push(isClass ? { ...common, isSingle: i === 0, isWhole: i === 0, isClass: i === 0 } : common);
      }
      this.prediction = isClass ? { predicted: at, confidence: at + 1 } : undefined;
    }
    this.list = list;
    this.skipped = skipped;
    this.#parts = parts;
    this.#values = new Float64Array(list.length).fill(NaN);
  }

  /**
   * Takes the arguments and the result of a call; nothing is copied, and `end` lets go of them.
   * @param rows of the call
   * @returns false where none of its tensors has rows that can be read
   */
  begin(args: Arguments, value: Value, rows: number): boolean {
    let isAny = false;
    for (const part of this.#parts) {
      const tensor = part.place === undefined ? firstOutput(value, part.name) : argumentOf(args, part.place, part.name);
      part.rows = tensor instanceof Tensor ? rowsOf(tensor, rows) : undefined;
      isAny ||= part.rows !== undefined;
    }
    return isAny;
  }

  /** @returns one number for each of `list`, NaN where there is none; valid until the next read */
  read(row: number): Float64Array {
    const values = this.#values;
    for (const { reader, rows, at } of this.#parts) {
      if (rows) reader.read(rows, row, values, at);
      else values.fill(NaN, at, at + reader.suffixes.length);
    }
    return values;
  }

  /** Lets go of the tensors of the call. */
  end(): void {
    for (const part of this.#parts) part.rows = undefined;
  }
}

/**
 * What is watched of a model.
 *
 * Of an input with at most 64 elements in a row, each by itself (`input[3]`, or by the name that the signature's `labels` give it).
 * Of a picture, a summary of each channel; of ids of tokens, length, rarity and repetition; of all else a summary of the row: mean,
 * std, min, max, share of zeros, share at the maximum, roughness, centre of weight, share of NaN. Free sizes count too. Rows of more than
 * 1024 elements are looked at in 1024 of them, always the same. Of the answers: the class and the confidence in it; the number of
 * labels; else up to 8 elements by themselves, or a summary with the norm.
 * Inputs that are no tensors, or may be left out, are not watched; `skipped` says why.
 * @param signature of a record, or of a model that says dtypes and shapes
 * @param meaning of the first output: `meaningOf(task)`
 */
export function featuresOf(signature: Sides, meaning: OutputMeaning): Features {
  return new Features(signature, meaning);
}

function reasonAgainst({ type, dtype, shape, optional }: TensorSpec): string | undefined {
  if (optional) return 'it may be left out';
  if (type !== undefined && !(acceptsTensor(type) && dtype !== null && shape !== null))
    return `it is ${type}, and no tensor`;
  if (dtype === null || shape === null) return 'nobody says its dtype and shape';
  return shape.length === 0 ? 'it has no rows' : undefined;
}

function feature({ dtype }: TensorSpec, { isSingle }: RowsReader): Omit<WatchedFeature, 'name' | 'input'> {
  return { isSingle, isWhole: isSingle && !/float/.test(dtype ?? 'float'), isClass: false };
}

/** Elements by the names that the signature gives them, where those are no other feature's. */
function namesOf(
  spec: TensorSpec,
  { suffixes, isSingle }: RowsReader,
  inputs: readonly TensorSpec[],
): readonly string[] {
  const { name, labels = [], shape } = spec;
  const isNamed = isSingle && shape?.length === 2 && labels.length === suffixes.length;
  const isOnly = inputs.length === 1 && new Set(labels).size === labels.length && !labels.some(isTaken);
  if (isNamed && isOnly && labels.length <= mostSingle) return labels;
  return suffixes.map((suffix) => `${name}${suffix}`);
}

const isTaken = (label: string): boolean => label.startsWith(predictionName);

function argumentOf(args: Arguments, place: number, name: string): Value | undefined {
  return Array.isArray(args) ? (args as readonly Value[])[place] : (args as Readonly<Record<string, Value>>)[name];
}

/** The first output: the value itself, the first of several, or the one of the signature's first name. */
export function firstOutput(value: Value, name: string): Value | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Tensor) return value;
  if (Array.isArray(value)) return (value as readonly Value[])[0];
  return isMap(value) ? value.get(name) : (value as Readonly<Record<string, Value>>)[name];
}
