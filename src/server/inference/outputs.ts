import { describe, torchError } from '../../errors.js';
import type { NamedTensor, RequestedOutput, TensorContent } from '../../protocol/messages.js';
import type { TensorSpec } from '../../signature/spec.js';
import { readStrings } from '../../signature/strings.js';
import { Tensor } from '../../tensor/tensor.js';
import { entriesOf, isContainer, type Value } from '../../tensor/value.js';
import { classified, classesAsked } from './classification.js';

/** More of them is no answer but a mistake. */
const maxOutputs = 1024;

/** One tensor of an answer, with the way to it: `logits`, `parts.0`; empty for the whole. */
interface Leaf {
  readonly path: readonly string[];
  readonly content: TensorContent;
}

/** How what `forward` returns becomes named tensors. */
export interface OutputNames {
  /** @throws ERR_INVALID_INPUT for an output that no run can have */
  check(requested: readonly RequestedOutput[]): void;
  /**
   * All outputs, or those that are asked for, in that order. A promise where classes are asked for: they are looked for in turns.
   * @throws ERR_INVALID_INPUT for a name that the answer has not, ERR_OUT_OF_RANGE for `classification`, ERR_BAD_OUTPUT for
   * what is no tensor, scalar or text
   */
  outputsOf(value: Value, requested?: readonly RequestedOutput[]): NamedOutputs | Promise<NamedOutputs>;
}

type NamedOutputs = readonly NamedTensor[];

/**
 * Names of outputs: those of the signature; keys of a dict and `OUTPUT__0` where it does not say. A request may also call
 * them `OUTPUT__0`, `RESULT`, `RESULT[0]` or `RESULT[key]`, as Triton does.
 */
export function outputNames(specs: readonly TensorSpec[], labels: readonly string[] | undefined): OutputNames {
  // The number of tensors in a list or a dict shows only in a run.
  const isKnown =
    specs.length > 0 && specs.every(({ type }) => type === undefined || !/\b(?:List|Dict|Tuple|Any)\b/.test(type));
  const labelsOf = (name: string): readonly string[] | undefined =>
    specs.find((spec) => spec.name === name)?.labels ?? (specs.length <= 1 ? labels : undefined);
  const named = (value: Value): readonly NamedTensor[] => {
    const leaves: Leaf[] = [];
    collect(value, [], specs, leaves);
    return leaves.map(({ path, content }, i) => ({ name: nameOf(path, i, leaves, specs), content }));
  };
  const classify = async (answers: NamedOutputs, found: NamedOutputs, classes: readonly (number | undefined)[]) => {
    const done: NamedTensor[] = [];
    for (const [i, answer] of answers.entries()) {
      const most = classes[i];
      const output = found[i] as NamedTensor;
      const content = most === undefined ? output.content : await classified(output, most, labelsOf(output.name));
      done.push({ ...answer, content });
    }
    return done;
  };
  return {
    check(requested) {
      requireOnce(requested);
      if (isKnown) for (const { name } of requested) placeOf(name, specs, specs);
      for (const output of requested) classesAsked(output);
    },
    outputsOf(value, requested) {
      const all = named(value);
      if (!requested || requested.length === 0) return all;
      const found = requested.map((output) => all[placeOf(output.name, all, specs)] as NamedTensor);
      const classes = requested.map(classesAsked);
      // The caller's own word for it comes back.
      const answers = requested.map(({ name, parameters }, i) => {
        const { content } = found[i] as NamedTensor;
        return { name, content, ...(parameters && { parameters }) };
      });
      return classes.some((most) => most !== undefined) ? classify(answers, found, classes) : answers;
    },
  };
}

function requireOnce(requested: readonly RequestedOutput[]): void {
  const names = requested.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw torchError('ERR_INVALID_INPUT', `Expected each output once but received ${describe(twice)} twice`);
}

