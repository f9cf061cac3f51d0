import * as library from '@grpc/grpc-js';
import { responseOf, wireRequest } from '#dist/protocol/grpc/infer-codec.js';
import type { WireStreamResponse } from '#dist/protocol/grpc/infer-messages.js';
import { rpcs, type Rpc } from '#dist/protocol/grpc/rpcs.js';
import type { InferRequest, InferResponse } from '#dist/protocol/messages.js';

export { library as grpc };

export interface CallOptions {
  readonly deadlineMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Aborting it cancels the call. */
  readonly signal?: AbortSignal;
  /** Called with the metadata before the answer. */
  readonly onMetadata?: (metadata: library.Metadata) => void;
}

const same = (bytes: Buffer): Buffer => bytes;

/** A client of the library, with our messages. */
export class GrpcClient {
  readonly raw: library.Client;

  constructor(port: number | undefined, credentials = library.credentials.createInsecure(), options: object = {}) {
    this.raw = new library.Client(`127.0.0.1:${port}`, credentials, {
      'grpc.max_receive_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
  }

  close(): void {
    this.raw.close();
  }

  /** Sends bytes as they are. */
  bytes(path: string, message: Buffer, options: CallOptions = {}): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const call = this.raw.makeUnaryRequest(
        path,
        same,
        same,
        message,
        metadataOf(options),
        deadlineOf(options),
        (error, answer) => {
          if (error) reject(error);
          else resolve(answer as Buffer);
        },
      );
      if (options.onMetadata) call.on('metadata', options.onMetadata);
      options.signal?.addEventListener('abort', () => call.cancel());
    });
  }

  async call<Q extends object, A extends object>(rpc: Rpc<Q, A>, message: Q, options?: CallOptions): Promise<A> {
    return rpc.response.decode(
      await this.bytes(rpc.path, Buffer.concat(rpc.request.encode(message).pieces()), options),
    );
  }

  async infer(model: string, request: InferRequest, options?: CallOptions): Promise<InferResponse> {
    const target = { model, version: undefined };
    return responseOf(await this.call(rpcs.modelInfer, wireRequest(target, request), options));
  }

  stream(options: CallOptions = {}): InferStream {
    return new InferStream(
      this.raw.makeBidiStreamRequest(rpcs.modelStreamInfer.path, same, same, metadataOf(options), deadlineOf(options)),
    );
  }
}

/** `ModelStreamInfer`, as a client sees it. */
export class InferStream {
  readonly answers: WireStreamResponse[] = [];
  /** The status it ended with. */
  readonly ended: Promise<library.StatusObject>;

  constructor(readonly call: library.ClientDuplexStream<Buffer, Buffer>) {
    call.on('data', (bytes: Buffer) => this.answers.push(rpcs.modelStreamInfer.response.decode(bytes)));
    call.on('error', () => undefined);
    this.ended = new Promise((resolve) => call.once('status', resolve));
  }

  send(model: string, request: InferRequest): void {
    const wire = wireRequest({ model, version: undefined }, request);
    this.call.write(Buffer.concat(rpcs.modelStreamInfer.request.encode(wire).pieces()));
  }
}

function metadataOf({ metadata = {} }: CallOptions): library.Metadata {
  const made = new library.Metadata();
  for (const [name, value] of Object.entries(metadata)) made.set(name, value);
  return made;
}

const deadlineOf = ({ deadlineMs }: CallOptions): object =>
  deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
