import type { Rpc } from '../../protocol/grpc/rpcs.js';
import type { ServerCall } from '../call.js';
import type { ServerContext } from '../context.js';
import type { Scope } from '../security/scope.js';
import type { GrpcCall } from './grpc-call.js';

/** What the handler of a call of one message gets beside it. */
export interface Asked {
  readonly context: ServerContext;
  readonly call: ServerCall;
}

/** The two ends of a stream, or its only one. */
export interface Stream<Request extends object, Response extends object> {
  readonly context: ServerContext;
  readonly grpc: GrpcCall;
  /** Aborts when the server is about to close its connections: nothing new is begun. */
  readonly stopping: AbortSignal;
  /** Of a call whose request is one message. */
  readonly request: Request | undefined;
  /** Calls back with each message, whose bytes are views. What is thrown ends the stream. */
  onMessage(callback: (message: Buffer) => void): void;
  /** The client sends no more. */
  onEnd(callback: () => void): void;
  /** Resolves once it went out, or the client has gone. */
  send(message: Response): Promise<void>;
  end(error?: unknown): void;
}

/** One row of the table of remote procedures. Everything that the server knows about one is here. */
export interface RpcRow {
  readonly rpc: Rpc;
  /** Where it is answered; elsewhere it is UNIMPLEMENTED. */
  readonly listeners: readonly ('inference' | 'admin')[];
  /** A change of models: on the port of inference too where the setting repositoryOnInference says so. */
  readonly isRepository?: true;
  /** It asks how the server is: it has no span. */
  readonly isProbe?: true;
  /** What a caller's token must be for. */
  readonly scope: Scope;
  /** Asked for before the message is read: ERR_NOT_READY, ERR_DRAINING. */
  readonly needsModels?: true;
  readonly answer?: (asked: Asked, request: never) => object | Promise<object>;
  readonly stream?: (stream: Stream<never, never>) => void;
}

/** A row of one request and one answer. */
export function unary<Request extends object, Response extends object>(
  rpc: Rpc<Request, Response>,
  row: Omit<RpcRow, 'rpc' | 'answer' | 'stream'>,
  answer: (asked: Asked, request: Request) => Response | Promise<Response>,
): RpcRow {
  return { ...row, rpc, answer };
}

/** A row whose answers, and perhaps requests, are streams. */
export function streaming<Request extends object, Response extends object>(
  rpc: Rpc<Request, Response>,
  row: Omit<RpcRow, 'rpc' | 'answer' | 'stream'>,
  stream: (stream: Stream<Request, Response>) => void,
): RpcRow {
  return { ...row, rpc, stream };
}
