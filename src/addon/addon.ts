/**
 * The native addon as it really is: every function that native/binding exports, typed by hand. Nothing outside
 * src/addon and src/engines imports this.
 */

/** A tensor on the wire; Tensor has this shape by itself. */
export interface NativeTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
}

/** Dicts are two lists, so that any key and any order survives. */
export interface NativeDict {
  readonly keys: readonly NativeValue[];
  readonly values: readonly NativeValue[];
}

export type NativeValue =
  null | boolean | number | bigint | string | NativeTensor | NativeDict | readonly NativeValue[];

/** A model's native half; opaque, type-tagged. */
export interface ModelHandle {
  readonly __modelHandle: unique symbol;
}

export interface NativeLoadOptions {
  /** From allocateArtifact; must not be written to after the call. */
  readonly bytes: ArrayBuffer;
  readonly device: string;
  readonly precision: string;
  readonly outputDtype: string;
  readonly optimize: string;
  /** `auto`, `on` or `off`. */
  readonly autograd: string;
  /** Absolute paths. */
  readonly operatorLibraries: readonly string[];
  /** A compiled package that was unpacked, as native/engine/aoti/compiled_package.h reads it; the bytes are not used then. */
  readonly package?: NativeDict;
  /** A file of torch.export.save: where its parts lie in the bytes, as native/engine/export/package.h reads it. */
  readonly program?: NativeDict;
}

export interface NativeError {
  readonly code: string;
  /** One sentence, the useful one. */
  readonly message: string;
  /** What to do, for a common mistake. */
  readonly hint?: string;
  /** Where in the model's code. */
  readonly trace?: string;
}

/**
 * Flat groups of six: id, error or null, value, queueMs, runMs, heldMs (what the work took of its thread). An id below 0 is nobody's. `more`: the rest of what has
 * gathered comes when `deliver` is called, which must be in another turn of the event loop.
 */
type OnSettled = (group: readonly unknown[], more: boolean) => void;

/**
 * Functions that take an id return at once; the outcome comes to onSettled. They throw an Error with a `code` for what is
 * wrong with the call itself.
 */
export interface Addon {
  /** Once per environment. Thread counts are the process's: the first call's win and are returned. */
  initialise(onSettled: OnSettled, intraOpThreads: number, interOpThreads: number): NativeDict;
  /** May take a second, the first time: for a process that has nothing else to do. */
  runtimeInfo(): NativeDict;
  /** Settles with the same. */
  readRuntimeInfo(id: number): void;
  /** Seeds every default generator of the process. Settles when that is done. @param seed 64 bits */
  manualSeed(id: number, seed: bigint): void;
  /** Why devices have failed, by their names. */
  deviceFailures(): NativeDict;
  dtypes(): readonly (readonly [name: string, bytes: number])[];
  /** `families`: what exported programs may call, [family, reason, names] each; `missing`: what LibTorch lacks of it. */
  exportOperators(): NativeDict;
  /** Memory for a model file. */
  allocateArtifact(bytes: number): ArrayBuffer;
  /**
   * Gives the memory of a buffer back without waiting for the collector: allocateArtifact's, which reads as zeros from then
   * on, as soon as no load needs it; another buffer is detached.
   */
  releaseArtifact(buffer: ArrayBuffer): void;
  /** Memory that runs read in place, where other inputs are copied. */
  allocateBytes(bytes: number): ArrayBuffer;
  /** Whether nothing refers to the memory of allocateBytes but its buffer: no run, and no model that kept an input. */
  isFree(buffer: ArrayBuffer): boolean;
  /**
   * Reads the JSON array of numbers that opens at `begin` into `out`, and [end, min, max] into `found`. Returns how many
   * there are; 0 when it is not an array of plain numbers that fits.
   */
  parseNumbers(bytes: Uint8Array, begin: number, out: Float32Array, found: Float64Array): number;
  /** Calls onSettled with more of what has gathered. */
  deliver(): void;
  holdLoop(hold: boolean): void;
  shutdown(): void;
  createModel(instances: number, maxPending: number): ModelHandle;
  load(id: number, handle: ModelHandle, options: NativeLoadOptions): void;
  /**
   * @param args by position; undefined takes the default
   * @param worker pins the run to an instance; -1 leaves it free
   * @param scratch runs on a deep copy of the model
   */
  run(
    id: number,
    handle: ModelHandle,
    method: string,
    args: readonly (NativeValue | undefined)[],
    worker: number,
    scratch: boolean,
  ): void;
  /**
   * Runs on this thread, if nothing of the model runs or waits: the event loop waits for it.
   * @returns error or null, value, runMs, heldMs: what the run itself took of the thread; undefined where it did not
   */
  runHere(
    handle: ModelHandle,
    method: string,
    args: readonly (NativeValue | undefined)[],
  ): readonly [error: NativeError | null, value: NativeValue, runMs: number, heldMs: number] | undefined;
  /**
   * As `runHere`, where all arguments are tensors.
   * @param numbers how many tensors; then of each its dtype (its place in `dtypes()`), its rank and its dimensions
   * @param bytes where a result that is one tensor is written, if it has room
   * @returns true for such a result, and `numbers` is then [runMs, heldMs, dtype, rank, dimensions...]; all else as `runHere`
   */
  runTensors(
    handle: ModelHandle,
    method: string,
    numbers: Float64Array,
    bytes: Uint8Array,
    ...data: readonly ArrayBufferView[]
  ): true | ReturnType<Addon['runHere']>;
  /** Whether the run had not started; it will not settle then. */
  cancel(id: number, handle: ModelHandle): boolean;
  /** Runs in execution, and the milliseconds of the oldest and of the youngest (0 without one). Never waits for a run. */
  busy(handle: ModelHandle): readonly [running: number, oldestMs: number, youngestMs: number];
  dispose(id: number, handle: ModelHandle): void;
  reportMemory(handle: ModelHandle, bytes: number): void;
  /** Locks a file for as long as this environment lives, making it if need be; -1 when somebody holds it. */
  lockFile(path: string): number;
  unlockFile(lock: number): void;
}
