import { torchError, type TorchError } from '../errors.js';
import type { ModelMetadata } from '../protocol/messages.js';
import { Deadline } from './deadline.js';
import {
  InferenceConnectionError,
  InferenceProtocolError,
  InferenceServerError,
  InferenceTimeoutError,
} from './errors.js';
import { KnownModels } from './known-models.js';
import type { CallOptions, ResolvedOptions } from './options.js';
import { withRetries } from './retry.js';
import { routes, type Attempt, type Target, type Transport } from './transport.js';

/** Triton's name of the extension that has tensors as bytes behind the JSON. */
const binaryExtension = 'binary_tensor_data';

/** Refusals ask of a model again so often at most, however many there are. */
const doubtMs = 1000;
const maxDoubted = 1000;

const keyOf = ({ name, version }: Target): string => JSON.stringify([name, version]);

/** Tries of a call, all within its time. */
export interface Tries {
  readonly deadline: Deadline;
  readonly run: <T>(send: (transport: Transport, attempt: Attempt) => Promise<T>, idempotent?: boolean) => Promise<T>;
}

/** What a client and the models of it share: the transport, and what is known of the server. */
export class Session {
  readonly options: ResolvedOptions;
  readonly #models = new KnownModels();
  /** What `#askBinary` gave, or gives. */
  #binary: Promise<boolean | undefined> | undefined;
  #transport: Promise<Transport> | undefined;
  #isClosed = false;
  /** Of the calls that run. */
  readonly #open = new Set<Deadline>();
  /** When a refusal last made us ask of a model again. */
  readonly #doubted = new Map<string, number>();

  constructor(options: ResolvedOptions) {
    this.options = options;
  }

  /** Begins a call, whose deadline somebody must close. */
  async begin(operation: string, { timeoutMs = this.options.timeoutMs, signal, headers }: CallOptions): Promise<Tries> {
    const { retries } = this.options;
    const transport = await this.transport();
    if (this.#isClosed) throw closed();
    const deadline = new Deadline(operation, timeoutMs, signal);
    this.#open.add(deadline);
    deadline.onClose = () => this.#open.delete(deadline);
    return {
      deadline,
      run: (send, idempotent = true) =>
        withRetries({ retries, idempotent }, deadline, () => send(transport, { deadline, headers })),
    };
  }

  /** Runs a call within its time. */
  async within<T>(operation: string, options: CallOptions, work: (tries: Tries) => Promise<T>): Promise<T> {
    const tries = await this.begin(operation, options);
    try {
      return await work(tries);
    } finally {
      tries.deadline.close();
    }
  }

  /** A call of one question, which may be asked twice. */
  ask<T>(
    operation: string,
    options: CallOptions,
    send: (transport: Transport, attempt: Attempt) => Promise<T>,
  ): Promise<T> {
    return this.within(operation, options, ({ run }) => run(send));
  }

  /**
   * What the server says of a model; asked once. Nobody's abort ends the question for others who wait for it.
   * @param fresh asks again
   */
  async metadataOf(
    target: Target,
    { deadline }: Tries,
    headers: CallOptions['headers'],
    fresh = false,
  ): Promise<ModelMetadata> {
    const key = keyOf(target);
    if (fresh) this.#models.forget(key);
    const asked = this.#models.get(key, () =>
      this.ask(`GET ${routes.model(target)}`, { headers }, (transport, attempt) =>
        transport.modelMetadata(target, attempt),
      ),
    );
    return deadline.until(asked);
  }

  /** Whether a refusal is worth a new question of the model: the first one is, and one for each while after it. */
  mayDoubt(target: Target): boolean {
    const key = keyOf(target);
    const now = performance.now();
    const last = this.#doubted.get(key);
    if (last !== undefined && now - last < doubtMs) return false;
    if (this.#doubted.size >= maxDoubted) this.#doubted.clear();
    this.#doubted.set(key, now);
    return true;
  }

  /** Whether the server takes bytes behind the JSON; asked until it has said so. Over gRPC every one does. */
  async takesBinary({ deadline }: Tries, headers: CallOptions['headers'], fresh = false): Promise<boolean> {
    if (this.options.protocol === 'grpc') return true;
    if (fresh) this.#binary = undefined;
    const asked = (this.#binary ??= this.#askBinary(headers));
    const forget = (): void => {
      if (this.#binary === asked) this.#binary = undefined;
    };
    asked.then((takes) => takes ?? forget(), forget);
    // JSON is what every server takes.
    return (await deadline.until(asked)) ?? false;
  }

  /** Undefined where the server could not say it now, and may another time. */
  async #askBinary(headers: CallOptions['headers']): Promise<boolean | undefined> {
    try {
      const { extensions } = await this.ask(`GET ${routes.server}`, { headers }, (transport, attempt) =>
        transport.serverMetadata(attempt),
      );
      return extensions.includes(binaryExtension);
    } catch (error) {
      // Nothing was learnt of the server.
      if (error instanceof InferenceConnectionError || error instanceof InferenceTimeoutError) throw error;
      return saysNothing(error) ? false : undefined;
    }
  }

  /** @throws ERR_DISPOSED after `close` */
  async transport(): Promise<Transport> {
    if (this.#isClosed) throw closed();
    return (this.#transport ??= openTransport(this.options));
  }

  close(): void {
    this.#isClosed = true;
    for (const deadline of this.#open) deadline.end(closed());
    void this.#transport?.then(
      (transport) => transport.close(),
      () => undefined,
    );
  }
}

/** Refusals of a moment: no token yet, too late, too early, too much. */
const mayPass: ReadonlySet<number> = new Set([401, 408, 425, 429]);

/** Whether a server has answered for good that it says nothing of itself. */
function saysNothing(error: unknown): boolean {
  if (error instanceof InferenceServerError) {
    const { status } = error;
    return status === 501 || (status >= 400 && status < 500 && !mayPass.has(status));
  }
  // Something else than its metadata, with a good status. A redirection may be that of a login.
  return error instanceof InferenceProtocolError && !(error.status >= 300 && error.status < 400);
}

function closed(): TorchError {
  return torchError('ERR_DISPOSED', 'Expected an open client but it was closed');
}

/** Each way is loaded when it is used: neither Node's HTTP nor gRPC where the other is meant. */
async function openTransport(options: ResolvedOptions): Promise<Transport> {
  if (options.protocol === 'grpc') {
    const { openGrpc } = await import('./grpc/grpc-transport.js');
    return openGrpc(options);
  }
  const [{ HttpTransport }, sender] = await Promise.all([import('./http/http-transport.js'), openSender(options)]);
  return new HttpTransport(options, sender);
}

async function openSender(options: ResolvedOptions) {
  if (options.fetch) {
    const { FetchHttp } = await import('./http/fetch-http.js');
    return new FetchHttp(options, options.fetch);
  }
  const { NodeHttp } = await import('./http/node-http.js');
  return new NodeHttp(options);
}
