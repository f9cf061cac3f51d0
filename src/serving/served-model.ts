import { TorchError, type ErrorCode } from '../errors.js';
import type { ModelRecord } from '../registry/index.js';
import { queueOptions, type BatchEvent, type BatchQueue, type QueueRunOptions } from '../batching/index.js';
import { isBatchable } from '../model/batchable.js';
import { checkRunOptions, type RunOptions } from '../model/options.js';
import type { Execution, Model } from '../model/model.js';
import { Tensor } from '../tensor/tensor.js';
import type { Arguments, Value } from '../tensor/value.js';
import type { RunTimings } from '../async/clock.js';
import { answer, type AnswerInput, type AnswerOptions, type ServedAnswer } from './answer.js';

/** One call of a served model that has ended. */
export interface RunEvent {
  readonly model: string;
  readonly version: string;
  readonly method: string;
  /** Dimension 0 of the first tensor argument; 1 without one. */
  readonly rows: number;
  readonly outcome: 'ok' | 'aborted' | ErrorCode;
  /** Of a run that succeeded. */
  readonly timings: RunTimings | undefined;
}

/** One batch of a served model that has ended. */
export interface ServedBatchEvent extends BatchEvent {
  readonly model: string;
  readonly version: string;
}

/** What a served model needs of its host. */
export interface ServedModelHooks {
  /** Throws while the host takes no calls. */
  admit(): void;
  ended(event: RunEvent): void;
  batch(event: ServedBatchEvent): void;
}

export interface ServedModelParts {
  readonly name: string;
  readonly version: string;
  /** Undefined for a file that is in no registry. */
  readonly record: ModelRecord | undefined;
  readonly model: Model;
  /** What callers of `forward` share; undefined when every call is a run of its own. */
  readonly queue: BatchQueue | undefined;
  /** Why there is no queue, where one was asked for. */
  readonly notBatched: string | undefined;
}

/** A model that a host has loaded: every call of it is counted, told to the host's listeners, and waited for at close. */
export class ServedModel implements ServedModelParts {
  readonly name: string;
  readonly version: string;
  readonly record: ModelRecord | undefined;
  readonly model: Model;
  readonly queue: BatchQueue | undefined;
  readonly notBatched: string | undefined;
  readonly #hooks: ServedModelHooks;
  #inFlight = 0;
  #idle: (() => void)[] = [];

  constructor({ name, version, record, model, queue, notBatched }: ServedModelParts, hooks: ServedModelHooks) {
    this.name = name;
    this.version = version;
    this.record = record;
    this.model = model;
    this.queue = queue;
    this.notBatched = notBatched;
    this.#hooks = hooks;
    queue?.on('batch', (event) => {
      hooks.batch({ ...event, model: name, version });
    });
  }

  /** Calls that have begun and not ended. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** As `Model.run`. @throws ERR_NOT_READY or ERR_DRAINING while the host takes no calls */
  async run<T extends Value = Tensor>(input: Tensor | Arguments, options?: QueueRunOptions): Promise<T> {
    return (await this.execute<T>('forward', this.#argumentsOf(input), options)).value;
  }

  /** As `Model.call`. @throws as `run` */
  async call<T extends Value = Value>(method: string, args: Arguments, options?: QueueRunOptions): Promise<T> {
    return (await this.execute<T>(method, args, options)).value;
  }

  /** As `Model.execute`. @throws as `run` */
  async execute<T extends Value = Value>(
    method: string,
    args: Arguments,
    options?: QueueRunOptions,
  ): Promise<Execution<T>> {
    this.#hooks.admit();
    const call = { model: this.name, version: this.version, method, rows: rowsOf(args) };
    this.#inFlight++;
    try {
      // Rows were found independent for `forward` alone, so other methods run by themselves.
      const { queue } = this;
      const execution =
        queue && method === 'forward'
          ? await queue.execute<T>(method, args, options)
          : await this.model.execute<T>(method, args, runOptionsOf(options));
      this.#hooks.ended({ ...call, outcome: 'ok', timings: execution.timings });
      return execution;
    } catch (error) {
      this.#hooks.ended({ ...call, outcome: outcomeOf(error, options?.signal), timings: undefined });
      throw error;
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /**
   * Runs `forward` and answers what the record's task says: the best classes, labels or embeddings of each row, and the
   * time that the run took. Takes encoded images where the task says how they become an input. Every answer that this
   * package gives, over HTTP too, is made here.
   * @throws ERR_TASK without a record or for another task; ERR_OUT_OF_RANGE or ERR_INVALID_ARGUMENT for `topK`; ERR_BAD_OUTPUT
   * when the model answers what its task cannot be; as `imageToTensor`; as `run`
   */
  predict(input: AnswerInput, options?: AnswerOptions): Promise<ServedAnswer> {
    return answer(this, input, options);
  }

  #argumentsOf(input: Tensor | Arguments): Arguments {
    return isBatchable(this.model) ? this.model.argumentsOf(input) : [input];
  }

  /** Resolves once no call is in flight. */
  idle(): Promise<void> {
    return this.#inFlight === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}

/** A model without a queue knows neither priorities nor whose the tensors are. */
function runOptionsOf(options: QueueRunOptions = {}): RunOptions {
  checkRunOptions(options, queueOptions);
  const { signal, timeoutMs } = options;
  return { ...(signal && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) };
}

function rowsOf(args: Arguments): number {
  const tensor = Object.values<Value>(args).find((value) => value instanceof Tensor);
  return tensor?.shape[0] ?? 1;
}

function outcomeOf(error: unknown, signal: AbortSignal | undefined): RunEvent['outcome'] {
  if (signal?.aborted && error === signal.reason) return 'aborted';
  return error instanceof TorchError ? error.code : 'ERR_INTERNAL';
}
