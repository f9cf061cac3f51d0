import type { ModelHandle } from '../binding/addon.js';
import type { OperationLimits } from '../binding/dispatcher.js';
import { describe, expected, torchError } from '../errors.js';
import type { ModelInfo, RunOptions, Signature } from '../types.js';
import type { Artifact } from './artifact.js';
import type { Engine } from './engine.js';
import { gather, scatter, type SlabPool } from './collate.js';
import type { BatchExecution, Execution, Model, WarmupOptions, WarmupReport } from './model.js';
import { checkRunOptions, type ResolvedLoadOptions } from './options.js';
import { prepareCall, type PreparedCall } from './prepared-call.js';
import { checkedArguments } from './signature.js';
import { availableCores } from './threads.js';
import { slabPool } from './slab-pool.js';
import type { Tensor } from './tensor.js';
import type { Arguments, Value } from './value.js';
import { warmUp } from './warmup.js';
import { argumentsToWire, fromWire } from './wire.js';

/** Which instance runs, and on what. */
export interface Placement {
  /** Pins the run to one instance; -1 (default) takes the next that is idle. */
  readonly instance?: number;
  /** Runs on a deep copy, so that a stateful model's state stays as it is. */
  readonly scratch?: boolean;
}

/** Instances of all models of this environment that were loaded and not disposed. */
let liveInstances = 0;
/** Said once. */
let crowded = false;

/** A model of the native engine. */
export class TorchModel implements Model {
  readonly info: ModelInfo;
  readonly signature: Signature | undefined;
  readonly #engine: Engine;
  readonly #handle: ModelHandle;
  readonly #methods: ReadonlySet<string>;
  readonly #namesAreForwards: boolean;
  readonly #slabs: SlabPool;
  #pending = 0;
  #disposal: Promise<void> | undefined;
  #warmupReport: WarmupReport | undefined;

  private constructor(engine: Engine, handle: ModelHandle, info: ModelInfo, signature: Signature | undefined) {
    this.#engine = engine;
    this.#handle = handle;
    this.info = info;
    this.signature = signature;
    this.#methods = new Set(info.methods.map(({ name }) => name));
    this.#namesAreForwards = namesAreForwards(info, signature);
    this.#slabs = slabPool((bytes) => engine.addon.allocateBytes(bytes));
  }

  /** @throws as loadModel; nothing is left behind then */
  static async load(engine: Engine, artifact: Artifact, options: ResolvedLoadOptions): Promise<TorchModel> {
    const { addon, dispatcher } = engine;
    const { instances, maxPending, device, precision, outputDtype, optimize, signature, signal } = options;
    const handle = addon.createModel(instances, maxPending);
    const dispose = (): Promise<unknown> =>
      dispatcher.start((id) => {
        addon.dispose(id, handle);
      });
    try {
      const { value } = await dispatcher.start(
        (id) => {
          addon.load(id, handle, { bytes: artifact.bytes, device, precision, outputDtype, optimize });
        },
        { signal },
      );
      const said = fromWire(value) as unknown as Omit<ModelInfo, 'instances' | 'sha256' | 'artifactBytes'>;
      liveInstances += instances;
      warnOfCrowding(engine.threads.intraOp);
      const info = Object.freeze({
        ...said,
        instances,
        sha256: artifact.sha256,
        artifactBytes: artifact.bytes.byteLength,
      });
      addon.reportMemory(handle, info.parameterBytes);
      return new TorchModel(engine, handle, info, signature);
    } catch (error) {
      const disposal = dispose();
      // An aborted load ends in the background; a failed one has ended.
      if (!signal?.aborted) await disposal;
      throw error;
    }
  }

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
    { signal, timeoutMs }: RunOptions,
    { instance = -1, scratch = false }: Placement = {},
    onFinished?: () => void,
  ): Promise<Execution<T>> {
    this.#requireMethod(method);
    const wire = argumentsToWire(args);
    const { addon, dispatcher } = this.#engine;
    const limits: OperationLimits = {
      signal,
      timeoutMs,
      handle: this.#handle,
      onFinished: () => {
        --this.#pending;
        onFinished?.();
      },
    };
    const { value, timings } = await dispatcher.start((id) => {
      addon.run(id, this.#handle, method, wire.args, wire.kwargs, instance, scratch);
      ++this.#pending;
    }, limits);
    return { value: fromWire(value) as T, timings };
  }

  #checked(method: string, args: Arguments): Arguments {
    if (!this.signature || method !== 'forward') return args;
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
    const { addon, dispatcher } = this.#engine;
    if (!this.#disposal) liveInstances -= this.info.instances;
    return (this.#disposal ??= dispatcher
      .start((id) => {
        addon.dispose(id, this.#handle);
      })
      .then(() => undefined));
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

/** One model may not have more threads than there are cores (loadModel); several together may, and are slower then. */
function warnOfCrowding(intraOp: number): void {
  const cores = Math.max(1, Math.floor(availableCores()));
  if (crowded || liveInstances * intraOp <= cores) return;
  crowded = true;
  process.emitWarning(
    `All models together have ${liveInstances} instances of ${intraOp} threads for ${cores} cores`,
    'NodeLibtorchWarning',
  );
}
