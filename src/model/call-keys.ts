import type { BoundArguments } from '../signature/bind.js';
import type { DType } from '../tensor/dtype.js';
import { Tensor } from '../tensor/tensor.js';

/** A text model has a form for each length of its sequences, so there is room for 512 forms. */
const setCount = 128;
/** Forms that fall into one set. */
const setSize = 4;
/** After so many misses in a row nothing is gained by the memory: shapes come that never come again. */
const mostMisses = setCount * setSize;
/** Of the misses after those, one in so many is remembered: calls whose shapes come again may begin at any time. */
const sampled = 16;

interface KnownKey {
  /** Of its shapes: most forms of a set differ in it already. */
  readonly hash: number;
  readonly method: string;
  readonly tensors: readonly { readonly dtype: DType; readonly shape: readonly number[] }[];
  readonly key: string;
}

/**
 * Keys of a model's calls whose arguments are tensors. To make a text for each call costs more than to compare its shapes with
 * those of a few others, which a hash of the shapes finds.
 */
export class CallKeys {
  readonly #sets = new Array<KnownKey[] | undefined>(setCount);
  #misses = 0;
  #replaced = 0;

  /** The key of an earlier call of the same method, dtypes and tail shapes; undefined where none is remembered. */
  find(method: string, given: BoundArguments): string | undefined {
    const hash = hashOf(given);
    const set = this.#sets[setOf(hash)];
    if (set) {
      for (const known of set) {
        if (known.hash !== hash || !isLike(known, method, given)) continue;
        this.#misses = 0;
        return known.key;
      }
    }
    this.#misses++;
    return undefined;
  }

  /** Remembers the key of a call that `find` did not know. */
  add(method: string, given: BoundArguments, key: string): void {
    if (this.#misses > mostMisses && this.#misses % sampled !== 0) return;
    const tensors: KnownKey['tensors'][number][] = [];
    for (const value of given) {
      if (!(value instanceof Tensor)) return;
      // A copy: the shape of a tensor of another copy of this package may not be frozen.
      tensors.push({ dtype: value.dtype, shape: [...value.shape] });
    }
    const hash = hashOf(given);
    const known: KnownKey = { hash, method, tensors, key };
    const set = (this.#sets[setOf(hash)] ??= []);
    if (set.length < setSize) set.push(known);
    else set[this.#replaced++ % setSize] = known;
  }
}

function hashOf(given: BoundArguments): number {
  let hash = 0;
  for (const value of given) {
    if (!(value instanceof Tensor)) continue;
    const { shape } = value;
    for (let axis = 1; axis < shape.length; ++axis) hash = (Math.imul(hash, 30) + (shape[axis] as number)) | 0;
  }
  return hash;
}

/** Neighbouring lengths, and those in steps of a power of two, fall into different sets. */
function setOf(hash: number): number {
  return (hash ^ (hash >>> 7)) & (setCount - 1);
}

/** The number of rows is no part of a key. */
function isLike({ method, tensors }: KnownKey, called: string, given: BoundArguments): boolean {
  if (method !== called || tensors.length !== given.length) return false;
  for (let i = 0; i < tensors.length; ++i) {
    const { dtype, shape } = tensors[i] as KnownKey['tensors'][number];
    const value = given[i];
    if (!(value instanceof Tensor) || value.dtype !== dtype || value.shape.length !== shape.length) return false;
    for (let axis = 1; axis < shape.length; ++axis) if (value.shape[axis] !== shape[axis]) return false;
  }
  return true;
}
