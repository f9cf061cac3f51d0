import type { Precision } from '../tensor/dtype.js';
import type { MethodSchema } from '../signature/spec.js';
import type { Optimize } from './options.js';

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

export interface ExternalFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What is known of a loaded model. */
export interface ModelInfo {
  readonly engine: EngineName;
  readonly device: DeviceChoice;
  readonly precision: Precision;
  /** What was done: for ONNX `none` or `all`. */
  readonly optimize: Optimize | 'all';
  readonly instances: number;
  /** Runs that may wait for an instance. */
  readonly maxPending: number;
  readonly methods: readonly MethodSchema[];
  /** The graph sets attributes of the module when it runs. */
  readonly stateful: boolean;
  readonly sha256: string;
  /** Bytes of the artifact, and of parameters and buffers once loaded. */
  readonly artifactBytes: number;
  /** Files beside the artifact that hold weights (ONNX's external data). */
  readonly externalFiles?: readonly ExternalFile[];
  readonly parameterBytes: number;
  /** Things worth knowing that did not stop the load, e.g. a model that could not be frozen. */
  readonly warnings: readonly string[];
}
