import { object } from '../check.js';
import type { InferResponse, ModelConfig, ModelMetadata, ModelStatistics, NamedTensor } from '../protocol/messages.js';
import { Tensor } from '../tensor/tensor.js';
import { InferenceServerError } from './errors.js';
import { checkInferOptions, requestOf, type InferOptions } from './infer-options.js';
import { checkCall, type CallOptions } from './options.js';
import { isSamePlan, planOf, type Plan } from './plan.js';
import { InferResult } from './result.js';
import type { Session, Tries } from './session.js';
import { streamOf, type StreamRequest } from './stream.js';
import { routes, type InferForm, type Target } from './transport.js';
import type { AnyServed, InputsOf, OutputsOf, ServedMethods } from './types.js';

type AnyInputs = AnyServed['forward']['inputs'];

/** Statuses by which a server says that it does not take what was sent: perhaps the model is another one by now. */
const refusals = [400, 404, 415, 422];

/** One model of a server. `InferenceClient.model` makes it. */
export class ModelClient<M extends ServedMethods = AnyServed> {
  readonly name: string;
  /** Undefined for the server's default version. */
  readonly version: string | undefined;
  readonly #session: Session;
  readonly #target: Target;
  readonly #path: string;

  /** @internal */
  constructor(session: Session, target: Target) {
    this.name = target.name;
    this.version = target.version;
    this.#session = session;
    this.#target = target;
    this.#path = routes.model(target);
  }

  /** Whether the model takes inferences; false for one that the server does not know. */
  isReady(options: CallOptions = {}): Promise<boolean> {
    checkCall('isReady', options);
    return this.#session.ask(`GET ${this.#path}/ready`, options, (transport, attempt) =>
      transport.modelReady(this.#target, attempt),
    );
  }

  /** Names, datatypes and shapes of inputs and outputs, as the server has them now. */
  metadata(options: CallOptions = {}): Promise<ModelMetadata> {
    checkCall('metadata', options);
    return this.#session.ask(`GET ${this.#path}`, options, (transport, attempt) =>
      transport.modelMetadata(this.#target, attempt),
    );
  }

  /** The model's configuration, in Triton's form. */
  config(options: CallOptions = {}): Promise<ModelConfig> {
    checkCall('config', options);
    return this.#session.ask(`GET ${this.#path}/config`, options, (transport, attempt) =>
      transport.modelConfig(this.#target, attempt),
    );
  }

  /** Counts and times, for each version that the name stands for. */
  statistics(options: CallOptions = {}): Promise<readonly ModelStatistics[]> {
    checkCall('statistics', options);
    return this.#session.ask(`GET ${this.#path}/stats`, options, (transport, attempt) =>
      transport.statistics(this.#target, attempt),
    );
  }

  /**
   * Runs the model. Inputs are tensors, nested arrays, typed arrays or strings, by name; what is no tensor becomes what the
   * model's metadata says, which is asked once. Tensors are read until the promise settles: change them after that.
   * @throws InputError before anything is sent, for inputs that cannot become what the model takes; InferenceServerError for
   * what the server refuses; InferenceConnectionError, InferenceProtocolError, InferenceTimeoutError; the signal's reason
   */
  async infer(inputs: InputsOf<M>, options: InferOptions = {}): Promise<InferResult<OutputsOf<M>>> {
    object('the inputs of infer', inputs);
    checkInferOptions(options);
    const operation = `POST ${this.#path}/infer`;
    const response = await this.#session.within(operation, options, (tries) =>
      this.#infer(inputs as AnyInputs, options, tries),
    );
    return new InferResult<OutputsOf<M>>(response, operation);
  }

  /**
   * Sends requests as they come and gives answers as they come, over one stream of gRPC. An answer has the `id` of its
   * request. The first error ends the stream, and so does leaving the loop.
   * @throws ERR_NOT_IMPLEMENTED for a client of HTTP; as `infer`
   */
  stream(
    requests: Iterable<StreamRequest<InputsOf<M>>> | AsyncIterable<StreamRequest<InputsOf<M>>>,
    options: CallOptions = {},
  ): AsyncIterable<InferResult<OutputsOf<M>>> {
    checkCall('stream', options);
    return streamOf(
      this.#session,
      this.#target,
      requests as Iterable<StreamRequest<AnyInputs>>,
      options,
    ) as AsyncIterable<InferResult<OutputsOf<M>>>;
  }

  async #infer(inputs: AnyInputs, options: InferOptions, tries: Tries): Promise<InferResponse> {
    const plan = await planOf(this.#session, this.#target, inputs, options, tries);
    try {
      return await this.#send(plan, options, tries);
    } catch (error) {
      const isStale =
        options.idempotent !== false && error instanceof InferenceServerError && refusals.includes(error.status);
      const fresh = isStale && (await this.#replan(plan, inputs, options, tries));
      if (!fresh) throw error;
      return this.#send(fresh, options, tries);
    }
  }

  /** Another way to send it, if what was known of the server no longer holds. */
  async #replan(old: Plan, inputs: AnyInputs, options: InferOptions, tries: Tries): Promise<Plan | undefined> {
    try {
      const plan = await planOf(
        this.#session,
        this.#target,
        inputs,
        options,
        tries,
        this.#session.mayDoubt(this.#target),
      );
      if (!isSamePlan(old, plan)) return plan;
      // KServe takes such tensors as bytes alone, and does not say that it takes bytes.
      const isForBytes = options.binary === undefined && !plan.binary && plan.tensors.some(isHalf);
      return isForBytes ? { ...plan, binary: true } : undefined;
    } catch {
      if (tries.deadline.ended) throw tries.deadline.ended.reason;
      return undefined; // the refusal says more
    }
  }

  #send({ tensors, binary, metadata }: Plan, options: InferOptions, { deadline, run }: Tries): Promise<InferResponse> {
    const { compression, idempotent = true } = options;
    const isTold = options.timeoutMs !== undefined || this.#session.options.tellsTimeout;
    const outputs = metadata?.outputs.map(({ name }) => name) ?? [];
    return run((transport, attempt) => {
      const left = deadline.remainingMs;
      const timeoutMs = isTold && left < Infinity ? left : undefined;
      const form: InferForm = { binary, compression, timeoutMs };
      return transport.infer(this.#target, requestOf(tensors, options, timeoutMs, outputs), form, attempt);
    }, idempotent);
  }
}

/** Triton's JSON has no floats of 16 bits. */
function isHalf({ content }: NamedTensor): boolean {
  return content instanceof Tensor && (content.dtype === 'float16' || content.dtype === 'bfloat16');
}
