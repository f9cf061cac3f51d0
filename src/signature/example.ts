import type { DType } from '../tensor/dtype.js';
import type { Dimension, Signature, TensorSpec } from './spec.js';
import { dtypeTable, type TensorData } from '../tensor/dtype.js';
import { encodeBFloat16, encodeFloat16 } from '../tensor/float16.js';
import { evaluate, type Expression } from './expression.js';
import { elementCount } from '../tensor/shape.js';
import { spreadOut } from '../tensor/spread.js';
import { symbolReader } from './symbols.js';
import { Tensor } from '../tensor/tensor.js';
import { acceptsTensor } from './torch-type.js';

type FullTensor = TensorSpec & { readonly dtype: DType; readonly shape: readonly Dimension[] };

/** A specification that says enough to make a tensor of it, or a number. */
export type FullSpec = FullTensor | (TensorSpec & { readonly dtype: null; readonly shape: null });

/** The inputs that `forward` cannot do without; undefined where the signature says too little of one to make it up. */
export function exampleSpecs(signature: Signature | undefined): readonly FullSpec[] | undefined {
  const required = signature?.inputs.filter(({ optional }) => !optional) ?? [];
  return required.some(isTensor) && required.every(isFull) ? required : undefined;
}

/** What pictures, tokens and sound are cut to; more elements than this are not tried. */
const usualSizes = { pictures: [32, 224, 640], others: [16, 512, 16_000] };
const mostElements = 4 * 2 ** 20;

/** Sizes that free dimensions behind the first may be tried with, in their order; 1 alone where there are none. */
export function freeSizes(all: readonly FullSpec[]): readonly number[] {
  const specs = all.filter(isTensor);
  const free = specs.filter(({ shape }) => shape.slice(1).includes(null));
  if (free.length === 0) return [1];
  const rank = Math.max(...free.map(({ shape }) => shape.length));
  const sizes = rank > 3 ? usualSizes.pictures : usualSizes.others;
  const fits = (size: number): boolean =>
    specs.every(({ shape }) => shape.slice(1).reduce<number>((all, one) => all * (one ?? size), 1) <= mostElements);
  return [1, ...sizes.filter(fits)];
}

/**
 * Valid arguments by name. Free dimensions are `rows` for the first of an input and `others` elsewhere, or what is next to it
 * within their bounds; dimensions of one name have one size, and one that follows from others (`2*batch`) has the size that it must.
 */
export function exampleArguments(
  specs: readonly FullSpec[],
  rows: number,
  others = 1,
): Record<string, Tensor | number> {
  const known = new Map<string, number>();
  const wanted = (spec: FullTensor, axis: number): number => withinBounds(spec, axis, axis === 0 ? rows : others);
  const read = symbolReader(specs);
  for (const spec of specs.filter(isTensor)) {
    for (const [axis, symbol] of spec.symbols?.entries() ?? []) {
      const size = symbol === null || spec.shape[axis] !== null ? undefined : read(symbol);
      if (size?.kind === 'symbol' && !known.has(size.name)) known.set(size.name, wanted(spec, axis));
    }
  }
  const sizeOf = (spec: FullTensor, axis: number): number => {
    const symbol = spec.symbols?.[axis] ?? null;
    return (symbol === null ? undefined : sizeFrom(read(symbol), known)) ?? wanted(spec, axis);
  };
  return Object.fromEntries(
    specs.map((spec, position): [string, Tensor | number] => {
      if (!isTensor(spec)) return [spec.name, exampleNumber(spec)];
      const shape = spec.shape.map((size, axis) => size ?? sizeOf(spec, axis));
      return [spec.name, exampleTensor(spec, shape, position)];
    }),
  );
}

/** Undefined where it is not known. */
function sizeFrom(expression: Expression, known: ReadonlyMap<string, number>): number | undefined {
  const size = evaluate(expression, (name) => known.get(name) ?? NaN);
  return Number.isSafeInteger(size) && size >= 0 ? size : undefined;
}

/** A number of which nothing else is known: a count that one row has. */
const usualNumber = 1;

function exampleNumber({ range }: FullSpec): number {
  const [min, max] = range ?? [0, Infinity];
  return Math.min(max, Math.max(min, usualNumber));
}

/** The size next to `wanted` that the bounds of a dimension allow. */
export function withinBounds({ bounds }: Pick<TensorSpec, 'bounds'>, axis: number, wanted: number): number {
  const bound = bounds?.[axis];
  return bound ? Math.min(bound.max, Math.max(bound.min, wanted)) : wanted;
}

/** Deterministic values over the whole range, others for each input: what is made of their difference must not vanish. */
function exampleTensor({ dtype, range }: FullTensor, shape: readonly number[], position: number): Tensor {
  const { array, kind, bytes } = dtypeTable[dtype];
  const [min, max] = range ?? [0, 1];
  const data = new array(elementCount(shape)) as TensorData;
  const half = dtype === 'float16' ? encodeFloat16 : dtype === 'bfloat16' ? encodeBFloat16 : undefined;
  for (let i = 0; i < data.length; ++i) {
    const real = min + (max - min) * spreadOut(i, position);
    const value = kind === 'float' ? real : Math.round(real);
    data[i] = kind === 'int' && bytes === 8 ? BigInt(value) : half ? half(value) : value;
  }
  return new Tensor(dtype, data, shape);
}

function isFull(spec: TensorSpec): spec is FullSpec {
  return isTensor(spec) || isNumber(spec);
}

function isTensor(spec: TensorSpec): spec is FullTensor {
  return spec.dtype !== null && spec.shape !== null && (spec.type === undefined || acceptsTensor(spec.type));
}

/** One that is known by its range: what any number would do to a model is not for us to try. */
function isNumber({ dtype, shape, type, range }: TensorSpec): boolean {
  return dtype === null && shape === null && ['int', 'float'].includes(type ?? '') && range !== undefined;
}
