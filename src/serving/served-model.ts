import type { RunTimings } from '../async/clock.js';
import {
  checkQueueRunOptions,
  type BatchEvent,
  type BatchQueue,
  type QueueRunOptions,
  type RowCheckEvent,
} from '../batching/index.js';
import * as check from '../check.js';
import { describe, expected, InputError, TorchError, torchError, type ErrorCode } from '../errors.js';
import { isBatchable } from '../model/batchable.js';
import type { Execution, Model } from '../model/model.js';
import type { ModelRecord } from '../registry/index.js';
import { answeringKind, type AnsweringKind, type Answer, type Task } from '../tasks/kinds/index.js';
import type { Encoded } from '../tasks/kinds/kind.js';
import type { Signature } from '../signature/spec.js';
import { Tensor } from '../tensor/tensor.js';
import type { Arguments, RunInput, Value } from '../tensor/value.js';
import { isEncoded, outcomeOf, rowsOf, rowWarning, withTimeLeft } from './calls.js';
import { firstTensor, requireRows } from './outputs.js';
import { Statistics, type ServedStatistics } from './statistics.js';

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

/** A tensor, the arguments of `forward`, or encoded images where the record's task says what to make of them. */
export type AnswerInput = Tensor | Arguments | Encoded;

export interface AnswerOptions extends QueueRunOptions {
  /** Classification: how many classes for each row. Default 5, or all where there are fewer. */
  topK?: number;
  /** Images of more pixels are refused. Default 50 million. */
  maxPixels?: number;
  /** The output must be one float32 matrix of so many rows, as `/predict` promises. @internal */
  rows?: number;
}

/** An answer with the time that its run took. */
export type ServedAnswer = Answer & { readonly timings: RunTimings };

/** One batch of a served model that has ended. */
export interface ServedBatchEvent extends BatchEvent {
  readonly model: string;
  readonly version: string;
}

/** One row of a batch of a served model that was run again by itself. */
export interface ServedRowCheckEvent extends RowCheckEvent {
  readonly model: string;
  readonly version: string;
}

/** What a served model needs of its host. */
export interface ServedModelHooks {
  /** Throws while the host takes no calls. */
  requireOpen(): void;
  ended(event: RunEvent): void;
  batch(event: ServedBatchEvent): void;
  rows(event: ServedRowCheckEvent): void;
  /** Something is worth knowing of it. */
  warn(event: { readonly model: string; readonly version: string; readonly message: string }): void;
  /** What serves calls of this name and version, alias or default at this moment. */
  current(name: string, reference: string | undefined): ServedModel | undefined;
  /** Aliases that mean this version. */
  aliases(name: string, version: string): readonly string[];
  /** @throws why nothing serves the reference */
  refuse(name: string, reference: string | undefined): never;
}

export interface ServedModelParts {
  readonly name: string;
  readonly version: string;
  /** Undefined for a file that is in no registry. */
  readonly record: ModelRecord | undefined;
  /** What the outputs mean, where there is no record to say it. */
  readonly task?: Task | undefined;
  readonly model: Model;
  /** What callers of `forward` share; undefined when every call is a run of its own. */
  readonly queue: BatchQueue | undefined;
  /** Why there is no queue, where one was asked for. */
  readonly notBatched: string | undefined;
  /** What is worth knowing of how it came up. */
  readonly warnings: readonly string[];
  /** Goes on over a reload. */
  readonly statistics: Statistics;
}

interface Follows {
  readonly of: ServedModel;
  /** An alias; undefined for the default. */
  readonly reference: string | undefined;
}

/** Statistics begin anew where none are given. */
type NewServedModel = Omit<ServedModelParts, 'statistics'> & Partial<Pick<ServedModelParts, 'statistics'>>;

/**
 * A model that a host has loaded: every call of it is counted, told to the host's listeners, and waited for at close. One that
 * was reloaded meanwhile hands its calls on to what took its place, so it may be kept.
 */
export class ServedModel implements Omit<ServedModelParts, 'statistics'> {
  readonly name: string;
  readonly version: string;
  readonly record: ModelRecord | undefined;
  /** What the outputs mean, as its record or its host's options say; undefined where nobody does. */
  readonly task: Task | undefined;
  readonly model: Model;
  readonly queue: BatchQueue | undefined;
  readonly warnings: readonly string[];
  readonly #notBatched: string | undefined;
  readonly #hooks: ServedModelHooks;
  readonly #statistics: Statistics;
  #retired = false;
  /** The row of its record's task, from the first answer on. */
  #kind: AnsweringKind | undefined;
  #inFlight = 0;
  #idle: (() => void)[] = [];
  /** Of what a caller holds that named an alias, or nothing: its calls run on what that means. */
  readonly #follows: Follows | undefined;
  /** Those that follow it, by what was named. */
  readonly #followers = new Map<string | undefined, ServedModel>();

