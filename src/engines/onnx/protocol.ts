/** What an ONNX model asks of its worker threads, besides what remote/protocol.ts has. */

import type { InstanceReplies, InstanceRequest } from '../remote/protocol.js';
import type { ModelSummary } from './model-proto.js';

export type OnnxRequest =
  | { readonly kind: 'inspect'; readonly model: SharedArrayBuffer }
  | ({ readonly kind: 'create' } & SessionRequest)
  | InstanceRequest;

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

export interface OnnxReplies extends InstanceReplies {
  readonly inspect: ModelSummary;
  readonly create: SessionReply;
}
