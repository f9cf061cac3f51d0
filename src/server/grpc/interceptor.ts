import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Metadata, ServerInterceptor } from '@grpc/grpc-js';
import { torchError } from '../../errors.js';
import type { RouteLabel } from '../call.js';
import type { Arrival, GrpcCall } from './grpc-call.js';
import type { Grpc } from '../../protocol/grpc/library.js';
import { Received } from './read-gate.js';
import { statusOf } from './status.js';

/** A message is out after so many times of `receiveTimeoutMs`, or its client takes next to nothing of it. */
const mostLooks = 20;

/** What the rest of the server does with the calls that come in. */
export interface Reception {
  /** A message has so many milliseconds to arrive, and a client as many to take one. */
  readonly receiveTimeoutMs: number;
  /** Takes a call whose metadata has arrived. */
  take(arrival: Arrival): GrpcCall;
}

const calls = new WeakMap<Metadata, GrpcCall>();

/** The call that a handler was called for, by its metadata. */
export function callOf(metadata: Metadata): GrpcCall {
  return calls.get(metadata) as GrpcCall;
}

/**
 * Stands between the library and the handlers: a call is begun, and refused, before its message is read; no more is read than
 * there is room for; and however it ends, its end is known.
 */
export function interceptorOf(grpc: Grpc, reception: Reception): ServerInterceptor {
  class Intercepted extends grpc.ServerInterceptingCall {
    call: GrpcCall | undefined;
    /** The library's own call. */
    below: object | undefined;
    onPart: (() => void) | undefined;

    #isCounted = false;
    #sending: NodeJS.Timeout | undefined;

    override startRead(): void {
      if (!this.#isCounted && this.call) this.#count(this.call);
      const read = (): void => super.startRead();
      if (this.call) this.call.reading.enter(read);
      else read();
    }

    /**
     * What a client does not take is kept, and its call with it: not for longer than a message may take to arrive, while nothing
     * moves on its connection. Calls share one, so that it moves does not say that this one does.
     */
    override sendMessage(message: unknown, callback: () => void): void {
      this.#expectTaken(mostLooks, sentOver(this.below));
      super.sendMessage(message, () => {
        clearTimeout(this.#sending);
        callback();
      });
    }

    /** Its stream is closed: no message is on its way. */
    closed(): void {
      clearTimeout(this.#sending);
    }

    #expectTaken(looks: number, before: number | undefined): void {
      clearTimeout(this.#sending);
      const look = (): void => {
        const sent = sentOver(this.below);
        if (looks > 1 && sent !== before) this.#expectTaken(looks - 1, sent);
        else this.#notTaken();
      };
      this.#sending = setTimeout(look, reception.receiveTimeoutMs).unref();
    }

    #notTaken(): void {
      this.call?.failed(torchError('ERR_REQUEST_TIMEOUT', 'Expected the client to take the whole answer in time'));
      streamOf(this.below)?.close?.(constants.NGHTTP2_CANCEL);
      this.call?.end();
    }

    /** What has come counts before the message is whole: the library keeps it. */
    #count({ reading }: GrpcCall): void {
      this.#isCounted = true;
      const stream = streamOf(this.below);
      stream?.on?.('data', (chunk: Buffer) => {
        this.onPart?.();
        reading.arrived(chunk.length, stream as ServerHttp2Stream);
      });
    }
  }

  return ({ path, requestStream }, next) => {
    let timer: NodeJS.Timeout | undefined;
    const end = (status?: number): void => {
      clearTimeout(timer);
      own.call?.end(status);
    };
    const tooLate = (): void => {
      const error = torchError('ERR_REQUEST_TIMEOUT', 'Expected the whole message to arrive in time');
      own.call?.failed(error);
      own.sendStatus(statusOf(grpc, error));
    };
    const own: Intercepted = new Intercepted(next, {
      start: (start) => {
        start({
          onReceiveMetadata(metadata, forward) {
            const { remoteAddress } = next.getConnectionInfo();
            const call = reception.take({
              path: path as RouteLabel,
              metadata,
              address: remoteAddress,
              deadline: Number(next.getDeadline()),
            });
            own.call = call;
            calls.set(metadata, call);
            if (call.refusal) {
              own.sendStatus(statusOf(grpc, call.refusal));
              return;
            }
            if (!requestStream) timer = setTimeout(tooLate, reception.receiveTimeoutMs);
            forward(metadata);
          },
          onReceiveMessage(message: Buffer, forward) {
            // Of a call of one message the end must come as well, before anything is made of it.
            if (requestStream) {
              clearTimeout(timer);
              timer = undefined;
            }
            own.call?.reading.received(message.length);
            forgetParts(next);
            forward(new Received(message));
          },
          onReceiveHalfClose(forward) {
            clearTimeout(timer);
            forward();
          },
          // Also where the library has ended the call itself: for a message that is too large, or a deadline.
          onCancel() {
            own.closed();
            end(sentStatus(next));
          },
        });
      },
      sendMetadata(metadata, forward) {
        if (own.call) metadata.set('x-request-id', own.call.id);
        forward(metadata);
      },
      sendStatus(status, forward) {
        const trailers = status.metadata ?? new grpc.Metadata();
        if (own.call) trailers.set('x-request-id', own.call.id);
        forward(Object.assign({}, status, { metadata: trailers }));
        end(status.code);
      },
    });
    own.below = next;
    // A stream may be silent between two messages, not within one.
    if (requestStream) own.onPart = () => (timer ??= setTimeout(tooLate, reception.receiveTimeoutMs));
    return own;
  };
}

/** The status that went out below the interceptors; undefined where the client has cancelled or gone. */
function sentStatus(call: object): number | undefined {
  const stream = streamOf(call);
  const sent = stream?.sentTrailers?.['grpc-status'] ?? stream?.sentHeaders?.['grpc-status'];
  return sent === undefined ? undefined : Number(sent);
}

/** The library's decoder keeps what its last message was made of for as long as the call, or until another one comes. */
function forgetParts(call: object): void {
  const decoder = Reflect.get(call, 'decoder') as Partial<Record<string, unknown>> | undefined;
  const isBetween = decoder?.['readState'] === 0;
  if (!isBetween) return;
  decoder['readPartialMessage'] = [];
  decoder['readCompressFlag'] = Buffer.alloc(1);
}

/** Bytes that have left over the connection of a call. */
function sentOver(call: object | undefined): number | undefined {
  return streamOf(call)?.session?.socket?.bytesWritten;
}

function streamOf(call: object | undefined): Partial<ServerHttp2Stream> | undefined {
  return call && (Reflect.get(call, 'stream') as Partial<ServerHttp2Stream> | undefined);
}
