import { describe, expected, torchError } from '../errors.js';
import { schemaBinder, type Binder, type BoundArguments } from '../signature/bind.js';
import type { Signature } from '../signature/spec.js';
import { isStringsSpec } from '../signature/strings.js';
import { repeatRows } from '../tensor/rows.js';
import { Tensor } from '../tensor/tensor.js';
import { isPlainObject, type Arguments, type RunInput, type Value } from '../tensor/value.js';
import type { Batchable, BatchBeginning, PrepareOptions } from './batchable.js';
import { formOf, prepareCall, type Call } from './call.js';
import { CallKeys } from './call-keys.js';
import { gather, scatter, type SlabPool } from './collate.js';
import type { Busy, EngineModel, Placement, Run } from './engine.js';
import { frozen } from './frozen.js';
import type { ModelInfo } from './info.js';
import { computeBudget, type ComputeShare } from './compute-budget.js';
import { CallerRuns } from './caller-runs.js';
import type { Form } from './inline-runs.js';
import { trackModel } from './live-models.js';
import type { BatchExecution, Execution, ModelStats, WarmupOptions, WarmupReport } from './model.js';
import { checkOutputs, checkRunOptions, runOptions, type ModelRunOptions, type RunOptions } from './options.js';
import { threadsOfRun } from './threads.js';
import { WaitingRuns } from './waiting-runs.js';
import type { Warmable } from './warmup.js';

/** A model that was collected takes no part in the budget any more. */
const forgotten = new FinalizationRegistry((share: ComputeShare) => {
  share.leave();
});

/** What an engine hands over once it has loaded a model. */
export interface LoadedParts {
  readonly engine: EngineModel;
  readonly info: ModelInfo;
  /** What reconcile() made of the artifact's and the given one. */
  readonly signature: Signature | undefined;
  /** How `forward` is called, where its schema does not say: default, by its schema and the signature. */
  readonly forward?: Binder;
  /** Memory that batches are gathered in. */
  readonly slabs: SlabPool;
  /** Dividing integers by 0 fails the run, and does not end the process. Default false. */
  readonly survivesZero?: boolean;
  /** Why no run may be on the calling thread; undefined where some may. Default: the engine has no such runs. */
  readonly inlineOff?: string | undefined;
}

/** How a run comes to the engine. */
interface Beginning {
  /** Nobody changes its values until it has ended. */
  readonly isOwned?: boolean;
  /** The compute budget has let it through. */
  readonly isAdmitted?: boolean;
  /** Calls come one by one. Default: as this model has seen. */
  readonly isCalm?: boolean;
  readonly onFinished?: () => void;
}

/** Some of a busy machine's runs come out long: a few more than are needed; but a model whose first are all long stays so. */
const runsToMeasure = 60;
const runsToGiveUp = 2;
/** After a run that took so long no more are worth their time. */
const longMs = 20;

/** Where a run may be. */
const anywhere: Placement = {};

const noOptions: ModelRunOptions = {};
const modelRunOptions = [...runOptions, 'outputs'];
const asIs: Beginning = {};
const owned: Beginning = { isOwned: true };

const isPlain = ({ signal, timeoutMs }: ModelRunOptions): boolean => signal === undefined && timeoutMs === undefined;

