import type { CallOptions, Metadata, ServiceError } from '@grpc/grpc-js';
import { expected, isErrorCode } from '../../errors.js';
import { wireRequest } from '../../protocol/grpc/infer-codec.js';
import type { WireInferResponse } from '../../protocol/grpc/infer-messages.js';
import { rpcs, type Rpc } from '../../protocol/grpc/rpcs.js';
import type {
  IndexEntry,
  InferRequest,
  InferResponse,
  ModelConfig,
  ModelMetadata,
  ModelStatistics,
  Parameters,
  ServerMetadata,
} from '../../protocol/messages.js';
import { errorCodeParameter } from '../../protocol/grpc/status.js';
import type { Deadline } from '../deadline.js';
import { InferenceServerError, InferenceTimeoutError } from '../errors.js';
import { tokenOf, type ResolvedOptions } from '../options.js';
import type { Attempt, InferForm, Target, Transport } from '../transport.js';
import { Channels } from './channel.js';
import { errorOf } from './grpc-errors.js';
import { loadGrpc, type Grpc } from '../../protocol/grpc/library.js';
import { configOf, indexEntryOf, readResponse, readStreamed, repositoryParameters } from './messages.js';
import { streamOf } from './stream.js';

/** @throws ERR_GRPC_NOT_FOUND */
export async function openGrpc(options: ResolvedOptions): Promise<Transport> {
  return new GrpcTransport(await loadGrpc('a client of gRPC', ", or use the server's HTTP port"), options);
}

/** The Open Inference Protocol over gRPC. Source: the protocol's `open_inference_grpc.proto`. */
class GrpcTransport implements Transport {
  readonly #grpc: Grpc;
  readonly #options: ResolvedOptions;
  readonly #channels: Channels;

  constructor(grpc: Grpc, options: ResolvedOptions) {
    this.#grpc = grpc;
    this.#options = options;
    this.#channels = new Channels(grpc, options);
  }

