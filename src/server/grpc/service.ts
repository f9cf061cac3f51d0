import type {
  Metadata,
  sendUnaryData,
  Server,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
} from '@grpc/grpc-js';
import type { Writer } from '../../protocol/grpc/writer.js';
import { answerHeaders } from '../answer-headers.js';
import type { ServerContext } from '../context.js';
import { room } from '../http/turn.js';
import { loadFormat } from '../load-report.js';
import { asTorchError } from '../public-error.js';
import type { GrpcCall } from './grpc-call.js';
import { callOf } from './interceptor.js';
import type { Grpc } from '../../protocol/grpc/library.js';
import type { Received } from './read-gate.js';
import type { RpcRow, Stream } from './rpc-row.js';
import { statusOf } from './status.js';

/** What the handlers of one server share. */
export interface Service {
  readonly grpc: Grpc;
  readonly context: ServerContext;
  /** Aborts when the server is about to close its connections. */
  readonly stopping: AbortSignal;
}

type Unary = ServerUnaryCall<Received, Writer>;
type Streaming = ServerDuplexStream<Received, Writer> & Pick<ServerWritableStream<Received, Writer>, 'request'>;

/** Messages stay as they came until their handler reads them: what is wrong with one is then said in our words. */
const asItCame = (message: Buffer): Buffer => message;
const joined = (writer: Writer): Buffer => {
  const pieces = writer.pieces();
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, writer.length);
};

/** Adds a row to a server of the library. */
export function register(server: Server, service: Service, row: RpcRow): void {
  const { path, requestStream, responseStream } = row.rpc;
  const type = requestStream ? 'bidi' : responseStream ? 'serverStream' : 'unary';
  const handler = row.stream ? streamHandler(service, row) : unaryHandler(service, row);
  server.register(path, handler as never, joined, asItCame, type);
}

function unaryHandler({ grpc, context }: Service, { rpc, answer }: RpcRow) {
  return (own: Unary, callback: sendUnaryData<Writer>): void => {
    const grpcCall = callOf(own.metadata);
    const call = grpcCall.only;
    if (!call || !answer) return;
    const metadata = (): Metadata => {
      const made = new grpc.Metadata();
      const format = loadFormat(grpcCall.metadata('endpoint-load-metrics-format'));
      for (const [name, value] of Object.entries(answerHeaders(call, format))) made.set(name, value);
      return made;
    };
    const respond = async (message: Buffer): Promise<Writer> => {
      const wait = room();
      if (wait) await wait;
      const request = rpc.request.decode(message);
      return rpc.response.encode(await call.inSpan(() => answer({ context, call }, request as never)));
    };
    usingBytes(grpcCall, own.request.take(), respond).then(
      (writer) => {
        if (grpcCall.isOver) return;
        own.sendMetadata(metadata());
        callback(null, writer);
      },
      (thrown: unknown) => {
        if (grpcCall.isOver) return;
        callback(statusOf(grpc, call.failed(asTorchError(thrown)), metadata()));
      },
    );
  };
}

/** Holds the bytes of a message in the bound of what was received until something is made of them. */
async function usingBytes<T>(grpcCall: GrpcCall, message: Buffer, use: (message: Buffer) => T): Promise<Awaited<T>> {
  const { length } = message;
  try {
    return await use(message);
  } finally {
    grpcCall.reading.used(length);
  }
}

function streamHandler(service: Service, { rpc, stream }: RpcRow) {
  return (own: Streaming): void => {
    const grpcCall = callOf(own.metadata);
    const { context, stopping } = service;
    const end = (error?: unknown): void => endStream(service, own, grpcCall, error);
    const guarded = (act: () => void): void => {
      try {
        act();
      } catch (error) {
        end(error);
      }
    };
    const streamOf = (request: object | undefined): Stream<never, never> => ({
      context,
      stopping,
      grpc: grpcCall,
      request: request as never,
      onMessage: (callback) => {
        own.on('data', (message: Received) => guarded(() => callback(message.take())));
      },
      onEnd: (callback) => {
        own.on('end', () => guarded(callback));
      },
      send: (message) => send(own, rpc.response.encode(message)),
      end,
    });
    const requestOf = (message: Buffer): object => {
      grpcCall.reading.used(message.length);
      return rpc.request.decode(message);
    };
    guarded(() => stream?.(streamOf(rpc.requestStream ? undefined : requestOf(own.request.take()))));
  };
}

/** Resolves once it is out, or cannot be sent any more. */
function send(own: Streaming, writer: Writer): Promise<void> {
  if (own.destroyed || own.writableEnded) return Promise.resolve();
  return new Promise((resolve) => own.write(writer, () => resolve()));
}

function endStream({ grpc }: Service, own: Streaming, grpcCall: GrpcCall, thrown: unknown): void {
  if (grpcCall.isOver || own.destroyed || own.writableEnded) return;
  if (thrown === undefined) own.end();
  else own.emit('error', statusOf(grpc, asTorchError(thrown)));
}
