/**
 * What a model and a worker that runs one of its instances say to each other, whatever the engine: one request at a time,
 * one reply to each. An engine adds requests of its own for loading.
 */

import type { SaidError } from '../../errors.js';
import type { DType, TensorData } from '../../tensor/dtype.js';

export interface WireTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Strings, row-major. */
interface WireStrings {
  readonly dtype: 'string';
  readonly shape: readonly number[];
  readonly data: readonly string[];
}

export type WireValue = WireTensor | WireStrings;

export type InstanceRequest =
  | {
      readonly kind: 'run';
      /** In the order of the model's inputs. */
      readonly inputs: readonly WireValue[];
      /** Which outputs to return, in which order; without it all of them. */
      readonly outputs?: readonly string[];
    }
  | { readonly kind: 'release' };

export interface InstanceReplies {
  readonly run: RunReply;
  readonly release: null;
}

export interface RunReply {
  /** In the order that was asked for, else in that of the model's outputs. */
  readonly outputs: readonly WireValue[];
  /** Inside the engine, in milliseconds. */
  readonly runMs: number;
}

export type Reply<V = unknown> = { readonly value: V } | SaidError;

/** What a worker is started with, besides the engine's own. */
export interface WorkerCell {
  /** See exit-guard.ts. */
  readonly cell: Int32Array<SharedArrayBuffer>;
}
