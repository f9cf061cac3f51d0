/** What an ONNX model asks of its worker threads, besides what remote/protocol.ts has. */

import type { InstanceReplies, InstanceRequest } from '../remote/protocol.js';
import type { ModelSummary } from './model-proto.js';
import type { GraphEdit } from './rewrite.js';

export type OnnxRequest =
  /** Hands the file over; its memory goes with it. With `inspect` the answer is what the file says of itself. */
  | { readonly kind: 'open'; readonly model: ArrayBuffer; readonly inspect: boolean }
  | ({ readonly kind: 'create' } & SessionRequest)
  | InstanceRequest;

/** Of the file that was handed over, whose bytes are let go then. */
export interface SessionRequest {
  readonly edit: GraphEdit;
  /** Names of the session's inputs in the order in which runs bring them; without it the session's own. */
  readonly fed: readonly string[] | undefined;
  readonly external: readonly { readonly path: string; readonly data: SharedArrayBuffer }[];
  /** Where the places of external data begin, for those that the edit moves. */
  readonly externalFolder: string | undefined;
  readonly intraOpThreads: number;
  /** Intra-op threads spin while they wait for work: faster, where nobody else needs their cores. */
  readonly spins: boolean;
  readonly optimize: boolean;
}

/** What ONNX Runtime found, having inferred types and shapes. */
export interface SessionReply {
  readonly inputs: readonly SessionValue[];
  readonly outputs: readonly SessionValue[];
}

export interface SessionValue {
  readonly name: string;
  /** As the binding calls it: a dtype, `string`, or undefined for what is no tensor. */
  readonly type: string | undefined;
  /** A free dimension is null. Empty for rank 0 and also where nothing is known. */
  readonly shape: readonly (number | null)[];
  /** Names of dimensions, null for one without. */
  readonly symbols: readonly (string | null)[];
}

export interface OnnxReplies extends InstanceReplies {
  /** Undefined where it was not asked for, and for ONNX Runtime's own format, of which only a session can say anything. */
  readonly open: ModelSummary | undefined;
  readonly create: SessionReply;
}
