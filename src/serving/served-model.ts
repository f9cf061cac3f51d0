import type { RunTimings } from '../async/clock.js';
import type { BatchQueue, QueueRunOptions } from '../batching/index.js';
import * as check from '../check.js';
import { describe, expected, InputError, torchError, withArticle, type ErrorCode, type TorchError } from '../errors.js';
import { isBatchable } from '../model/batchable.js';
import type { Execution, Model } from '../model/model.js';
import type { ModelRecord } from '../registry/index.js';
import { answeringKind, type AnsweringKind, type Task } from '../tasks/kinds/index.js';
import type { Signature } from '../signature/spec.js';
import { Tensor } from '../tensor/tensor.js';
import type { Arguments, RunInput, Value } from '../tensor/value.js';
import { isEncoded, limitsOfEncoding, outcomeOf, rowsOf, withTimeLeft } from './calls.js';
import { sideOf, type Entered, type Follows, type Side, type SideName, type Split } from './canary/split.js';
import { firstTensor, requireRows } from './outputs.js';
import { runAlone } from './run-alone.js';
import {
  withoutKey,
  type AnswerInput,
  type AnswerOptions,
  type RunEvent,
  type ServedAnswer,
  type ServedRunOptions,
} from './served-call.js';
import { followQueue, type QueueHooks } from './served-queue.js';
import { Statistics, type InlineCount, type ServedStatistics } from './statistics.js';

/** What a call of `forward` was given and what it answered. Listeners keep neither: the tensors are their callers'. */
export interface AnsweredEvent {
  readonly served: ServedModel;
  readonly requestId: string | undefined;
  /** Whom the call counts for: the id of a token, where tokens are asked for. */
  readonly client: string | undefined;
  readonly args: Arguments;
  readonly value: Value;
  readonly rows: number;
  readonly timings: RunTimings;
}

/** What a served model needs of its host. */
export interface ServedModelHooks extends QueueHooks {
  /** Throws while the host takes no calls. */
  requireOpen(): void;
  ended(event: RunEvent): void;
  /** Called for an answer of `forward` while somebody listens. */
  readonly answered: ((event: AnsweredEvent) => void) | undefined;
  /** What serves calls of this name and version, alias or default at this moment. */
  current(name: string, reference: string | undefined): ServedModel | undefined;
  /** How the calls of an alias or default are split; undefined where they are not. */
  readonly split?: (name: string, reference: string | undefined) => Split<ServedModel> | undefined;
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
  /** Milliseconds that its load took, warm-up included. */
  readonly loadMs?: number | undefined;
  /** Goes on over a reload. */
  readonly statistics: Statistics;
}

/** Statistics begin anew where none are given. */
type NewServedModel = Omit<ServedModelParts, 'statistics'> & Partial<Pick<ServedModelParts, 'statistics'>>;

/**
 * A model that a host has loaded: every call of it is counted, told to the host's listeners, and waited for at close. One that
 * was reloaded meanwhile hands its calls on to what took its place, so it may be kept.
 */
export class ServedModel {
  readonly name: string;
  readonly version: string;
  readonly record: ModelRecord | undefined;
  /** What the outputs mean, as its record or its host's options say; undefined where nobody does. */
  readonly task: Task | undefined;
  readonly model: Model;
  readonly queue: BatchQueue | undefined;
  readonly warnings: readonly string[];
  /** Milliseconds that its load took, warm-up included. */
  readonly loadMs: number | undefined;
  readonly #notBatched: string | undefined;
  readonly #hooks: ServedModelHooks;
  readonly #statistics: Statistics;
  #retired = false;
  /** The row of its record's task, from the first answer on. */
  #kind: AnsweringKind | undefined;
  #inFlight = 0;
  #idle: (() => void)[] = [];
  /** Of what a caller holds that named an alias, or nothing: its calls run on what that means. */
  readonly #follows: Follows<ServedModel> | undefined;
  /** Those that follow it, by what was named, and by their side. */
  readonly #followers = new Map<string, ServedModel>();

  /** @internal */
  constructor(
    {
      name,
      version,
      record,
      task,
      model,
      queue,
      notBatched,
      warnings,
      loadMs,
      statistics = new Statistics(),
    }: NewServedModel,
    hooks: ServedModelHooks,
    follows?: Follows<ServedModel>,
  ) {
    this.name = name;
    this.version = version;
    this.record = record;
    this.task = task ?? record?.task;
    this.model = model;
    this.queue = queue;
    this.#notBatched = notBatched;
    this.warnings = warnings;
    this.loadMs = loadMs;
    this.#hooks = hooks;
    this.#statistics = statistics;
    this.#follows = follows;
    // The queue of one that follows is followed already.
    if (queue && !follows) followQueue(queue, { name, version, statistics }, hooks);
  }

