import type { ModelHandle, NativeLoadOptions } from '../../addon/addon.js';
import { fromNative } from '../../addon/dispatcher.js';
import type { Artifact } from '../../model/artifact.js';
import { computeBudget } from '../../model/compute-budget.js';
import type { Busy, EngineModel, HeldExecution, Run } from '../../model/engine.js';
import type { ModelInfo } from '../../model/info.js';
import type { Execution } from '../../model/model.js';
import type { ResolvedLoadOptions } from '../../model/options.js';
import { availableCores } from '../../model/threads.js';
import type { Value } from '../../tensor/value.js';
import type { StartedAddon } from './started-addon.js';
import { FlatCalls } from './flat-calls.js';
import { argumentsToWire, fromWire } from './wire.js';

/** Instances of all models of this environment that were loaded and not disposed. */
let liveInstances = 0;
/** Said once. */
let crowded = false;

/** What the addon says of a model that it has loaded. */
interface NativeInfo extends Omit<ModelInfo, 'instances' | 'maxPending' | 'sha256' | 'artifactBytes'> {
  readonly boundedMethods: readonly string[];
  readonly callSpec: readonly string[];
  readonly program?: Value | undefined;
}

export interface OpenRequest {
  readonly started: StartedAddon;
  readonly artifact: Artifact;
  readonly options: ResolvedLoadOptions;
  /** What the addon reads: the artifact's bytes, or an unpacked package. */
  readonly source: Pick<NativeLoadOptions, 'bytes' | 'package' | 'program'>;
  /** Called once the addon has let go of everything, after a load that failed as well. */
  readonly freed?: () => Promise<void>;
}

/** A model that the addon holds. */
export class TorchSession implements EngineModel {
  readonly info: ModelInfo;
  /** Of a .pt2: the trees of inputs and outputs. */
  readonly callSpec: readonly string[];
  /** Of an exported program: what it takes and gives. */
  readonly program: Value | undefined;
  readonly boundedMethods: ReadonlySet<string>;
  /** Why no run may be on the calling thread. */
  readonly inlineOff: string | undefined;
  readonly #started: StartedAddon;
  readonly #handle: ModelHandle;
  readonly #flat: FlatCalls;
  readonly #freed: (() => Promise<void>) | undefined;

  private constructor(
    { started, freed, options }: OpenRequest,
    handle: ModelHandle,
    info: ModelInfo,
    { callSpec, program, boundedMethods }: Pick<NativeInfo, 'callSpec' | 'program' | 'boundedMethods'>,
  ) {
    this.#started = started;
    this.#handle = handle;
    this.#flat = new FlatCalls(started.addon, handle);
    this.#freed = freed;
    this.info = info;
    this.callSpec = callSpec;
    this.program = program;
    this.boundedMethods = new Set(boundedMethods);
    this.inlineOff = inlineOff(info, this.boundedMethods, options.runInline, started.threads.intraOp);
  }

  /**
   * Loads a model on threads of its own.
   * @throws as loadModel. Nothing is left behind then; an aborted load ends in the background.
   */
  static async open(request: OpenRequest): Promise<TorchSession> {
    const { started, artifact, options, source, freed } = request;
    const { addon, dispatcher, threads } = started;
    const { instances, maxPending, signal, device, precision, outputDtype, optimize, operatorLibraries } = options;
    const handle = addon.createModel(instances, maxPending);
    try {
      const { value } = await dispatcher.start(
        (id) => {
          const how = { device, precision, outputDtype, optimize, autograd: autogradOf(options), operatorLibraries };
          addon.load(id, handle, { ...source, ...how });
          artifact.release(); // the load keeps what it reads, and frees it when it ends
        },
        { signal },
      );
      const { callSpec, program, boundedMethods, statefulReason, ...said } = fromWire(value) as unknown as NativeInfo;
      const { sha256, size } = artifact;
      const why = statefulReason ? { statefulReason } : {};
      const info = { ...said, ...why, instances, maxPending, sha256, artifactBytes: size };
      addon.reportMemory(handle, info.parameterBytes);
      liveInstances += instances;
      warnOfCrowding(threads.intraOp);
      return new TorchSession(request, handle, info, { callSpec, program, boundedMethods });
    } catch (error) {
      const disposal = disposeHandle(started, handle).then(freed);
      if (!signal?.aborted) await disposal;
      throw error;
    }
  }

