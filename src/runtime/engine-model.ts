import { describe, expected, torchError } from '../errors.js';
import type { ModelInfo, RunOptions, Signature } from '../types.js';
import { gather, scatter, type SlabPool } from './collate.js';
import type { BatchExecution, Execution, Model, WarmupOptions, WarmupReport } from './model.js';
import { checkRunOptions } from './options.js';
import { prepareCall, type PreparedCall } from './prepared-call.js';
import { checkedArguments } from './signature.js';
import type { Tensor } from './tensor.js';
import type { Arguments, Value } from './value.js';
import { warmUp } from './warmup.js';

/** Which instance runs, and on what. */
export interface Placement {
  /** Pins the run to one instance; -1 (default) takes the next that is idle. */
  readonly instance?: number;
  /** Runs on a deep copy, so that a stateful model's state stays as it is. */
  readonly scratch?: boolean;
}

/** What the engine made of a submission. Neither is called for one that it refused. */
export interface SubmissionHooks {
  readonly accepted: () => void;
  /** The engine is done with the run or has dropped it; an abort may have settled its promise long before. */
  readonly finished: () => void;
}

/** What every engine's models have in common: validation, warm-up, batches. An engine adds submission and disposal. */
export abstract class EngineModel implements Model {
  readonly info: ModelInfo;
  readonly signature: Signature | undefined;
  readonly #methods: ReadonlySet<string>;
  readonly #namesAreForwards: boolean;
  readonly #slabs: SlabPool;
  #pending = 0;
  #disposal: Promise<void> | undefined;
  #warmupReport: WarmupReport | undefined;

  /** @throws ERR_SIGNATURE_MISMATCH */
  protected constructor(info: ModelInfo, signature: Signature | undefined, slabs: SlabPool) {
    this.info = info;
    this.signature = signature;
    this.#methods = new Set(info.methods.map(({ name }) => name));
    this.#namesAreForwards = namesAreForwards(info, signature);
    this.#slabs = slabs;
  }

  /** Hands arguments, which were checked, to the engine. Nobody but the engine may change what they hold until it is done. */
  protected abstract start(
    method: string,
    args: Arguments,
    options: RunOptions,
    placement: Placement,
    hooks: SubmissionHooks,
  ): Promise<Execution>;

  /**
   * The arguments of `forward` as the engine takes them, where that differs from how callers may give them.
   * @internal
   */
  arrange(args: Arguments): Arguments {
    return args;
  }

  /** The most rows of one run; undefined where that is not known. */
  get maxRows(): number | undefined {
    return undefined;
  }

  /** Called once. Resolves when the engine has freed the model. */
  protected abstract free(): Promise<void>;

  get disposed(): boolean {
    return this.#disposal !== undefined;
  }

  get pending(): number {
    return this.#pending;
  }

  get warmupReport(): WarmupReport | undefined {
    return this.#warmupReport;
  }

  async run<T extends Value = Tensor>(input: Value, options: RunOptions = {}): Promise<T> {
    return (await this.execute<T>('forward', [input], options)).value;
  }

  async call<T extends Value = Value>(method: string, args: Arguments, options: RunOptions = {}): Promise<T> {
    return (await this.execute<T>(method, args, options)).value;
  }

  async execute<T extends Value = Value>(
    method: string,
    args: Arguments,
    options: RunOptions = {},
  ): Promise<Execution<T>> {
    if (typeof method !== 'string') throw expected('a method name', 'method', method);
    checkRunOptions(options);
    return this.submit<T>(method, this.#checked(method, args), options);
  }

  async warmup(options: WarmupOptions = {}): Promise<WarmupReport> {
    this.#warmupReport = await warmUp(this, options);
    return this.#warmupReport;
  }

  prepare(method: string, args: Arguments, owned = false): PreparedCall {
    this.#requireMethod(method);
    return prepareCall(method, this.#checked(method, args), owned);
  }

  async runBatch(calls: readonly PreparedCall[], padTo = 0): Promise<BatchExecution> {
    const [first] = calls;
    if (!first) return { values: [], timings: { queueMs: 0, runMs: 0 } };
    const { args, rows, slabs } = gather(calls, padTo, this.#slabs);
    const { value, timings } = await this.submit<Value>(first.method, args, {}, {}, () => {
      for (const slab of slabs) this.#slabs.give(slab);
    });
    return { values: scatter(value, calls, rows), timings };
  }

  /** Runs without checking against the signature. @internal */
  async submit<T extends Value>(
    method: string,
    args: Arguments,
    options: RunOptions,
    placement: Placement = {},
    onFinished?: () => void,
  ): Promise<Execution<T>> {
    this.#requireMethod(method);
    const execution = await this.start(method, args, options, placement, {
      accepted: () => {
        ++this.#pending;
      },
      finished: () => {
        --this.#pending;
        onFinished?.();
      },
    });
    return execution as Execution<T>;
  }

  #checked(method: string, given: Arguments): Arguments {
    if (method !== 'forward') return given;
    const args = this.arrange(given);
    if (!this.signature) return args;
    const ordered = checkedArguments(this.signature, args);
    // Names that forward knows go to it as names: between its tensors there may be arguments with defaults.
    if (!this.#namesAreForwards || Array.isArray(args)) return ordered;
    return Object.fromEntries(this.signature.inputs.map(({ name }, i) => [name, ordered[i] as Value]));
  }

  #requireMethod(method: string): void {
    if (this.#disposal) throw torchError('ERR_DISPOSED', 'The model was disposed');
    if (this.#methods.has(method)) return;
    const known = [...this.#methods].join(', ');
    throw torchError('ERR_METHOD_NOT_FOUND', `Expected one of the methods ${known} but received ${describe(method)}`);
  }

  dispose(): Promise<void> {
    return (this.#disposal ??= this.free());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/**
 * Whether a signature's inputs have the names of forward's arguments. Then they must also be in their order: the same call
 * would mean different things by position and by name.
 * @throws ERR_SIGNATURE_MISMATCH
 */
function namesAreForwards(info: ModelInfo, signature: Signature | undefined): boolean {
  const forward = info.methods.find(({ name }) => name === 'forward')?.args.map(({ name }) => name) ?? [];
  const positions = signature?.inputs.map(({ name }) => forward.indexOf(name)) ?? [];
  if (positions.length === 0 || positions.includes(-1)) return false;
  if (positions.every((position, i) => i === 0 || position > (positions[i - 1] as number))) return true;
  throw torchError(
    'ERR_SIGNATURE_MISMATCH',
    `Expected the signature's inputs in forward's order (${forward.join(', ')}) but received ${signature?.inputs.map(({ name }) => name).join(', ')}`,
  );
}