  /**
   * The same, for a caller that named an alias or nothing: its calls follow what that means.
   * @param side where they go while calls are split. Default: each of them draws
   * @internal
   */
  under(reference: string | undefined, side?: SideName): ServedModel {
    // Neither has a space.
    const place = `${side ?? ''} ${reference ?? ''}`;
    const found = this.#followers.get(place);
    if (found) return found;
    const { name, version, record, task, model, queue, warnings } = this;
    const [notBatched, statistics] = [this.#notBatched, this.#statistics];
    const parts = { name, version, record, task, model, queue, warnings, notBatched, statistics };
    const follower = new ServedModel(parts, this.#hooks, { of: this, reference, side });
    this.#followers.set(place, follower);
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

  /** Runs on the thread of the event loop since it was loaded first, reloads included. @internal */
  get inline(): InlineCount {
    return this.#statistics.inlineWith(this.model.stats().inline);
  }

  /** What `forward` takes and returns, as its record or else the file says; undefined where neither does. */
  get signature(): Signature | undefined {
    return this.record?.signature ?? this.model.signature;
  }

  /** As `Model.run`. @throws ERR_NOT_READY or ERR_DRAINING while the host takes no calls, ERR_DISPOSED after its unload */
  async run<T extends Value = Tensor>(input: RunInput, options?: ServedRunOptions): Promise<T> {
    return (await this.execute<T>('forward', this.#argumentsOf(input), options)).value;
  }

  /** As `Model.call`. @throws as `run` */
  async call<T extends Value = Value>(method: string, args: Arguments, options?: ServedRunOptions): Promise<T> {
    return (await this.execute<T>(method, args, options)).value;
  }

  /** As `Model.execute`. @throws as `run` */
  async execute<T extends Value = Value>(
    method: string,
    args: Arguments,
    options?: ServedRunOptions,
  ): Promise<Execution<T>> {
    // What is no object is refused by what runs it.
    const hasKey = typeof options === 'object' && options !== null && 'key' in options;
    const [key, limits] = hasKey ? withoutKey(options) : [undefined, options];
    const { served, side } = this.#enter(method === 'forward', key);
    try {
      return await served.#counted<T, Execution<T>>(method, args, limits, { begun: performance.now(), side }, itself);
    } finally {
      served.#leave();
    }
  }

  /**
   * Begins a call: what serves it stays until `#leave`. It is this model, what has taken its place, or a canary beside it.
   * @param maySplit other methods than `forward` a canary need not have
   * @throws ERR_NOT_READY, ERR_DRAINING; ERR_VERSION_NOT_FOUND where other versions serve, ERR_DISPOSED where none does
   */
  #enter(maySplit: boolean, key: string | undefined): Entered<ServedModel> {
    this.#hooks.requireOpen();
    const { name, version } = this;
    const follows = this.#follows;
    const reference = follows ? follows.reference : version;
    const split = follows && maySplit ? this.#hooks.split?.(name, reference) : undefined;
    const side = split && sideOf(split, follows?.side, key);
    const stable = follows || this.#retired ? this.#hooks.current(name, reference) : this;
    const served = side === 'canary' ? split?.canary : stable;
    if (!served) {
      if (this.#hooks.current(name, undefined)) this.#hooks.refuse(name, reference);
      throw torchError('ERR_DISPOSED', `Expected a model that is served but ${name} ${version} was unloaded`);
    }
    served.#inFlight++;
    return { served, side: side && split?.sides[side] };
  }

  #leave(): void {
    this.#inFlight--;
    if (this.#inFlight === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /**
   * @param began when the call began, and what it is counted for where calls are split
   * @param finish makes the caller's answer of the execution; what it throws is the outcome of the call
   */
  async #counted<T extends Value, R>(
    method: string,
    args: Arguments,
    options: QueueRunOptions | undefined,
    { begun, side }: { readonly begun: number; readonly side: Side | undefined },
    finish: (execution: Execution<T>) => R,
  ): Promise<R> {
    const { name: model, version } = this;
    const rows = rowsOf(args);
    const statistics = this.#statistics;
    // Rows were found independent for `forward` alone, so other methods run by themselves.
    const queue = method === 'forward' ? this.queue : undefined;
    try {
      const executing = queue ? queue.execute<T>(method, args, options) : runAlone<T>(this, method, args, options);
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
        execution = await runAlone<T>(this, method, args, options);
      }
      const answer = finish(execution);
      const { timings } = execution;
      const totalMs = performance.now() - begun;
      statistics.succeeded(rows, inputMs, timings, totalMs, isAlone);
      if (side) {
        side.ended('ok', totalMs);
        if (isAlone) side.ran(rows, timings.runMs);
        side.answered?.(args, execution.value);
      }
      this.#hooks.ended({ model, version, method, rows, outcome: 'ok', timings, totalMs });
      const { answered } = this.#hooks;
      if (answered && method === 'forward') {
        const { value } = execution;
        const requestId = options?.requestId;
        answered({ served: this, requestId, client: options?.client, args, value, rows, timings });
      }
      return answer;
    } catch (error) {
      // Rows whose elements are at fault were refused: nothing has run.
      const isRefused = error instanceof InputError && error.faults !== undefined;
      if (!isRefused) {
        const totalMs = performance.now() - begun;
        const outcome = outcomeOf(error, options?.signal);
        statistics.failed(totalMs);
        side?.ended(outcome, totalMs);
        this.#hooks.ended({ model, version, method, rows, outcome, timings: undefined, totalMs });
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
    const [key, options] = 'key' in given ? withoutKey(given) : [undefined, given];
    const { served, side } = this.#enter(true, key);
    try {
      return await served.#answer(input, options, side);
    } finally {
      served.#leave();
    }
  }

  #answer(input: AnswerInput, given: AnswerOptions, side: Side | undefined): Promise<ServedAnswer> {
    const { topK, maxPixels, rows, ...limits } = given;
    const task = this.#requireTask();
    const signature = this.signature ?? unknownSignature;
    const kind = (this.#kind ??= answeringKind(task));
    if (topK !== undefined) {
      if (!kind.checkTopK) throw expected(`no value for ${withArticle(kind.type)} model`, 'topK', topK);
      kind.checkTopK(task, topK);
    }
    const started = performance.now();
    const answer = (args: Arguments, timed: QueueRunOptions): Promise<ServedAnswer> => {
      const options = { topK, ...kind.decodeOptions?.(task, signature, args) };
      return this.#counted('forward', args, timed, { begun: started, side }, ({ value, timings }) => {
        if (rows !== undefined) requireRows(value, rows);
        const output = firstTensor(value, signature.outputs[0]?.name ?? '');
        try {
          return { timings, ...kind.decode(task, output, options) };
        } catch (error) {
          // What the caller gave was checked before the run, so the fault is the model's.
          if (!(error instanceof InputError)) throw error;
          throw torchError('ERR_BAD_OUTPUT', error.message, { cause: error });
        }
      });
    };
    if (!isEncoded(input)) return answer(input instanceof Tensor ? [input] : input, limits);
    const encoding = kind.encode(task, input, { maxPixels, ...limitsOfEncoding(limits) });
    return encoding.then((args) => answer(args, withTimeLeft(limits, started)));
  }

  /** Runs `forward` beside everything else, and counts it nowhere. @internal */
  async shadow(args: Arguments, timeoutMs: number): Promise<Value> {
    return (await runAlone<Value>(this, 'forward', args, { timeoutMs })).value;
  }

  #requireTask(): Task {
    if (this.task) return this.task;
    const { name, version } = this;
    throw torchError('ERR_TASK', `Expected a model with a task but ${name} ${version} has no record and no task`);
  }

  #argumentsOf(input: RunInput): Arguments {
    return isBatchable(this.model) ? this.model.argumentsOf(input) : [input as Value];
  }

  /**
   * A server refuses a request of it before its body is read, since its queue is full or too long: so a canary that is too slow
   * for its share is seen.
   * @internal
   */
  refused(code: ErrorCode): void {
    const { reference, side } = this.#follows ?? {};
    if (side) this.#hooks.split?.(this.name, reference)?.sides[side].ended(code, 0);
  }

  /** From now on calls are handed on to what serves its name and version. @internal */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    const { runs, slow } = this.model.stats().inline;
    this.#statistics.keepInline({ runs, slow });
    // A call that is in flight still runs here, once its image is decoded say.
    void this.idle().then(() => {
      const after = this.model.stats().inline;
      this.#statistics.keepInline({ runs: after.runs - runs, slow: after.slow - slow });
    });
  }

  /** Resolves once no call is in flight. */
  idle(): Promise<void> {
    return this.#inFlight === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}

const itself = <T>(value: T): T => value;

const unknownSignature: Signature = { inputs: [], outputs: [] };
