import type { Tensor } from './tensor.js';

/**
 * What goes into and comes out of a model. The method's own schema decides how a value is read: a number for an int
 * argument must be an integer; an int result is a number when that is exact, else a bigint; tuples and lists are
 * arrays; dicts with string keys are objects, other dicts Maps.
 */
export type Value =
  | Tensor
  | number
  | bigint
  | boolean
  | string
  | null
  | readonly Value[]
  | { readonly [key: string]: Value }
  | ReadonlyMap<string | number | bigint | boolean, Value>;

/** Arguments of a call: an array by position, a plain object by name. */
export type Arguments = readonly Value[] | Readonly<Record<string, Value>>;