  async run({
    method,
    values,
    names,
    limits,
    accepted,
    finished,
    instance = -1,
    scratch = false,
  }: Run): Promise<HeldExecution> {
    const wire = argumentsToWire(values, names);
    const { addon, dispatcher } = this.#started;
    const { signal, timeoutMs } = limits;
    const { value, timings, heldMs } = await dispatcher.start(
      (id) => {
        addon.run(id, this.#handle, method, wire, instance, scratch);
        accepted();
      },
      { signal, timeoutMs, handle: this.#handle, onFinished: finished },
    );
    return { value: fromWire(value), timings, heldMs };
  }

  runHere(
    { method, values, names, accepted, finished }: Run,
    held: (heldMs: number, runMs: number) => void,
  ): Execution | undefined {
    const flat = this.#flat;
    const outcome =
      flat.run(method, values) ?? this.#started.addon.runHere(this.#handle, method, argumentsToWire(values, names));
    if (!outcome) return undefined;
    accepted();
    finished();
    if (outcome === true) {
      const { runMs } = flat;
      held(flat.heldMs, runMs);
      return { value: flat.result(), timings: { queueMs: 0, runMs } };
    }
    const [error, value, runMs, heldMs] = outcome;
    held(heldMs, runMs);
    if (error) throw fromNative(error);
    return { value: fromWire(value), timings: { queueMs: 0, runMs } };
  }

  busy(): Busy {
    const [running, oldestMs, youngestMs] = this.#started.addon.busy(this.#handle);
    return { running, oldestMs, youngestMs };
  }

  async free(): Promise<void> {
    liveInstances -= this.info.instances;
    await disposeHandle(this.#started, this.#handle);
    await this.#freed?.();
  }
}

/** Why runs of a model must not be on the calling thread; undefined where those that are short may be. */
function inlineOff(
  { device, stateful, autograd }: ModelInfo,
  bounded: ReadonlySet<string>,
  runInline: boolean,
  intraOp: number,
): string | undefined {
  if (!runInline) return 'runInline is false';
  if (device.device !== 'cpu') return `it runs on ${device.device}`;
  if (intraOp !== 1) return `a run has ${intraOp} intra-op threads`;
  if (stateful) return 'it keeps state';
  if (autograd) return 'it takes gradients';
  if (bounded.size === 0)
    return 'its methods hold loops, custom operators or sizes that hang on elements, or do not say';
  return undefined;
}

function autogradOf({ autograd }: ResolvedLoadOptions): string {
  if (autograd === undefined) return 'auto';
  return autograd ? 'on' : 'off';
}

async function disposeHandle({ addon, dispatcher }: StartedAddon, handle: ModelHandle): Promise<void> {
  await dispatcher.start((id) => {
    addon.dispose(id, handle);
  });
}

/** One model may not have more threads than there are cores (loadModel); several together may, and are slower then. */
function warnOfCrowding(intraOp: number): void {
  const cores = Math.max(1, Math.floor(availableCores()));
  // With a compute budget they take turns.
  if (crowded || liveInstances * intraOp <= cores || computeBudget.slots <= cores) return;
  crowded = true;
  process.emitWarning(
    `The models of this process may use ${liveInstances * intraOp} threads at once on ${cores} cores: all are slower while all run; fewer instances or threads avoid it (docs/threads.md)`,
    'NodeLibtorchWarning',
  );
}
