import type { DType } from '../tensor/dtype.js';

/** A dimension of a signature: a size, or null for any. */
export type Dimension = number | null;

/** Inclusive bounds of a dimension whose size is null; `max` may be Infinity. */
export interface DimensionBounds {
  readonly min: number;
  readonly max: number;
}

/** One input or output of a model's signature. */
export interface TensorSpec {
  readonly name: string;
  /** Null where nobody says, which takes any. A registry record always says it of a tensor. */
  readonly dtype: DType | null;
  /** Null where nobody says, which takes any rank. A registry record always says it of a tensor. */
  readonly shape: readonly Dimension[] | null;
  /**
   * For what is no tensor, or not always one: its type as the model's own schema has it, e.g. `int`, `List[Tensor]`,
   * `Optional[Tensor]`. What is no tensor is then checked by the engine. Strings with a shape are `List[List[str]]`, one
   * `List` for each dimension of `shape`; `Strings` where the rank is open.
   */
  readonly type?: string;
  /** An input that may be left out: the model has a default for it. */
  readonly optional?: boolean;
  /** For each dimension its bounds; null where it has none. */
  readonly bounds?: readonly (DimensionBounds | null)[];
  /** For each dimension its name; null where it has none. Dimensions of one name have one size in every call. */
  readonly symbols?: readonly (string | null)[];
  /** Inclusive bounds of every element. */
  readonly range?: readonly [min: number, max: number];
  /** What each position of the last dimension stands for, e.g. the classes. */
  readonly labels?: readonly string[];
}

/** What `forward` takes and returns. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** What the outputs mean. `tasks/kinds` knows the types that there are, and their other members. */
  readonly task?: { readonly type: string };
}

/** One argument or result of a method, as the model's own schema declares it. */
export interface MethodArgument {
  readonly name: string;
  /** The TorchScript type, e.g. `Tensor`, `int`, `Optional[List[int]]`. */
  readonly type: string;
  readonly hasDefault: boolean;
}

export interface MethodSchema {
  readonly name: string;
  readonly args: readonly MethodArgument[];
  readonly returns: readonly string[];
}

/** As formatShape, with the names and bounds of free dimensions: `[batch 1..64, 784]`. */
export function formatSpecShape({ shape, bounds, symbols }: Pick<TensorSpec, 'shape' | 'bounds' | 'symbols'>): string {
  if (!shape) return 'of any shape';
  const dimensions = shape.map((size, axis) => {
    if (size !== null) return String(size);
    const bound = bounds?.[axis];
    const range = bound ? `${bound.min}..${bound.max === Infinity ? '' : bound.max}` : '';
    return [symbols?.[axis] ?? '', range].filter((part) => part !== '').join(' ') || '?';
  });
  return `[${dimensions.join(', ')}]`;
}

/** `float32 [batch, 784] from 0 to 1`, or the type of what is no tensor. */
export function describeSpec(spec: TensorSpec): string {
  const { dtype, range, type } = spec;
  const isKnown = dtype !== null || spec.shape !== null;
  const isStrings = type !== undefined && /^(?:List\[)*str\]*$/.test(type) && spec.shape !== null;
  const tensor = isKnown ? `${dtype ?? 'any dtype'} ${formatSpecShape(spec)}` : 'tensor of any dtype and shape';
  const what = isStrings
    ? `${type} ${formatSpecShape(spec)}`
    : type === undefined
      ? tensor
      : isKnown
        ? `${type}, ${tensor}`
        : type;
  return `${what}${range ? ` from ${range[0]} to ${range[1]}` : ''}${spec.optional ? ', optional' : ''}`;
}
