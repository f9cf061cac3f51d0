import type { ModelHandle } from '../binding/addon.js';
import type { ModelInfo, RunOptions, Signature } from '../types.js';
import type { Artifact } from './artifact.js';
import { EngineModel, type Placement, type SubmissionHooks } from './engine-model.js';
import type { Engine } from './engine.js';
import type { Execution } from './model.js';
import type { ResolvedLoadOptions } from './options.js';
import { reconcile } from './reconcile-signature.js';
import { schemaSignature } from './schema-signature.js';
import { slabPool } from './slab-pool.js';
import { availableCores } from './threads.js';
import type { Arguments } from './value.js';
import { argumentsToWire, fromWire } from './wire.js';

/** Instances of all models of this environment that were loaded and not disposed. */
let liveInstances = 0;
/** Said once. */
let crowded = false;

/** A model of the native engine. */
export class TorchModel extends EngineModel {
  readonly #engine: Engine;
  readonly #handle: ModelHandle;

  private constructor(engine: Engine, handle: ModelHandle, info: ModelInfo, signature: Signature | undefined) {
    super(
      info,
      signature,
      slabPool((bytes) => engine.addon.allocateBytes(bytes)),
    );
    this.#engine = engine;
    this.#handle = handle;
  }

  /** @throws as loadModel; nothing is left behind then */
  static async load(engine: Engine, artifact: Artifact, options: ResolvedLoadOptions): Promise<TorchModel> {
    const { addon, dispatcher } = engine;
    const { instances, maxPending, signature, signal } = options;
    const { device, precision, outputDtype, optimize, operatorLibraries } = options;
    const handle = addon.createModel(instances, maxPending);
    const dispose = (): Promise<unknown> =>
      dispatcher.start((id) => {
        addon.dispose(id, handle);
      });
    try {
      const { value } = await dispatcher.start(
        (id) => {
          const { bytes } = artifact;
          addon.load(id, handle, { bytes, device, precision, outputDtype, optimize, operatorLibraries });
        },
        { signal },
      );
      const said = fromWire(value) as unknown as Omit<
        ModelInfo,
        'instances' | 'maxPending' | 'sha256' | 'artifactBytes'
      >;
      const info = Object.freeze({
        ...said,
        instances,
        maxPending,
        sha256: artifact.sha256,
        artifactBytes: artifact.bytes.byteLength,
      });
      const known = reconcile(schemaSignature(info.methods), signature, { mayRename: true });
      addon.reportMemory(handle, info.parameterBytes);
      const model = new TorchModel(engine, handle, info, known);
      liveInstances += instances;
      warnOfCrowding(engine.threads.intraOp);
      return model;
    } catch (error) {
      const disposal = dispose();
      // An aborted load ends in the background; a failed one has ended.
      if (!signal?.aborted) await disposal;
      throw error;
    }
  }

  protected override async start(
    method: string,
    args: Arguments,
    { signal, timeoutMs }: RunOptions,
    { instance = -1, scratch = false }: Placement,
    { accepted, finished }: SubmissionHooks,
  ): Promise<Execution> {
    const wire = argumentsToWire(args);
    const { addon, dispatcher } = this.#engine;
    const { value, timings } = await dispatcher.start(
      (id) => {
        addon.run(id, this.#handle, method, wire.args, wire.kwargs, instance, scratch);
        accepted();
      },
      { signal, timeoutMs, handle: this.#handle, onFinished: finished },
    );
    return { value: fromWire(value), timings };
  }

  protected override async free(): Promise<void> {
    liveInstances -= this.info.instances;
    const { addon, dispatcher } = this.#engine;
    await dispatcher.start((id) => {
      addon.dispose(id, this.#handle);
    });
  }
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
