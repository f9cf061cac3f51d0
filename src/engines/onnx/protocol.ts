/** What a model and the worker thread that runs it say to each other. One request at a time, one reply to each. */

import type { ErrorCode } from '../../errors.js';
import type { DType } from '../../tensor/dtype.js';
import type { TensorData } from '../../tensor/dtype.js';
import type { ModelSummary } from './model-proto.js';

export interface WireTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type Request =
  | { readonly kind: 'inspect'; readonly model: SharedArrayBuffer }
  | ({ readonly kind: 'create' } & SessionRequest)
  /** In the order of the session's inputs. */
  | { readonly kind: 'run'; readonly inputs: readonly WireTensor[] }
  | { readonly kind: 'release' };

export interface SessionRequest {
  readonly model: SharedArrayBuffer;
  readonly external: readonly { readonly path: string; readonly data: SharedArrayBuffer }[];
  readonly intraOpThreads: number;
  readonly optimize: boolean;
}

/** What ONNX Runtime found, having inferred types and shapes. */
export interface SessionReply {
  readonly inputs: readonly string[];
  readonly outputs: readonly SessionOutput[];
}

export interface SessionOutput {
  readonly name: string;
  /** A free dimension is null. Empty for rank 0 and also where nothing is known. */
  readonly shape: readonly (number | null)[];
}

export interface RunReply {
  /** In the order of the session's outputs. */
  readonly outputs: readonly WireTensor[];
  /** Inside ONNX Runtime, in milliseconds. */
  readonly runMs: number;
}

export interface Replies {
  readonly inspect: ModelSummary;
  readonly create: SessionReply;
  readonly run: RunReply;
  readonly release: null;
}

export type Reply = { readonly value: Replies[keyof Replies] } | { readonly code: ErrorCode; readonly message: string };
