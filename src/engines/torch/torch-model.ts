import type { ModelHandle, NativeLoadOptions } from '../../addon/addon.js';
import type { ModelInfo } from '../../model/info.js';
import type { RunOptions } from '../../model/options.js';
import type { Signature } from '../../signature/spec.js';
import type { Artifact } from '../../model/artifact.js';
import { EngineModel, type Placement, type SubmissionHooks } from '../../model/base.js';
import type { Engine } from './engine.js';
import type { Execution } from '../../model/model.js';
import type { ResolvedLoadOptions } from '../../model/options.js';
import { reconcile } from '../../signature/reconcile.js';
import { schemaSignature } from '../../signature/torch-type.js';
import { slabPool } from '../../model/slab-pool.js';
import { availableCores } from '../../model/threads.js';
import type { Arguments } from '../../tensor/value.js';
import { argumentsToWire, fromWire } from './wire.js';

/** Instances of all models of this environment that were loaded and not disposed. */
let liveInstances = 0;
/** Said once. */
let crowded = false;

/** What the addon says of a model that it has loaded. */
interface NativeInfo extends Omit<ModelInfo, 'instances' | 'maxPending' | 'sha256' | 'artifactBytes'> {
  readonly callSpec: readonly string[];
}

/** What a load came to. */
export interface Loaded {
  readonly engine: Engine;
  readonly handle: ModelHandle;
  readonly info: ModelInfo;
  readonly signature: Signature | undefined;
  /** Of a compiled package: the trees of inputs and outputs. */
  readonly callSpec: readonly string[];
  /** To go into the info beside the engine's own. */
  readonly warnings?: readonly string[];
}

/** A model of the native engine. */
export class TorchModel extends EngineModel {
  readonly #engine: Engine;
  readonly #handle: ModelHandle;

  protected constructor({ engine, handle, info, signature, warnings = [] }: Loaded) {
    super(
      Object.freeze({ ...info, warnings: Object.freeze([...info.warnings, ...warnings]) }),
      signature,
      slabPool((bytes) => engine.addon.allocateBytes(bytes)),
    );
    this.#engine = engine;
    this.#handle = handle;
  }

  /** @throws as loadModel; nothing is left behind then */
  static load(engine: Engine, artifact: Artifact, options: ResolvedLoadOptions): Promise<TorchModel> {
    const { bytes } = artifact;
    return TorchModel.bringUp(engine, artifact, options, { bytes }, noCleanUp, (loaded) => {
      const { info, signature } = loaded;
      return new TorchModel({
        ...loaded,
        signature: reconcile(schemaSignature(info.methods), signature, { mayRename: true }),
      });
    });
  }

  /**
   * @param freed called after a load that failed, when the engine has let go of everything
   * @internal
   */
  static async bringUp<T extends TorchModel>(
    engine: Engine,
    artifact: Artifact,
    options: ResolvedLoadOptions,
    native: Pick<NativeLoadOptions, 'bytes' | 'package'>,
    freed: () => Promise<void>,
    make: (loaded: Loaded) => T,
  ): Promise<T> {
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
          addon.load(id, handle, { ...native, device, precision, outputDtype, optimize, operatorLibraries });
        },
        { signal },
      );
      const { callSpec, ...said } = fromWire(value) as unknown as NativeInfo;
      const { sha256, bytes } = artifact;
      const info = { ...said, instances, maxPending, sha256, artifactBytes: bytes.byteLength };
      const model = make({ engine, handle, info, signature, callSpec });
      addon.reportMemory(handle, info.parameterBytes);
      liveInstances += instances;
      warnOfCrowding(engine.threads.intraOp);
      return model;
    } catch (error) {
      const disposal = dispose().then(freed);
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

function noCleanUp(): Promise<void> {
  return Promise.resolve();
}