  constructor(
    { name, version, record, task, model, queue, notBatched, warnings, statistics = new Statistics() }: NewServedModel,
    hooks: ServedModelHooks,
    follows?: Follows,
  ) {
    this.name = name;
    this.version = version;
    this.record = record;
    this.task = task ?? record?.task;
    this.model = model;
    this.queue = queue;
    this.#notBatched = notBatched;
    this.warnings = warnings;
    this.#hooks = hooks;
    this.#statistics = statistics;
    this.#follows = follows;
    if (follows) return; // its queue has listeners
    queue?.on('batch', (event) => {
      const { rows, gatherMs, runMs, scatterMs, outcome } = event;
      if (outcome === 'ok') statistics.ran(rows, gatherMs, runMs, scatterMs);
      hooks.batch({ ...event, model: name, version });
    });
    let differences = 0;
    let saidStopped = false;
    queue?.on('rows', (event) => {
      hooks.rows({ ...event, model: name, version });
      if (event.outcome === 'same' || event.outcome === 'failed') return;
      // Where batching goes on, each further word waits for twice as many; its end is told in any case.
      const isEnd = event.stopped && !saidStopped;
      saidStopped ||= isEnd;
      if (!Number.isInteger(Math.log2(++differences)) && !isEnd) return;
      hooks.warn({ model: name, version, message: rowWarning(event, queue.stopped) });
    });
  }