  async live(attempt: Attempt): Promise<boolean> {
    return (await this.#call(rpcs.serverLive, {}, attempt)).live;
  }

  async ready(attempt: Attempt): Promise<boolean> {
    return (await this.#call(rpcs.serverReady, {}, attempt)).ready;
  }

  async modelReady(target: Target, attempt: Attempt): Promise<boolean> {
    try {
      return (await this.#call(rpcs.modelReady, addressed(target), attempt)).ready;
    } catch (error) {
      // A model that is not there is not ready either.
      if (error instanceof InferenceServerError && [400, 404, 503].includes(error.status)) return false;
      throw error;
    }
  }

  serverMetadata(attempt: Attempt): Promise<ServerMetadata> {
    return this.#call(rpcs.serverMetadata, {}, attempt);
  }

  modelMetadata(target: Target, attempt: Attempt): Promise<ModelMetadata> {
    return this.#call(rpcs.modelMetadata, addressed(target), attempt);
  }

  async modelConfig(target: Target, attempt: Attempt): Promise<ModelConfig> {
    return configOf((await this.#call(rpcs.modelConfig, addressed(target), attempt)).config);
  }

  async statistics(target: Target | undefined, attempt: Attempt): Promise<readonly ModelStatistics[]> {
    const { model_stats } = await this.#call(rpcs.modelStatistics, addressed(target), attempt);
    return model_stats.map((statistics) => ({ ...statistics, response_stats: {} }));
  }

  async index(attempt: Attempt): Promise<readonly IndexEntry[]> {
    const { models } = await this.#call(rpcs.repositoryIndex, { repository_name: '', ready: false }, attempt);
    return models.map(indexEntryOf);
  }

  async load(name: string, parameters: Parameters, attempt: Attempt): Promise<void> {
    await this.#call(rpcs.repositoryModelLoad, change(name, parameters), attempt);
  }

  async unload(name: string, parameters: Parameters, attempt: Attempt): Promise<void> {
    await this.#call(rpcs.repositoryModelUnload, change(name, parameters), attempt);
  }

  async infer(target: Target, request: InferRequest, form: InferForm, attempt: Attempt): Promise<InferResponse> {
    if (!form.binary) throw expected('no binary: false', 'a client of gRPC', 'it');
    const message = wireRequest({ model: target.name, version: target.version }, request);
    const answer = await this.#call(rpcs.modelInfer, message, attempt, form.compression);
    return readResponse(answer, rpcs.modelInfer.path);
  }

  async *stream(
    target: Target,
    requests: AsyncGenerator<InferRequest>,
    attempt: Attempt,
  ): AsyncGenerator<InferResponse> {
    const { deadline } = attempt;
    const operation = rpcs.modelStreamInfer.path;
    const metadata = await this.#metadata(attempt);
    const write = (request: InferRequest) => wireRequest({ model: target.name, version: target.version }, request);
    const line = this.#channels.open(undefined);
    try {
      const call = line.client.makeBidiStreamRequest(
        operation,
        serializer(rpcs.modelStreamInfer),
        readStreamed,
        metadata,
      );
      const answers = streamOf(call, requests, write, deadline, operation);
      for await (const { error_message: error, infer_response } of answers) {
        line.heard();
        if (error !== '') throw streamError(error, infer_response, operation);
        if (infer_response) yield readResponse(infer_response, operation);
      }
    } catch (error) {
      if (error instanceof InferenceTimeoutError) line.timedOut();
      throw error;
    } finally {
      line.end();
    }
  }

  close(): void {
    this.#channels.close();
  }

  async #call<Request extends object, Response extends object>(
    rpc: Rpc<Request, Response>,
    request: Request,
    attempt: Attempt,
    compression?: InferForm['compression'],
  ): Promise<Response> {
    const { deadline } = attempt;
    const metadata = await this.#metadata(attempt);
    return deadline.wait((resolve, reject) => {
      const line = this.#channels.open(compression);
      let isStopped = false;
      const call = line.client.makeUnaryRequest<Request, Response>(
        rpc.path,
        serializer(rpc),
        deserializer(rpc),
        request,
        metadata,
        optionsOf(deadline),
        (error: ServiceError | null, answer?: Response) => {
          const failure = error ? errorOf(error, rpc.path, deadline) : undefined;
          if (failure instanceof InferenceTimeoutError) line.timedOut();
          else if (!isStopped && (!failure || failure instanceof InferenceServerError)) line.heard();
          line.end();
          if (failure) reject(failure);
          else resolve(answer as Response);
        },
      );
      call.on('metadata', () => line.heard());
      return (reason) => {
        isStopped = true;
        if (reason instanceof InferenceTimeoutError) line.timedOut();
        call.cancel();
      };
    });
  }

  async #metadata({ deadline, headers }: Attempt): Promise<Metadata> {
    const { token, headers: own } = this.#options;
    const metadata = new this.#grpc.Metadata();
    for (const [name, value] of Object.entries({ ...own, ...headers })) metadata.set(name, value);
    if (token !== undefined) metadata.set('authorization', `Bearer ${await tokenOf(token, deadline)}`);
    return metadata;
  }
}

function optionsOf({ remainingMs }: Deadline): CallOptions {
  return remainingMs < Infinity ? { deadline: Date.now() + remainingMs } : {};
}

const addressed = (target: Target | undefined) => ({ name: target?.name ?? '', version: target?.version ?? '' });

const change = (name: string, parameters: Parameters) => ({
  repository_name: '',
  model_name: name,
  parameters: repositoryParameters(parameters),
});

const serializer =
  <Request extends object>({ request }: Pick<Rpc<Request>, 'request'>) =>
  (value: Request): Buffer =>
    Buffer.concat(request.encode(value).pieces());

const deserializer =
  <Response extends object>({ response }: Pick<Rpc<object, Response>, 'response'>) =>
  (bytes: Buffer): Response =>
    response.decode(bytes);

/** Servers of others do not tell the code. */
function streamError(message: string, answer: WireInferResponse | undefined, operation: string): InferenceServerError {
  const code = answer?.parameters[errorCodeParameter]?.string_param;
  const text = `${operation} was answered with an error: ${message}`;
  return new InferenceServerError(isErrorCode(code) ? code : 'ERR_BAD_REQUEST', text, {
    operation,
    serverMessage: message,
  });
}
