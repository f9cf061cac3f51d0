/** Types of a served model's inputs and outputs, from what `node-libtorch types` writes. Nothing of this exists at run time. */
import type { DataOf, DType, ElementOf } from '../tensor/dtype.js';
import type { Nested } from '../tensor/nested.js';
import type { Tensor } from '../tensor/tensor.js';
import type { InputValue, NestedStrings } from './inputs.js';

/** One output: a tensor, or strings in arrays, one level for each dimension. */
export type OutputValue = Tensor | NestedStrings;

/** What `node-libtorch types` writes of a model, as far as a client uses it. */
export type ServedMethods = Readonly<Record<string, { readonly inputs: object; readonly named?: object }>>;

/** Of a model nothing is known: any names. */
// An interface would not be a record.
export type AnyServed = {
  readonly forward: {
    readonly inputs: Readonly<Record<string, InputValue | undefined>>;
    readonly named: Readonly<Record<string, OutputValue>>;
  };
};

/** Integers may be numbers where they are exact; a number is also what a float of 16 bits is made from. */
type LeafOf<D extends DType> = ElementOf<D> extends bigint ? bigint | number : ElementOf<D>;

type ElementsOf<D extends DType> = DataOf<D> | (D extends 'float16' | 'bfloat16' ? Float32Array : never);

/** A tensor, or what the client makes one of. */
type TensorInput<D extends DType> = [DType] extends [D] ? InputValue : Tensor<D> | Nested<LeafOf<D>> | ElementsOf<D>;

/** What may be given for an input that a program would give `T`. `null` is said by leaving the input out. */
export type InputOf<T> =
  T extends Tensor<infer D> ? TensorInput<D> : T extends null ? undefined : T extends InputValue ? T | Tensor : never;

/** What `infer` takes. */
export type InputsOf<M> = AnyServed extends M
  ? AnyServed['forward']['inputs']
  : M extends { readonly forward: { readonly inputs: infer I } }
    ? { readonly [K in keyof I]: InputOf<I[K]> }
    : AnyServed['forward']['inputs'];

/** What `infer` answers. Declarations of older versions have no names of outputs. */
export type OutputsOf<M> = M extends { readonly forward: { readonly named: infer N } }
  ? N
  : AnyServed['forward']['named'];