  /**
   * The same, for a caller that named an alias or nothing: its calls follow what that means.
   * @internal
   */
  under(reference: string | undefined): ServedModel {
    const found = this.#followers.get(reference);
    if (found) return found;
    const { name, version, record, task, model, queue, warnings } = this;
    const parts = { name, version, record, task, model, queue, warnings };
    const own = { notBatched: this.#notBatched, statistics: this.#statistics };
    const follower = new ServedModel({ ...parts, ...own }, this.#hooks, { of: this, reference });
    this.#followers.set(reference, follower);
    return follower;
  }

  /** Aliases of its registry that mean this version, as the host knows them. */
  get aliases(): readonly string[] {
    return this.#hooks.aliases(this.name, this.version);
  }

  /** Why calls share no runs, where they were to; a row that came out otherwise by itself ends it at any time. */
  get notBatched(): string | undefined {
    return this.queue?.stopped ?? this.#notBatched;
  }

  /** Calls that have begun and not ended. */
  get inFlight(): number {
    return (this.#follows?.of ?? this).#inFlight;
  }

  /** It was unloaded or replaced: calls that have begun go on, later ones are handed on. */
  get retired(): boolean {
    return (this.#follows?.of ?? this).#retired;
  }

  /** What it has done since it was loaded first, reloads included: `ModelStatistics` of the Open Inference Protocol. */
  statistics(): ServedStatistics {
    const { name, version } = this;
    const { device, parameterBytes: byte_size } = this.model.info;
    const [type, id = '0'] = device.device.split(':');
    const memory_usage = [{ type: type === 'cpu' ? ('CPU' as const) : ('GPU' as const), id: Number(id), byte_size }];
    return { name, version, ...this.#statistics.snapshot(), memory_usage };
  }

  /** What `forward` takes and returns, as its record or else the file says; undefined where neither does. */
  get signature(): Signature | undefined {
    return this.record?.signature ?? this.model.signature;
  }

  /** As `Model.run`. @throws ERR_NOT_READY or ERR_DRAINING while the host takes no calls, ERR_DISPOSED after its unload */
  async run<T extends Value = Tensor>(input: RunInput, options?: QueueRunOptions): Promise<T> {
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
    const served = this.#enter();
    try {
      return await served.#counted<T, Execution<T>>(method, args, options, performance.now(), itself);
    } finally {
      served.#leave();
    }
  }

  /**
   * Begins a call: what serves it stays until `#leave`. It is this model, or what has taken its place.
   * @throws ERR_NOT_READY, ERR_DRAINING; ERR_VERSION_NOT_FOUND where other versions serve, ERR_DISPOSED where none does
   */
  #enter(): ServedModel {
    this.#hooks.requireOpen();
    const { name, version } = this;
    const follows = this.#follows;
    const reference = follows ? follows.reference : version;
    const served = follows || this.#retired ? this.#hooks.current(name, reference) : this;
    if (!served) {
      if (this.#hooks.current(name, undefined)) this.#hooks.refuse(name, reference);
      throw torchError('ERR_DISPOSED', `Expected a model that is served but ${name} ${version} was unloaded`);
    }
    served.#inFlight++;
    return served;
  }

  #leave(): void {
    this.#inFlight--;
    if (this.#inFlight === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /**
   * @param begun when the call began
   * @param finish makes the caller's answer of the execution; what it throws is the outcome of the call
   */
  async #counted<T extends Value, R>(
    method: string,
    args: Arguments,
    options: QueueRunOptions | undefined,
    begun: number,
    finish: (execution: Execution<T>) => R,
  ): Promise<R> {
    const call = { model: this.name, version: this.version, method, rows: rowsOf(args) };
    const statistics = this.#statistics;
    // Rows were found independent for `forward` alone, so other methods run by themselves.
    const queue = method === 'forward' ? this.queue : undefined;
    try {
      const executing = queue ? queue.execute<T>(method, args, options) : this.#runAlone<T>(method, args, options);
      // Both have checked and copied the arguments by now: they do so before they wait for anything.
      const inputMs = performance.now() - begun;
      let isAlone = !queue;
      let execution: Execution<T>;
      try {
        execution = await executing;
      } catch (error) {
        if (!queue || (error as Partial<TorchError>).code !== 'ERR_NOT_BATCHABLE') throw error;
        // No rows, or an argument that has none: nobody can share its run.
        isAlone = true;
        execution = await this.#runAlone<T>(method, args, options);
      }
      const answer = finish(execution);
      const { timings } = execution;
      statistics.succeeded(call.rows, inputMs, timings, performance.now() - begun, isAlone);
      this.#hooks.ended({ ...call, outcome: 'ok', timings });
      return answer;
    } catch (error) {
      // Rows whose elements are at fault were refused: nothing has run.
      const isRefused = error instanceof InputError && error.faults !== undefined;
      if (!isRefused) {
        statistics.failed(performance.now() - begun);
        this.#hooks.ended({ ...call, outcome: outcomeOf(error, options?.signal), timings: undefined });
      }
      throw error;
    }
  }

  /**
   * Runs `forward` and answers what the record's task says: the best classes, labels or embeddings of each row, and the
   * time that the run took. Takes encoded images where the task says how they become an input. Every answer that this
   * package gives, over HTTP too, is made here.
   * @throws ERR_TASK without a task or for one that has no answers; ERR_OUT_OF_RANGE or ERR_INVALID_ARGUMENT for `topK`; ERR_BAD_OUTPUT
   * when the model answers what its task cannot be; as `imageToTensor`; as `run`
   */
  async predict(input: AnswerInput, given: AnswerOptions = {}): Promise<ServedAnswer> {
    // Not in the parameter: its published type would name what is internal.
    check.object('the options of predict', given);
    if (input === undefined || input === null) {
      throw torchError('ERR_INVALID_INPUT', `Expected a tensor, arguments or images but received ${describe(input)}`);
    }
    const served = this.#enter();
    try {
      return await served.#answer(input, given);
    } finally {
      served.#leave();
    }
  }

  #answer(input: AnswerInput, given: AnswerOptions): Promise<ServedAnswer> {
    const { topK, maxPixels, rows, ...limits } = given;
    const task = this.#requireTask();
    const signature = this.signature ?? unknownSignature;
    const kind = (this.#kind ??= answeringKind(task));
    if (topK !== undefined) {
      if (!kind.checkTopK) throw expected(`no value for a ${kind.type} model`, 'topK', topK);
      kind.checkTopK(task, topK);
    }
    const started = performance.now();
    const answer = (args: Arguments, timed: QueueRunOptions): Promise<ServedAnswer> => {
      const options = { topK, ...kind.decodeOptions?.(task, signature, args) };
      return this.#counted('forward', args, timed, started, ({ value, timings }) => {
        if (rows !== undefined) requireRows(value, rows);
        const output = firstTensor(value, signature.outputs[0]?.name ?? '');
        try {
          return { ...kind.decode(task, output, options), timings };
        } catch (error) {
          // What the caller gave was checked before the run, so the fault is the model's.
          if (!(error instanceof InputError)) throw error;
          throw torchError('ERR_BAD_OUTPUT', error.message, { cause: error });
        }
      });
    };
    if (!isEncoded(input)) return answer(input instanceof Tensor ? [input] : input, limits);
    const encoding = kind.encode(task, input, { maxPixels, signal: limits.signal });
    return encoding.then((args) => answer(args, withTimeLeft(limits, started)));
  }

  #requireTask(): Task {
    if (this.task) return this.task;
    const { name, version } = this;
    throw torchError('ERR_TASK', `Expected a model with a task but ${name} ${version} has no record and no task`);
  }

  /** Without a queue there are no priorities: they are checked, and mean nothing. */
  #runAlone<T extends Value>(method: string, args: Arguments, options: QueueRunOptions = {}): Promise<Execution<T>> {
    checkQueueRunOptions(options);
    const { signal, timeoutMs, bounds, owned = false } = options;
    const limits = { ...(signal && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) };
    return isBatchable(this.model)
      ? this.model.execute<T>(method, args, limits, { bounds, owned })
      : this.model.execute<T>(method, args, limits);
  }

  #argumentsOf(input: RunInput): Arguments {
    return isBatchable(this.model) ? this.model.argumentsOf(input) : [input as Value];
  }

  /** From now on calls are handed on to what serves its name and version. @internal */
  retire(): void {
    this.#retired = true;
  }

  /** Resolves once no call is in flight. */
  idle(): Promise<void> {
    return this.#inFlight === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}

const itself = <T>(value: T): T => value;
const unknownSignature: Signature = { inputs: [], outputs: [] };
