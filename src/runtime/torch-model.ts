import type { ModelHandle } from '../binding/addon.js';
import type { OperationLimits } from '../binding/dispatcher.js';
import { describe, expected, torchError } from '../errors.js';
import type { ModelInfo, RunOptions, Signature } from '../types.js';
import type { Artifact } from './artifact.js';
import type { Engine } from './engine.js';
import type { Execution, Model, WarmupOptions, WarmupReport } from './model.js';
import { checkRunOptions, type ResolvedLoadOptions } from './options.js';
import { checkedArguments } from './signature.js';
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

/** A model of the native engine. */
export class TorchModel implements Model {
  readonly info: ModelInfo;
  readonly signature: Signature | undefined;
  readonly #engine: Engine;
  readonly #handle: ModelHandle;
  #pending = 0;
  #disposal: Promise<void> | undefined;
  #warmupReport: WarmupReport | undefined;

  private constructor(engine: Engine, handle: ModelHandle, info: ModelInfo, signature: Signature | undefined) {
    this.#engine = engine;
    this.#handle = handle;
    this.info = info;
    this.signature = signature;
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
    const checked = this.signature && method === 'forward' ? checkedArguments(this.signature, args) : args;
    return this.submit<T>(method, checked, options);
  }

  async warmup(options: WarmupOptions = {}): Promise<WarmupReport> {
    this.#warmupReport = await warmUp(this, options);
    return this.#warmupReport;
  }

  /** Runs without checking against the signature. @internal */
  async submit<T extends Value>(
    method: string,
    args: Arguments,
    { signal, timeoutMs }: RunOptions,
    { instance = -1, scratch = false }: Placement = {},
  ): Promise<Execution<T>> {
    if (this.#disposal) throw torchError('ERR_DISPOSED', 'The model was disposed');
    if (!this.info.methods.some(({ name }) => name === method)) {
      const known = this.info.methods.map(({ name }) => name).join(', ');
      throw torchError('ERR_METHOD_NOT_FOUND', `Expected one of the methods ${known} but received ${describe(method)}`);
    }
    const wire = argumentsToWire(args);
    const { addon, dispatcher } = this.#engine;
    const limits: OperationLimits = {
      signal,
      timeoutMs,
      handle: this.#handle,
      onFinished: () => {
        --this.#pending;
      },
    };
    const { value, timings } = await dispatcher.start((id) => {
      addon.run(id, this.#handle, method, wire.args, wire.kwargs, instance, scratch);
      ++this.#pending;
    }, limits);
    return { value: fromWire(value) as T, timings };
  }

  dispose(): Promise<void> {
    const { addon, dispatcher } = this.#engine;
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
