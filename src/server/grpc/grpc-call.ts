import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Metadata } from '@grpc/grpc-js';
import { errorTable, torchError, type ErrorCode, type TorchError } from '../../errors.js';
import { httpStatusOf, statusCodes } from '../../protocol/grpc/status.js';
import { ServerCall, type RouteLabel } from '../call.js';
import type { ServerContext } from '../context.js';
import type { SpanDescription, SpanEnd } from '../tracing/description.js';
import { describeRpc, endOfRpc } from '../tracing/rpc.js';
import type { Reading } from './read-gate.js';
import { statusNameOf } from './status.js';

/** What is known of a call when its metadata has arrived. */
export interface Arrival {
  readonly path: RouteLabel;
  readonly metadata: Metadata;
  /** Address of the connection's other end. */
  readonly address: string | undefined;
  /** When the client's time ends; Infinity where it has not said. Milliseconds since the epoch. */
  readonly deadline: number;
}

/** One call of gRPC: of a stream, the whole of it. */
export class GrpcCall {
  /** The caller's own when it is harmless in a header and in a log; a fresh one otherwise. */
  readonly id: string;
  /** Why it is refused, before its message is read. */
  refusal: TorchError | undefined;
  readonly #context: ServerContext;
  readonly #arrival: Arrival;
  readonly #open = new Set<ServerCall>();
  #abort: AbortController | undefined;
  readonly #endings: (() => void)[] = [];
  readonly #isProbe: boolean;
  #isOver = false;

  constructor(
    context: ServerContext,
    arrival: Arrival,
    readonly reading: Reading,
    isProbe = false,
  ) {
    this.#isProbe = isProbe;
    this.#context = context;
    this.#arrival = arrival;
    const [given] = arrival.metadata.get('x-request-id');
    this.id = typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
  }

  /** Of the connection's other end. */
  get address(): string | undefined {
    return this.#arrival.address;
  }

  /** A token, as `Bearer TOKEN`. */
  get authorization(): string | undefined {
    return this.metadata('authorization');
  }

  get traceparent(): string | undefined {
    return this.metadata('traceparent');
  }

  get tracestate(): string | undefined {
    return this.metadata('tracestate');
  }

  header(name: string): string | undefined {
    return this.metadata(name);
  }

  describe(route: RouteLabel, client: string | undefined): SpanDescription {
    return describeRpc(this, route, client);
  }

  endOf(status: number, code: ErrorCode | undefined): SpanEnd {
    return endOfRpc(status, code);
  }

  /** What the client has sent under a name. */
  metadata(name: string): string | undefined {
    const [given] = this.#arrival.metadata.get(name);
    return typeof given === 'string' ? given : undefined;
  }

  /** Aborts when the client has cancelled, has gone, or its time has passed. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      // All requests of a stream listen to it.
      setMaxListeners(0, this.#abort.signal);
      if (this.#isOver) this.#abort.abort(this.#gone());
    }
    return this.#abort.signal;
  }

  /** Begins a request of this call: its only one, or one of a stream's. Its time is the client's, or the server's where that ends before. */
  begin(): ServerCall {
    const { path, deadline } = this.#arrival;
    const call = new ServerCall(this.#context, {
      id: this.id,
      method: 'grpc',
      loggedAddress: this.#context.logsClients ? this.address : undefined,
      caller: this,
      protocol: this,
    });
    call.route = path;
    call.isProbe = this.#isProbe;
    call.limitTo(Math.min(this.#context.requestTimeoutMs, deadline - Date.now()));
    this.#open.add(call);
    return call;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The request of a call that has one. */
  get only(): ServerCall | undefined {
    const [call] = this.#open;
    return call;
  }

  /** Takes an error as the outcome of every request that is open. */
  failed(error: TorchError): void {
    for (const call of this.#open) call.failed(error);
  }

  /** A request was answered. @param status of gRPC */
  answered(call: ServerCall, status: number): void {
    if (!this.#open.delete(call)) return;
    const { code } = call;
    // Of a stream the status is that of the whole; this request has its own.
    if (code) call.end(errorTable[code].status, statusCodes[statusNameOf(code)]);
    else call.end(ownStatusOf(status), status);
  }

  /** Calls back once the call is over, however it ended. */
  onEnd(callback: () => void): void {
    if (this.#isOver) callback();
    else this.#endings.push(callback);
  }

  /** The call is over. @param status that the client has; undefined when it has cancelled or gone */
  end(status?: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const own = status ?? (this.#isLate ? statusCodes.DEADLINE_EXCEEDED : statusCodes.CANCELLED);
    if (own !== statusCodes.OK) this.#abort?.abort(this.#gone());
    for (const call of this.#open) this.answered(call, own);
    this.reading.end();
    for (const callback of this.#endings.splice(0)) callback();
  }

  get #isLate(): boolean {
    return this.#arrival.deadline <= Date.now();
  }

  #gone(): TorchError {
    return this.#isLate
      ? torchError('ERR_TIMEOUT', "The client's deadline passed")
      : torchError('ERR_REQUEST_TIMEOUT', 'The client has cancelled the call');
  }
}

/** Errors that gRPC's library answers itself: the only thing that it finds exhausted is the room for a message. */
function ownStatusOf(status: number): number {
  return status === statusCodes.RESOURCE_EXHAUSTED ? 413 : httpStatusOf(status);
}
