import { milliseconds, text } from '../check.js';
import { expected } from '../errors.js';
import type { IndexEntry, ModelStatistics, Parameters, ServerMetadata } from '../protocol/messages.js';
import { InferenceConnectionError, InferenceServerError, InferenceTimeoutError } from './errors.js';
import { checkParameters } from './infer-options.js';
import { ModelClient } from './model-client.js';
import { checkCall, resolveOptions, type CallOptions, type ClientOptions } from './options.js';
import { Session } from './session.js';
import { routes } from './transport.js';
import type { AnyServed, ServedMethods } from './types.js';

export interface LoadOptions extends CallOptions {
  /** What the server is to be told, e.g. Triton's `config`. Default: nothing. */
  readonly parameters?: Parameters;
}

export interface WaitOptions extends CallOptions {
  /** A model that must be ready as well. Default: the server alone. */
  readonly model?: string;
  readonly version?: string;
  /** Between two questions, in milliseconds. Default 250. */
  readonly intervalMs?: number;
}

/**
 * A client of inference servers that speak the Open Inference Protocol v2: that of this package, Triton, KServe, MLServer and
 * others. It loads neither LibTorch nor a server. A client may be shared by a whole program: it keeps its connections, and
 * sends any number of calls at once.
 *
 * @example
 * const client = new InferenceClient('http://127.0.0.1:8000');
 * const digits = client.model('mnist-mlp');
 * const { outputs } = await digits.infer({ input: pixels });
 */
export class InferenceClient {
  readonly #session: Session;

  /**
   * @param address `http://` or `https://`, with the path in front of `/v2` if there is one; `grpc://` or `grpcs://`
   * @throws ERR_INVALID_ARGUMENT
   */
  constructor(address: string | URL, options: ClientOptions = {}) {
    this.#session = new Session(resolveOptions(address, options));
  }

  /** How it talks to the server. */
  get protocol(): 'http' | 'grpc' {
    return this.#session.options.protocol;
  }

  /** Whether the server runs. @throws InferenceConnectionError where none is there, as all calls do */
  isLive(options: CallOptions = {}): Promise<boolean> {
    checkCall('isLive', options);
    return this.#session.ask(`GET ${routes.live}`, options, (transport, attempt) => transport.live(attempt));
  }

  /** Whether the server takes inferences. */
  isReady(options: CallOptions = {}): Promise<boolean> {
    checkCall('isReady', options);
    return this.#session.ask(`GET ${routes.ready}`, options, (transport, attempt) => transport.ready(attempt));
  }

  /**
   * Waits until the server, or one model of it, is ready. A server that cannot be reached yet is waited for, also behind a gateway.
   * @throws ERR_INVALID_ARGUMENT; ERR_TIMEOUT, whose `cause` is why it could not be reached; the signal's reason
   */
  async waitUntilReady(options: WaitOptions = {}): Promise<void> {
    checkCall('waitUntilReady', options, ['model', 'version', 'intervalMs']);
    const { model, version, intervalMs = 250, ...call } = options;
    if (model !== undefined) text('model', model);
    if (version !== undefined) text('version', version);
    if (version !== undefined && model === undefined)
      throw expected('a model with the version', 'waitUntilReady', model);
    milliseconds('intervalMs', intervalMs);
    const session = this.#session;
    const path = model === undefined ? routes.ready : `${routes.model({ name: model, version })}/ready`;
    let last: unknown;
    const waiting = session.within(`GET ${path}`, call, async ({ deadline, run }) => {
      for (;;) {
        const isReady = await run((transport, attempt) =>
          model === undefined ? transport.ready(attempt) : transport.modelReady({ name: model, version }, attempt),
        ).catch((error: unknown) => {
          if (!isAway(error)) throw error;
          last = error;
          return false;
        });
        if (isReady) return;
        await deadline.sleep(intervalMs);
      }
    });
    await waiting.catch((error: unknown) => {
      if (last !== undefined && error instanceof InferenceTimeoutError)
        Object.defineProperty(error, 'cause', { value: last, configurable: true, writable: true });
      throw error;
    });
  }

  /** Name, version and extensions of the server. */
  metadata(options: CallOptions = {}): Promise<ServerMetadata> {
    checkCall('metadata', options);
    return this.#session.ask(`GET ${routes.server}`, options, (transport, attempt) =>
      transport.serverMetadata(attempt),
    );
  }

  /** Every model that the server knows, with its state. Servers that have names alone give no versions, and `UNKNOWN`. */
  models(options: CallOptions = {}): Promise<readonly IndexEntry[]> {
    checkCall('models', options);
    return this.#session.ask(`POST ${routes.index}`, options, (transport, attempt) => transport.index(attempt));
  }

  /** Statistics of all models, since each was loaded. */
  statistics(options: CallOptions = {}): Promise<readonly ModelStatistics[]> {
    checkCall('statistics', options);
    return this.#session.ask(`GET ${routes.statistics}`, options, (transport, attempt) =>
      transport.statistics(undefined, attempt),
    );
  }

  /**
   * A model of the server; nothing is asked yet. With the types that `node-libtorch types` writes its inputs and outputs are
   * typed: `client.model<Methods>('digits')`.
   * @param version default: the server's default version
   * @throws ERR_INVALID_ARGUMENT
   */
  model<M extends ServedMethods = AnyServed>(name: string, version?: string): ModelClient<M> {
    text('the name of a model', name);
    if (version !== undefined) text('the version of a model', version);
    return new ModelClient<M>(this.#session, { name, version });
  }

  /** Has the server load a model, or load it again. It is sent once: a load is not repeated blindly. */
  async load(name: string, options: LoadOptions = {}): Promise<void> {
    await this.#change('load', name, options);
  }

  /** Has the server take a model down. */
  async unload(name: string, options: LoadOptions = {}): Promise<void> {
    await this.#change('unload', name, options);
  }

  /** Closes its connections. Calls that run, and later ones, end with ERR_DISPOSED. */
  close(): void {
    this.#session.close();
  }

  async #change(action: 'load' | 'unload', name: string, options: LoadOptions): Promise<void> {
    text('the name of a model', name);
    checkCall(action, options, ['parameters']);
    const { parameters = {}, ...call } = options;
    checkParameters(parameters);
    await this.#session.within(`POST ${routes.repository(name, action)}`, call, ({ run }) =>
      run((transport, attempt) => transport[action](name, parameters, attempt), false),
    );
  }
}

/** Whether nobody answers yet: neither a server nor, for it, a gateway (502, 503, 504; UNAVAILABLE of gRPC). */
function isAway(error: unknown): boolean {
  if (error instanceof InferenceServerError) return [502, 503, 504].includes(error.status);
  return error instanceof InferenceConnectionError;
}
