import type { Precision } from '../tensor/dtype.js';
import type { MethodSchema } from '../signature/spec.js';

/**
 * What is done to a graph when it is loaded: `none` leaves it as it is; `freeze` folds weights and attributes into it;
 * `inference` also rewrites it for oneDNN.
 */
export type Optimize = 'none' | 'freeze' | 'inference';

/**
 * The engines that there are: each adds its name, beside its row of the table in `engines/`.
 * @public
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface EngineNames {}

/** Which engine runs a model: its file format. */
export type EngineName = keyof EngineNames;

/** Where a model ended up and why. */
export interface DeviceChoice {
  /** `cpu`, `cuda:0`, … */
  readonly device: string;
  /** One sentence: what was asked, what was found. */
  readonly reason: string;
}

/** A file beside an ONNX model that holds weights. */
export interface ExternalFile {
  /** Its name in the model's folder. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** Of its content, 64 lower-case hex digits. */
  readonly sha256: string;
}

/** A file that was saved beside a TorchScript model (`_extra_files`). */
export interface ExtraFile {
  /** As it was saved, e.g. `config.txt`. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** Its content: for UTF-8 text of at most 64 KiB, as long as all of them have at most 1 MiB; undefined for others. */
  readonly text?: string;
}

/** What is known of a loaded model. It does not change while the model lives. */
export interface ModelInfo {
  /** What runs it. */
  readonly engine: EngineName;
  /** Where it runs, and why there. */
  readonly device: DeviceChoice;
  /** As asked for: `auto` is the artifact's own dtypes. */
  readonly precision: Precision;
  /** What was done: for ONNX `none` or `all`. */
  readonly optimize: Optimize | 'all';
  /** Runs at the same time. */
  readonly instances: number;
  /** Runs that may wait for an instance; one more is refused with ERR_QUEUE_FULL. */
  readonly maxPending: number;
  /** The methods that `call` takes, with their arguments and results; `forward` alone for `.pt2` and ONNX. */
  readonly methods: readonly MethodSchema[];
  /** A run may change what later runs compute. Such a model has one instance and takes no batches. */
  readonly stateful: boolean;
  /** What makes it stateful: which method writes to what by which operator, or what could not be decided. */
  readonly statefulReason?: string;
  /**
   * Equal inputs may give different answers, since a run draws random numbers. False for a `.ort` file,
   * which does not say.
   */
  readonly random: boolean;
  /** Runs in gradient mode, since it takes gradients itself (forces of an energy). See `LoadOptions.autograd`. */
  readonly autograd: boolean;
  /** Of the artifact's bytes, 64 lower-case hex digits. */
  readonly sha256: string;
  /** Size of the artifact. */
  readonly artifactBytes: number;
  /** Files beside the artifact that hold weights (ONNX's external data); undefined where there are none. */
  readonly externalFiles?: readonly ExternalFile[];
  /** Files that were saved in a TorchScript archive beside the model, at most 256; undefined where there are none. */
  readonly extraFiles?: readonly ExtraFile[];
  /** Bytes of parameters and buffers once loaded. */
  readonly parameterBytes: number;
  /** Things worth knowing that did not stop the load, e.g. a model that could not be frozen. */
  readonly warnings: readonly string[];
}
