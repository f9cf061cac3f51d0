/**
 * What a model and a worker that runs one of its instances say to each other, whatever the engine: one request at a time,
 * one reply to each. An engine adds requests of its own for loading.
 */

import type { ErrorCode } from '../../errors.js';
import type { DType, TensorData } from '../../tensor/dtype.js';

export interface WireTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type InstanceRequest =
  /** In the order of the model's inputs. */
  { readonly kind: 'run'; readonly inputs: readonly WireTensor[] } | { readonly kind: 'release' };

export interface InstanceReplies {
  readonly run: RunReply;
  readonly release: null;
}

export interface RunReply {
  /** In the order of the model's outputs. */
  readonly outputs: readonly WireTensor[];
  /** Inside the engine, in milliseconds. */
  readonly runMs: number;
}

export type Reply<V = unknown> = { readonly value: V } | { readonly code: ErrorCode; readonly message: string };

/** What a worker is started with, besides the engine's own. */
export interface WorkerCell {
  /** See exit-guard.ts. */
  readonly cell: Int32Array<SharedArrayBuffer>;
}