/** A loaded model, whichever engine runs it: binding, warm-up, batches, disposal. */
export class LoadedModel implements Batchable, Warmable {
  readonly info: ModelInfo;
  readonly signature: Signature | undefined;
  readonly survivesZero: boolean;
  readonly #engine: EngineModel;
  readonly #binders: ReadonlyMap<string, Binder>;
  readonly #slabs: SlabPool;
  readonly #untrack: () => void;
  readonly share: ComputeShare;
  readonly #waiting: WaitingRuns;
  readonly #here: CallerRuns;
  readonly #keys = new CallKeys();
  readonly #began = (): void => {
    this.share.began();
  };
  readonly #ended = (): void => {
    this.share.ended();
  };
  #disposal: Promise<void> | undefined;
  #warmupReport: WarmupReport | undefined;
  /** Of the example of the last warm-up. */
  #checkedForm: readonly string[] | undefined;

  constructor({ engine, info, signature, forward, slabs, survivesZero = false, inlineOff }: LoadedParts) {
    // What was checked at the load must not become something else by the hand that gave it, or by one that reads it.
    this.info = frozen(info);
    this.signature = frozen(structuredClone(signature));
    this.survivesZero = survivesZero;
    this.#engine = engine;
    this.#here = new CallerRuns(engine, inlineOff, () => this.share.running === 0 && this.#waiting.size === 0);
    this.#binders = new Map(
      info.methods.map((method) => [
        method.name,
        method.name === 'forward' ? (forward ?? schemaBinder(method, this.signature)) : schemaBinder(method),
      ]),
    );
    this.#slabs = slabs;
    this.#untrack = trackModel(this);
    const { instances, maxPending } = info;
    this.share = computeBudget.join(instances, threadsOfRun(info.device.device));
    this.#waiting = new WaitingRuns(this.share, instances + maxPending, (run) => engine.run(run));
    forgotten.register(this, this.share, this);
  }

  get maxRows(): number | undefined {
    // What may be left out is a parameter, and has no rows.
    const inputs = this.signature?.inputs.filter(({ optional }) => !optional) ?? [];
    const most = inputs.map(({ shape, bounds }) => shape?.[0] ?? bounds?.[0]?.max ?? Infinity);
    const least = Math.max(1, Math.min(...most));
    return least === Infinity ? undefined : least;
  }

  get disposed(): boolean {
    return this.#disposal !== undefined;
  }

  get pending(): number {
    return this.share.running + this.#waiting.size + this.#here.postponed;
  }

  get busy(): Busy {
    const busy = this.#engine.busy();
    // Runs that have hung, of other models too, keep the slots that this one waits for: it is as stuck as they are.
    const stalledMs = this.share.stalledMs;
    if (stalledMs === undefined) return busy;
    const oldestMs = Math.max(busy.oldestMs, stalledMs);
    return { running: this.info.instances, oldestMs, youngestMs: stalledMs };
  }

  stats(): ModelStats {
    return { inline: this.#here.stats };
  }

  get warmupReport(): WarmupReport | undefined {
    return this.#warmupReport;
  }

  async run<T extends Value = Tensor>(input: RunInput, options?: ModelRunOptions): Promise<T> {
    return (await this.#execute('forward', this.argumentsOf(input), options)).value as T;
  }

  async call<T extends Value = Value>(method: string, args: Arguments, options?: ModelRunOptions): Promise<T> {
    return (await this.#execute(method, args, options)).value as T;
  }

  async execute<T extends Value = Value>(
    method: string,
    args: Arguments,
    options?: ModelRunOptions,
    prepare?: PrepareOptions,
  ): Promise<Execution<T>> {
    return (await this.#execute(method, args, options, prepare)) as Execution<T>;
  }

  /** Without a promise of its own: what it throws rejects that of its caller. */
  #execute(method: string, args: Arguments, options?: ModelRunOptions, prepare?: PrepareOptions): Promise<Execution> {
    this.#requireLive();
    if (options !== undefined) {
      checkRunOptions(options, modelRunOptions);
      if (options.outputs !== undefined) checkOutputs(options.outputs, this.#engine.outputNames);
    }
    const values = this.#binder(method).bind(args, prepare && { bounds: prepare.bounds });
    const beginning = prepare?.owned ? owned : asIs;
    return this.#start(method, values, options ?? noOptions, anywhere, beginning);
  }

  async warmup(options: WarmupOptions = {}): Promise<WarmupReport> {
    this.#requireLive();
    const { warmUp } = await import('./warmup.js');
    const { report, example } = await warmUp(this, options);
    this.#checkedForm = formOf(example);
    await this.#measure(report.batchSizes.includes(1) ? repeatRows(example, 1) : example, options.signal);
    this.#warmupReport = report;
    return report;
  }

  argumentsOf(input: unknown): Arguments {
    const isOne = input instanceof Tensor || this.#binders.get('forward')?.takesContainer;
    if (isOne || !(Array.isArray(input) || isPlainObject(input))) return [input as Value];
    return input as Arguments;
  }

  prepare(method: string, args: Arguments, { owned = false, bounds }: PrepareOptions = {}): Call {
    this.#requireLive();
    const binder = this.#binder(method);
    const text = binder.specs.find((spec) => spec && isStringsSpec(spec));
    if (text) {
      throw torchError(
        'ERR_NOT_BATCHABLE',
        `Expected tensors alone for a batch but ${text.name} takes strings: run the model itself`,
      );
    }
    const values = binder.bind(args, { anyRows: true, bounds });
    return prepareCall(method, values, { names: binder.names, owned, keys: this.#keys });
  }

  wasChecked({ method, values }: Call): boolean {
    const checked = this.#checkedForm;
    const form = formOf(values);
    if (method !== 'forward' || !checked || form?.length !== checked.length) return false;
    return form.every((own, position) => own === checked[position]);
  }

  async runBatch(
    calls: readonly Call[],
    padTo = 0,
    { isAdmitted = false, isCalm = false }: BatchBeginning = {},
  ): Promise<BatchExecution> {
    const [first] = calls;
    if (!first) return { values: [], timings: { queueMs: 0, runMs: 0 } };
    const began = performance.now();
    const { values, rows, slabs } = gather(calls, padTo, this.#slabs);
    const gatherMs = performance.now() - began;
    const giveBack = (): void => {
      for (const slab of slabs) this.#slabs.give(slab);
    };
    const own = { isOwned: true, isAdmitted, isCalm, onFinished: giveBack };
    const { value, timings } = await this.#start(first.method, values, {}, anywhere, own);
    const returned = performance.now();
    return { values: scatter(value, calls, rows), timings, gatherMs, scatterMs: performance.now() - returned };
  }

  runHere(call: Call): BatchExecution | undefined {
    const { method, values, rows } = call;
    const form = this.#here.formOf(method, values);
    if (!form || this.#here.isTurnTaken || !this.#here.mayRun(form) || !this.#isAdmitted()) return undefined;
    const execution = this.#here.run(this.#runOf(method, values, {}, anywhere, undefined));
    return execution && { values: scatter(execution.value, [call], rows), timings: execution.timings };
  }

  bindForward(args: Arguments): BoundArguments {
    return this.#binder('forward').bind(args);
  }

  get forwardSpecs(): Binder['specs'] {
    return this.#binder('forward').specs;
  }

  runBound(values: BoundArguments, placement: Placement, limits: RunOptions): Promise<Execution> {
    return this.#start('forward', values, limits, placement);
  }

  dispose(): Promise<void> {
    if (!this.#disposal) {
      this.#disposal = this.#free();
      this.#waiting.close();
      this.share.close();
    }
    return this.#disposal;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #free(): Promise<void> {
    try {
      await this.#engine.free();
    } finally {
      forgotten.unregister(this);
      this.share.leave();
      this.#untrack();
    }
  }

  #start(
    method: string,
    values: BoundArguments,
    options: ModelRunOptions,
    placement: Placement = anywhere,
    { isOwned = false, isAdmitted = false, isCalm, onFinished }: Beginning = asIs,
  ): Promise<Execution> {
    const run = this.#runOf(method, values, options, placement, onFinished);
    const form = placement === anywhere && !options.outputs ? this.#here.formOf(method, values) : undefined;
    const admitted = isAdmitted || this.#isAdmitted();
    const mayBeHere = (isCalm ?? this.#here.came()) && admitted && form && this.#here.mayRun(form);
    try {
      if (mayBeHere && this.#here.isTurnTaken) {
        if (isPlain(options) && this.share.isOpen) return this.#here.postpone(run, isOwned);
      } else if (mayBeHere) {
        options.signal?.throwIfAborted();
        const execution = this.#here.run(run);
        if (execution) return Promise.resolve(execution);
      }
    } catch (error) {
      return Promise.reject(error);
    }
    this.#here.beginPostponed();
    return admitted ? this.#onWorker(run, form) : this.#waiting.add(run, isOwned, onFinished);
  }

  #runOf(
    method: string,
    values: BoundArguments,
    options: ModelRunOptions,
    placement: Placement,
    onFinished: (() => void) | undefined,
  ): Run {
    const { names } = this.#binder(method);
    const { instance, scratch } = placement;
    const { outputs } = options;
    const finished = onFinished
      ? (): void => {
          onFinished();
          this.#ended();
        }
      : this.#ended;
    return { method, values, names, limits: options, outputs, instance, scratch, accepted: this.#began, finished };
  }

  /** Whether a run may go to the engine at this moment. */
  #isAdmitted(): boolean {
    return this.share.isOpen || this.share.admits();
  }

  #onWorker(run: Run, form: Form | undefined): Promise<Execution> {
    const ended = this.#engine.run(run);
    if (form) this.#here.learn(form, ended);
    return ended;
  }

  /** Runs an example as often as it takes to know whether its runs are short. */
  async #measure(example: BoundArguments, signal: AbortSignal | undefined): Promise<void> {
    const form = this.#here.formOf('forward', example);
    for (let run = 0; form && run < runsToMeasure && this.#here.isLearning(form); run++) {
      signal?.throwIfAborted();
      const began = performance.now();
      try {
        await this.#start('forward', example, {}, anywhere, owned);
      } catch {
        return; // the warm-up was well; whoever runs it next is told
      }
      if (performance.now() - began > longMs || (run === runsToGiveUp && form.short === 0)) return;
    }
  }

  #requireLive(): void {
    if (this.#disposal) throw torchError('ERR_DISPOSED', 'The model was disposed');
  }

  #binder(method: string): Binder {
    this.#requireLive();
    const binder = this.#binders.get(method);
    if (binder) return binder;
    if (typeof method !== 'string') throw expected('a method name', 'method', method);
    const known = [...this.#binders.keys()].join(', ');
    throw torchError('ERR_METHOD_NOT_FOUND', `Expected one of the methods ${known} but received ${describe(method)}`);
  }
}
