import { describe, expected, torchError } from '../errors.js';
import type { ModelInfo } from './info.js';
import type { RunOptions } from './options.js';
import type { Signature } from '../signature/spec.js';
import { gather, scatter, type SlabPool } from './collate.js';
import { trackModel } from './live-models.js';
import type { BatchExecution, Execution, Model, WarmupOptions, WarmupReport } from './model.js';
import { checkRunOptions } from './options.js';
import { prepareCall, type PreparedCall } from './call.js';
import { checkedArguments } from '../signature/bind.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Arguments, Value } from '../tensor/value.js';
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
  /** For calls that a queue splits before they run. */
  readonly #anyRows: Signature | undefined;
  readonly #order: InputOrder;
  readonly #slabs: SlabPool;
  readonly #untrack: () => void;
  #pending = 0;
  #disposal: Promise<void> | undefined;
  #warmupReport: WarmupReport | undefined;

  /** @param signature what reconcile() made of the artifact's and the given one */
  protected constructor(info: ModelInfo, signature: Signature | undefined, slabs: SlabPool) {
    this.info = info;
    this.signature = signature;
    this.#methods = new Set(info.methods.map(({ name }) => name));
    this.#anyRows = signature && withoutMostRows(signature);
    this.#order = inputOrder(info, signature);
    this.#slabs = slabs;
    this.#untrack = trackModel(this);
  }

  /** Hands arguments, which were checked, to the engine. Nobody but the engine may change what they hold until it is done. */
  protected abstract start(
    method: string,
    args: Arguments,
    options: RunOptions,
    placement: Placement,
    hooks: SubmissionHooks,
  ): Promise<Execution>;

  /** The arguments of `forward` as a list of the signature's inputs, where callers give them otherwise. */
  protected flatten?(args: Arguments): readonly Value[];

  /** The most rows of one run; undefined where that is not known. */
  get maxRows(): number | undefined {
    const most = this.signature?.inputs.map(({ shape, bounds }) => shape?.[0] ?? bounds?.[0]?.max ?? Infinity) ?? [];
    const least = Math.max(1, Math.min(...most));
    return least === Infinity ? undefined : least;
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
    return prepareCall(method, this.#checked(method, args, this.#anyRows), owned);
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

  /** An example of forward's arguments, checked, as `submit` takes it. @internal */
  arrange(args: Arguments): Arguments {
    return this.#checked('forward', args);
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

  /** Arguments of a call as they go to the engine. @throws as checkedArguments */
  #checked(method: string, args: Arguments, signature = this.signature): Arguments {
    if (!signature || method !== 'forward') return args;
    const flat = this.flatten?.(args);
    if (flat) return checkedArguments(signature, flat) as readonly Value[];
    const ordered = checkedArguments(signature, args);
    // Between forward's tensors there may be arguments with defaults, and those may be left out.
    const isByPosition = Array.isArray(args) ? this.#order !== 'gaps' : this.#order === 'others';
    if (!isByPosition) {
      const named = signature.inputs.map(({ name }, i) => [name, ordered[i]] as const);
      return Object.fromEntries(named.filter(([, value]) => value !== undefined)) as Record<string, Value>;
    }
    const gap = ordered.indexOf(undefined);
    if (gap === -1) return ordered as readonly Value[];
    const name = describe(signature.inputs[gap]?.name);
    throw torchError('ERR_INVALID_INPUT', `Expected ${name} too, because inputs are given that follow it`);
  }

  #requireMethod(method: string): void {
    if (this.#disposal) throw torchError('ERR_DISPOSED', 'The model was disposed');
    if (this.#methods.has(method)) return;
    const known = [...this.#methods].join(', ');
    throw torchError('ERR_METHOD_NOT_FOUND', `Expected one of the methods ${known} but received ${describe(method)}`);
  }

  dispose(): Promise<void> {
    return (this.#disposal ??= this.free().finally(this.#untrack));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

function withoutMostRows(signature: Signature): Signature {
  const inputs = signature.inputs.map((spec) => {
    const [rows, ...others] = spec.bounds ?? [];
    return rows ? { ...spec, bounds: [{ ...rows, max: Infinity }, ...others] } : spec;
  });
  return { ...signature, inputs };
}

/**
 * How a signature's inputs relate to forward's arguments: the `same` in the same places; of the same names, in the same
 * order, with `gaps` between them; or with names that forward does not know (`others`).
 */
type InputOrder = 'same' | 'gaps' | 'others';

function inputOrder(info: ModelInfo, signature: Signature | undefined): InputOrder {
  const forward = info.methods.find(({ name }) => name === 'forward')?.args.map(({ name }) => name) ?? [];
  const inputs = signature?.inputs ?? [];
  if (inputs.length === 0 || !inputs.every(({ name }) => forward.includes(name))) return 'others';
  return inputs.every(({ name }, i) => forward[i] === name) ? 'same' : 'gaps';
}
