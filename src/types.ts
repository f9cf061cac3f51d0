/** Types shared by every layer: dtypes, model options, signatures. No code. */

export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

/** A dimension of a signature: a size, or null for any. */
export type Dimension = number | null;

/** Inclusive bounds of a dimension whose size is null; `max` may be Infinity. */
export interface DimensionBounds {
  readonly min: number;
  readonly max: number;
}

/** One input or output of a model's signature. */
export interface TensorSpec {
  readonly name: string;
  /** Null where nobody says, which takes any. A registry record always says it of a tensor. */
  readonly dtype: DType | null;
  /** Null where nobody says, which takes any rank. A registry record always says it of a tensor. */
  readonly shape: readonly Dimension[] | null;
  /**
   * For what is no tensor, or not always one: its type as the model's own schema has it, e.g. `int`, `List[Tensor]`,
   * `Optional[Tensor]`. What is no tensor is then checked by the engine.
   */
  readonly type?: string;
  /** An input that may be left out: the model has a default for it. */
  readonly optional?: boolean;
  /** For each dimension its bounds; null where it has none. */
  readonly bounds?: readonly (DimensionBounds | null)[];
  /** For each dimension its name; null where it has none. Dimensions of one name have one size in every call. */
  readonly symbols?: readonly (string | null)[];
  /** Inclusive bounds of every element. */
  readonly range?: readonly [min: number, max: number];
  /** What each position of the last dimension stands for, e.g. the classes. */
  readonly labels?: readonly string[];
}

/** What `forward` takes and returns. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** What the outputs mean. */
  readonly task?: Task;
}

/** One class for each row. */
export interface ClassificationTask {
  readonly type: 'classification';
  /** `softmax`: outputs are logits and softmax is applied when serving; `none`: they are probabilities already. */
  readonly activation: 'softmax' | 'none';
  readonly labels: readonly string[];
  readonly image?: ImageSpec;
}

/** Any number of labels for each row. */
export interface MultiLabelTask {
  readonly type: 'multi-label';
  /** `sigmoid`: outputs are logits; `none`: they are probabilities already. */
  readonly activation: 'sigmoid' | 'none';
  readonly labels: readonly string[];
  /** A label is given from this probability on, inclusive. */
  readonly threshold: number;
  readonly image?: ImageSpec;
}

/** A vector for each text, or whatever else goes in. */
export interface EmbeddingTask {
  readonly type: 'embedding';
  /** How the vectors of tokens become one: their `mean` without padding, the first (`cls`), or the output is one already. */
  readonly pooling: 'mean' | 'cls' | 'none';
  /** Scale to length 1. */
  readonly normalize: boolean;
  /** With `mean`: the input that tells tokens from padding. Default `attention_mask`. */
  readonly attentionMask?: string;
  readonly image?: ImageSpec;
}

export type Task =
  ClassificationTask | MultiLabelTask | EmbeddingTask | { readonly type: 'other'; readonly image?: ImageSpec };

/** How an image becomes an input: float32, `[images, channels, height, width]`. */
export interface ImageSpec {
  /** Height and width of the input; one number for a square. */
  readonly size: number | readonly [height: number, width: number];
  /**
   * `crop` (default): the shortest side is brought to `shortestSide` and the middle cut out, as torchvision's recipe for
   * ImageNet; `stretch`: both sides to the size, whatever the proportions; `letterbox`: as large as fits, bars around.
   */
  readonly resize?: 'crop' | 'stretch' | 'letterbox';
  /** With `crop`. Default: the larger number of `size`. */
  readonly shortestSide?: number;
  /** Default `bilinear`; all of them with antialiasing. */
  readonly interpolation?: 'bilinear' | 'bicubic' | 'lanczos';
  /** 3 (default): red, green, blue. 1: luma, as PIL's mode L. */
  readonly channels?: 1 | 3;
  /** What pixels of 0 to 255 are divided by. Default 255. */
  readonly divisor?: number;
  /** Of each channel, taken off after the division. Default 0. */
  readonly mean?: readonly number[];
  /** Of each channel, divided by after that. Default 1. */
  readonly std?: readonly number[];
  /** Red, green, blue from 0 to 255, behind transparent pixels and in the bars of a letterbox. Default white. */
  readonly background?: readonly [red: number, green: number, blue: number];
}

export type EngineName = 'torchscript' | 'aotinductor' | 'onnx';
export type Precision = 'auto' | 'fp32' | 'fp16' | 'bf16';
/** How far an output may be from the true one: absolute + relative × the output's own scale. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** By precision; `auto` is the artifact's own dtypes. */
export type Tolerances = { readonly [P in Precision]?: Tolerance };

export type Optimize = 'none' | 'freeze' | 'inference';

/** How a model is brought up. Every member is optional. */
export interface LoadOptions {
  /** By default taken from the file's extension: `.pt .pts .jit` torchscript, `.pt2` aotinductor, `.onnx` onnx. */
  engine?: EngineName;
  /** `auto` (default): CUDA when LibTorch has it and a device answers, else the CPU. `cuda:1` names a device. */
  device?: string;
  /** `auto` (default): the artifact's own dtypes, on every device. */
  precision?: Precision;
  /** With a converted precision, outputs come back as `float32` (default) or in the model's `native` dtype. */
  outputDtype?: 'float32' | 'native';
  /** Concurrent executions of this model, default 1. instances × intra-op threads may not exceed the cores. */
  instances?: number;
  /** Runs waiting, default 1024; one more is refused with ERR_QUEUE_FULL. */
  maxPending?: number;
  /**
   * TorchScript: `freeze` (default) folds weights into the graph, `inference` also rewrites it for oneDNN. ONNX: `none`
   * runs the graph as it is, the others with all of ONNX Runtime's optimisations.
   */
  optimize?: Optimize;
  /**
   * Names, dtypes, shapes and ranges that inputs are checked against. It adds to what the artifact says of itself and may
   * narrow it; a contradiction refuses the model with ERR_SIGNATURE_MISMATCH. No outputs: the artifact's.
   */
  signature?: Signature;
  /**
   * Shared libraries that register operators the model calls, opened before it is read, once for the whole process. Paths;
   * never names that the system would look up. They run as native code of this process.
   */
  operatorLibraries?: readonly string[];
  /** Lower-case hex; other bytes are refused with ERR_INTEGRITY. */
  sha256?: string;
  /** ONNX: the digests of the files that hold external data, by name. With `sha256` every such file needs one. */
  externalSha256?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

export interface RunOptions {
  /** Rejects with `signal.reason`. A run that has started keeps its slot until it ends. */
  signal?: AbortSignal;
  /** Milliseconds from the call until ERR_TIMEOUT. */
  timeoutMs?: number;
}

/** One argument or result of a method, as the model's own schema declares it. */
export interface MethodArgument {
  readonly name: string;
  /** The TorchScript type, e.g. `Tensor`, `int`, `Optional[List[int]]`. */
  readonly type: string;
  readonly hasDefault: boolean;
}

export interface MethodSchema {
  readonly name: string;
  readonly args: readonly MethodArgument[];
  readonly returns: readonly string[];
}

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

/** How long one run took, in milliseconds of a monotonic clock. */
export interface RunTimings {
  /** From submission until a worker took it. */
  readonly queueMs: number;
  /** Inside the engine. */
  readonly runMs: number;
}
