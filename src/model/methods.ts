/** The types of a model's methods, as `node-libtorch types` writes them. Nothing of this exists at run time. */
import type { RunTimings } from '../async/clock.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Arguments, RunInput, Value } from '../tensor/value.js';
import type { ModelRunOptions } from './options.js';

/** A result with the time it took. */
export interface Execution<T = Value> {
  readonly value: T;
  readonly timings: RunTimings;
}

/** A method's arguments by name and in order, and what it returns. */
export interface MethodTypes {
  readonly inputs: object;
  readonly ordered: readonly unknown[];
  readonly outputs: unknown;
}

/** Every method of a model, by its name. */
export type Methods = Readonly<Record<string, MethodTypes>>;

/** Methods of which nothing is known: any name, any arguments, any result. */
export type AnyMethods = Readonly<
  Record<
    string,
    {
      readonly inputs: Readonly<Record<string, Value | undefined>>;
      readonly ordered: readonly (Value | undefined)[];
      readonly outputs: Value;
    }
  >
>;

/** What `run` takes: forward's arguments, or its first tensor alone; its only argument itself where that is a list or a dict. */
type InputOf<F> = F extends MethodTypes
  ? [F['ordered']] extends [readonly [infer Only]]
    ? Only extends Tensor
      ? Only | F['inputs'] | F['ordered']
      : Only extends readonly unknown[] | ReadonlyMap<unknown, unknown> | Readonly<Record<string, Value>>
        ? Only
        : F['inputs'] | F['ordered']
    : F['inputs'] | F['ordered'] | FirstTensor<F['ordered']>
  : never;

/** The first argument where the others may be left out and it is a tensor. */
type FirstTensor<O> = O extends readonly [infer First] ? Extract<First, Tensor> : never;

type OutputsOf<F> = F extends MethodTypes ? F['outputs'] : never;

/** How a model runs of whose methods nothing is known. */
interface AnyRuns {
  run<T extends Value = Tensor>(input: RunInput, options?: ModelRunOptions): Promise<T>;
  call<T extends Value = Value>(method: string, args: Arguments, options?: ModelRunOptions): Promise<T>;
  execute<T extends Value = Value>(method: string, args: Arguments, options?: ModelRunOptions): Promise<Execution<T>>;
}

/**
 * How a model runs whose methods are typed. Nothing can call the first overload of each: it says that such a model may stand
 * where any other may, so that a function of yours that takes a `Model` takes it.
 */
interface TypedRuns<M extends Methods> {
  run<T extends Value>(input: never, options?: ModelRunOptions): Promise<T>;
  run(input: InputOf<M['forward']>, options?: ModelRunOptions): Promise<OutputsOf<M['forward']>>;
  call<T extends Value>(method: never, args: Arguments, options?: ModelRunOptions): Promise<T>;
  call<N extends keyof M & string>(
    method: N,
    args: M[N]['inputs'] | M[N]['ordered'],
    options?: ModelRunOptions,
  ): Promise<M[N]['outputs']>;
  execute<T extends Value>(method: never, args: Arguments, options?: ModelRunOptions): Promise<Execution<T>>;
  execute<N extends keyof M & string>(
    method: N,
    args: M[N]['inputs'] | M[N]['ordered'],
    options?: ModelRunOptions,
  ): Promise<Execution<M[N]['outputs']>>;
}

/** How a model of those methods runs. */
export type Runs<M extends Methods> = AnyMethods extends M ? AnyRuns : TypedRuns<M>;