function placeOf(name: string, outputs: readonly { readonly name: string }[], specs: readonly TensorSpec[]): number {
  const own = outputs.findIndex((output) => output.name === name);
  if (own !== -1) return own;
  const ordinal = /^(?:OUTPUT__|RESULT\[)(\d{1,4})\]?$/.exec(name)?.[1];
  if (ordinal !== undefined && Number(ordinal) < outputs.length) return Number(ordinal);
  if (name === 'RESULT' && outputs.length === 1) return 0;
  const way = /^RESULT((?:\[[^[\]]*\])+)$/.exec(name)?.[1];
  const path = way?.slice(1, -1).replaceAll('][', '.');
  const byPath = outputs.findIndex((output) => output.name === path);
  if (byPath !== -1) return byPath;
  const known = [...new Set([...outputs, ...specs].map((output) => output.name))].join(', ');
  throw torchError('ERR_INVALID_INPUT', `Expected the outputs ${known || 'none'} but received ${describe(name)}`);
}

function nameOf(path: readonly string[], i: number, leaves: readonly Leaf[], specs: readonly TensorSpec[]): string {
  const way = path.join('.');
  if (specs.some(({ name }) => name === way)) return way;
  const isDict = path.length > 0 && !/^\d+$/.test(path[0] as string);
  // A dict's own keys are better names than those that were made up for its place.
  const spec = leaves.length === specs.length ? specs[i] : undefined;
  if (spec && !(isDict && leaves.some((leaf) => specs.some(({ name }) => name === leaf.path.join('.')))))
    return spec.name;
  return isDict ? way : `OUTPUT__${i}`;
}

function collect(value: Value, path: readonly string[], specs: readonly TensorSpec[], into: Leaf[]): void {
  const content = contentOf(value, specs[into.length]);
  if (content) {
    if (into.length === maxOutputs)
      throw torchError('ERR_BAD_OUTPUT', `Expected at most ${maxOutputs} outputs from the model`);
    into.push({ path, content });
    return;
  }
  if (value === null || !isContainer(value)) return; // None is no output
  const entries = Array.isArray(value) ? [...(value as readonly Value[]).entries()] : entriesOf(value as never);
  for (const [key, item] of entries) collect(item, [...path, String(key)], specs, into);
}

/** The tensor that a value is, or that its scalars make; undefined for what holds others. */
function contentOf(value: Value, spec: TensorSpec | undefined): TensorContent | undefined {
  if (value instanceof Tensor) return value;
  if (typeof value === 'string') return { shape: [], data: [value] };
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return ofScalars([value], [], spec);
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const items = value as readonly Value[];
  if (isText(items)) return readStrings({ name: spec?.name ?? 'output', dtype: null, shape: null }, items);
  if (items.every((item) => typeof item !== 'object'))
    return ofScalars(items as readonly Scalar[], [items.length], spec);
  return ofRows(items);
}

type Scalar = number | bigint | boolean;

function isText(items: readonly Value[]): boolean {
  let first: Value | undefined = items[0];
  while (Array.isArray(first)) first = (first as readonly Value[])[0];
  return typeof first === 'string';
}

function ofScalars(items: readonly Scalar[], shape: readonly number[], spec: TensorSpec | undefined): Tensor {
  const isInteger = /\bint\b/.test(spec?.type ?? '') || items.some((item) => typeof item === 'bigint');
  if (items.every((item) => typeof item === 'boolean')) return Tensor.from(items, 'bool').reshape(shape);
  if (isInteger && items.every((item) => typeof item === 'bigint' || Number.isSafeInteger(item))) {
    return Tensor.from(items.map(BigInt), 'int64').reshape(shape);
  }
  return Tensor.from(items.map(Number), 'float64').reshape(shape);
}

/** Probabilities by class, a dict for each row, as scikit-learn's ONNX models answer: a matrix. */
function ofRows(items: readonly Value[]): Tensor | undefined {
  const rows = items.map((item) => (isContainer(item) && !Array.isArray(item) ? entriesOf(item as never) : undefined));
  const [first] = rows;
  if (!first || first.length === 0) return undefined;
  const isSame = rows.every(
    (row) =>
      row?.length === first.length &&
      row.every(([key, number], i) => key === first[i]?.[0] && typeof number === 'number'),
  );
  if (!isSame) return undefined;
  const numbers = (rows as (typeof first)[]).flatMap((row) => row.map(([, number]) => number as number));
  const isSingle = numbers.every((number) => Object.is(Math.fround(number), number));
  const shape = [rows.length, first.length];
  return isSingle
    ? new Tensor('float32', Float32Array.from(numbers), shape)
    : new Tensor('float64', Float64Array.from(numbers), shape);
}
