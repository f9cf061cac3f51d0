import { torchError } from '../../errors.js';
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
import { InferenceServerError } from '../errors.js';
import { tokenOf, type ResolvedOptions } from '../options.js';
import { routes, type Attempt, type InferForm, type Target, type Transport } from '../transport.js';
import { jsonOf, notOfProtocol, requireOk } from './answer.js';
import { compressed } from './compress.js';
import type { HttpAnswer, HttpSender } from './exchange.js';
import { encoded, responseOf } from './infer-codec.js';
import { configOf, indexOf, metadataOf, modelsOf, serverMetadataOf, statisticsOf } from './read-json.js';

/** The Open Inference Protocol over HTTP: JSON, and tensors as bytes behind it. Source: `inference_rest.md` of the protocol. */
export class HttpTransport implements Transport {
  readonly #sender: HttpSender;
  readonly #base: string;
  readonly #options: ResolvedOptions;

  constructor(options: ResolvedOptions, sender: HttpSender) {
    this.#sender = sender;
    this.#options = options;
    this.#base = options.url.pathname.replace(/\/+$/, '');
  }

  live(attempt: Attempt): Promise<boolean> {
    return this.#isUp(routes.live, [400, 503], attempt);
  }

  ready(attempt: Attempt): Promise<boolean> {
    return this.#isUp(routes.ready, [400, 503], attempt);
  }

  modelReady(target: Target, attempt: Attempt): Promise<boolean> {
    // A model that is not there is not ready either.
    return this.#isUp(`${routes.model(target)}/ready`, [400, 404, 503], attempt);
  }

  async serverMetadata(attempt: Attempt): Promise<ServerMetadata> {
    return this.#json('GET', routes.server, attempt, serverMetadataOf);
  }

  async modelMetadata(target: Target, attempt: Attempt): Promise<ModelMetadata> {
    return this.#json('GET', routes.model(target), attempt, metadataOf);
  }

  async modelConfig(target: Target, attempt: Attempt): Promise<ModelConfig> {
    return this.#json('GET', `${routes.model(target)}/config`, attempt, configOf);
  }

  async statistics(target: Target | undefined, attempt: Attempt): Promise<readonly ModelStatistics[]> {
    const path = target ? `${routes.model(target)}/stats` : routes.statistics;
    return this.#json('GET', path, attempt, statisticsOf);
  }

  async index(attempt: Attempt): Promise<readonly IndexEntry[]> {
    try {
      return await this.#json('POST', routes.index, attempt, indexOf, {});
    } catch (error) {
      // KServe's own servers have names alone.
      if (!(error instanceof InferenceServerError) || ![404, 405].includes(error.status)) throw error;
      return this.#json('GET', routes.models, attempt, modelsOf).catch(() => {
        throw error;
      });
    }
  }

  async load(name: string, parameters: Parameters, attempt: Attempt): Promise<void> {
    await this.#change(routes.repository(name, 'load'), parameters, attempt);
  }

  async unload(name: string, parameters: Parameters, attempt: Attempt): Promise<void> {
    await this.#change(routes.repository(name, 'unload'), parameters, attempt);
  }

  async infer(target: Target, request: InferRequest, form: InferForm, attempt: Attempt): Promise<InferResponse> {
    const path = `${routes.model(target)}/infer`;
    const { contentType, headerLength, parts } = await encoded(request, form.binary);
    const { compression, timeoutMs } = form;
    const answer = await this.#send('POST', path, attempt, compression ? await compressed(parts, compression) : parts, {
      'content-type': contentType,
      ...(headerLength !== undefined && { 'inference-header-content-length': String(headerLength) }),
      ...(compression && { 'content-encoding': compression, 'accept-encoding': compression }),
      ...(timeoutMs !== undefined && { 'x-request-timeout-ms': String(Math.max(1, Math.ceil(timeoutMs))) }),
    });
    requireOk(answer, `POST ${path}`);
    return responseOf(answer, `POST ${path}`);
  }

  // eslint-disable-next-line require-yield, @typescript-eslint/require-await
  async *stream(): AsyncIterable<InferResponse> {
    throw torchError('ERR_NOT_IMPLEMENTED', 'Expected a client of gRPC (grpc://…) for a stream: HTTP has none');
  }

  close(): void {
    this.#sender.close();
  }

  async #isUp(path: string, down: readonly number[], attempt: Attempt): Promise<boolean> {
    const answer = await this.#send('GET', path, attempt);
    if (down.includes(answer.status)) return false;
    requireOk(answer, `GET ${path}`);
    return true;
  }

  async #json<T>(
    method: 'GET' | 'POST',
    path: string,
    attempt: Attempt,
    read: (body: unknown) => T,
    body?: object,
  ): Promise<T> {
    const operation = `${method} ${path}`;
    const answer = await this.#send(method, path, attempt, body && [jsonBytes(body)], body && json);
    const parsed = jsonOf(answer, operation);
    try {
      return read(parsed);
    } catch (cause) {
      throw notOfProtocol(answer, operation, cause);
    }
  }

  async #change(path: string, parameters: Parameters, attempt: Attempt): Promise<void> {
    const body = Object.keys(parameters).length === 0 ? {} : { parameters };
    requireOk(await this.#send('POST', path, attempt, [jsonBytes(body)], json), `POST ${path}`);
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    { deadline, headers }: Attempt,
    body?: readonly Uint8Array[],
    own: Readonly<Record<string, string>> = {},
  ): Promise<HttpAnswer> {
    const { token } = this.#options;
    const all: Record<string, string> = {
      accept: 'application/json, application/octet-stream',
      ...lowerCase(this.#options.headers),
      ...(token !== undefined && { authorization: `Bearer ${await tokenOf(token, deadline)}` }),
      ...(headers && lowerCase(headers)),
      ...own,
    };
    return this.#sender.send(
      { method, path: `${this.#base}${path}`, headers: all, body, operation: `${method} ${path}` },
      deadline,
    );
  }
}

const json = { 'content-type': 'application/json' };

const encoder = new TextEncoder();
const jsonBytes = (value: object): Uint8Array => encoder.encode(JSON.stringify(value));

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
