import * as check from '../check.js';
import { describe, expected, torchError } from '../errors.js';
import type { EngineName, Optimize } from './info.js';
import { availableCores } from './threads.js';
import type { Precision } from '../tensor/dtype.js';
import { Tensor } from '../tensor/tensor.js';
import type { Signature } from '../signature/spec.js';
import { checkSha256 } from './artifact.js';
import { copied } from './frozen.js';
import { checkSignature } from '../signature/check.js';

/** How a model is brought up. Every member is optional. */
export interface LoadOptions {
  /**
   * By default taken from the file's extension: `.pt .pts .jit .pth .ts .ptl .torchscript` torchscript, `.onnx .ort` onnx; from its
   * content for `.pt2`, which is an exported program (export) or a compiled package (aotinductor), and for other extensions. A
   * package with both runs as an exported program.
   */
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
   * TorchScript: `freeze` (default) folds weights into the graph, `inference` also rewrites it for oneDNN. Exported programs: `none`
   * runs the graph as it is, the others fold and rewrite what changes no answer beyond rounding. ONNX: `none`
   * runs the graph as it is, the others with all of ONNX Runtime's optimisations.
   */
  optimize?: Optimize;
  /**
   * TorchScript: whether runs have gradient mode on, as a model needs that takes gradients itself (forces as −dE/dx). Default:
   * where its graph calls `torch.autograd.grad`, `backward` or `requires_grad_`. `true` for models whose own operators take
   * gradients; it cannot be had with `optimize: 'inference'`. Weights take no part, and outputs are detached.
   */
  autograd?: boolean;
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
  /**
   * ONNX: a folder that symbolic links among the files of external data may lead into, such as that of a Hugging Face
   * cache. Default none: then a link is refused with ERR_UNSAFE_ARCHIVE.
   */
  externalDataRoot?: string;
  /**
   * Default true: a run that is known to be short is done on the calling thread while the model is idle and calls come one by one,
   * which spares the way to another thread and back. Known are, of TorchScript and exported programs on the CPU with one intra-op
   * thread, methods without loops, custom operators, state and sizes that hang on elements, in shapes of which 20 runs took less
   * than 0.1 ms of a worker (one that takes longer takes away five of them). There is at most one such run a turn of the event
   * loop, and after one of over 1 ms none for 5 s, and
   * twice as long each time that they were few since. `false`: none at all.
   */
  runInline?: boolean;
  signal?: AbortSignal;
}

export interface RunOptions {
  /** Rejects with `signal.reason`. A run that has started keeps its slot until it ends. */
  signal?: AbortSignal;
  /** Milliseconds from the call until ERR_TIMEOUT. */
  timeoutMs?: number;
}

/** What a run of a `Model` takes. */
export interface ModelRunOptions extends RunOptions {
  /**
   * ONNX: the outputs to return, by name, in this order; one comes back as a value of its own. Default all. Every other
   * engine refuses it: a TorchScript method returns what it returns.
   */
  outputs?: readonly string[];
}

export type ResolvedLoadOptions = Required<
  Omit<LoadOptions, 'engine' | 'autograd' | 'signature' | 'sha256' | 'externalSha256' | 'externalDataRoot' | 'signal'>
> &
  Pick<LoadOptions, 'autograd' | 'signature' | 'sha256' | 'externalSha256' | 'externalDataRoot' | 'signal'>;

const choices = {
  precision: ['auto', 'fp32', 'fp16', 'bf16'],
  outputDtype: ['float32', 'native'],
  optimize: ['none', 'freeze', 'inference'],
} as const;
const known = [
  ...['engine', 'device', 'instances', 'maxPending', 'operatorLibraries', 'signature', 'sha256', 'externalSha256'],
  ...['autograd', 'externalDataRoot', 'runInline', 'signal', ...Object.keys(choices)],
];

/**
 * Checks the options that every engine has and fills in defaults; `engine` is checked against the table of engines.
 * @throws ERR_INVALID_ARGUMENT for an unknown option or a value it cannot have
 */
export function resolveLoadOptions(options: LoadOptions): ResolvedLoadOptions {
  check.options('loadModel', options, known);
  for (const [name, allowed] of Object.entries(choices)) {
    const value = options[name as keyof typeof choices];
    if (value !== undefined) check.oneOf(name, value, allowed);
  }
  if (options.sha256 !== undefined) checkSha256(options.sha256);
  if (options.externalSha256 !== undefined) {
    check.object('externalSha256', options.externalSha256);
    for (const digest of Object.values(options.externalSha256)) checkSha256(digest);
  }
  if (options.externalDataRoot !== undefined && !isPath(options.externalDataRoot)) {
    throw expected('a path', 'externalDataRoot', options.externalDataRoot);
  }
  const signature = options.signature && copied('signature', options.signature);
  if (signature !== undefined) checkSignature(signature);
  check.signal(options.signal);
  checkAutograd(options);
  const { instances = 1, maxPending = 1024, device = 'auto', operatorLibraries = [], runInline = true } = options;
  checkOperatorLibraries(operatorLibraries);
  check.boolean('runInline', runInline);
  check.integer('instances', instances, 1, 256);
  check.integer('maxPending', maxPending, 0, 1_000_000);
  if (typeof device !== 'string') throw expected("'auto', 'cpu', 'cuda' or 'cuda:<index>'", 'device', device);
  return {
    device,
    precision: options.precision ?? 'auto',
    outputDtype: options.outputDtype ?? 'float32',
    instances,
    maxPending,
    optimize: options.optimize ?? 'freeze',
    operatorLibraries,
    runInline,
    ...(options.autograd !== undefined && { autograd: options.autograd }),
    ...(signature && { signature }),
    ...(options.sha256 !== undefined && { sha256: options.sha256 }),
    ...(options.externalSha256 && { externalSha256: options.externalSha256 }),
    ...(options.externalDataRoot !== undefined && { externalDataRoot: options.externalDataRoot }),
    ...(options.signal && { signal: options.signal }),
  };
}

/** @throws ERR_INVALID_ARGUMENT for what is no boolean, and for a rewrite that gradients do not survive */
function checkAutograd({ autograd, optimize }: LoadOptions): void {
  if (autograd === undefined) return;
  check.boolean('autograd', autograd);
  if (!autograd || optimize !== 'inference') return;
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    "Expected optimize 'freeze' or 'none' with autograd: true but received 'inference', which rewrites the graph for runs without gradients",
  );
}

/** Options that every run takes. */
export const runOptions: readonly string[] = ['signal', 'timeoutMs'];

/** run(x, y) instead of run([x, y]): the members of a second input would be refused as options that nobody knows. */
function requireNoInput(options: unknown): void {
  const isTensor = options instanceof Tensor;
  if (!isTensor && !Array.isArray(options) && !ArrayBuffer.isView(options)) return;
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected an object for the options of a run but received ${isTensor ? 'a second tensor' : describe(options)}: ` +
      'several inputs go as one array or object, run([a, b]) or run({ a, b })',
  );
}

/**
 * Checks the options of a run.
 * @param known names of all that it may have; the caller checks those beyond `runOptions`
 * @param internal names that only this package gives
 * @throws ERR_INVALID_ARGUMENT
 */
export function checkRunOptions(
  options: RunOptions,
  known: readonly string[] = runOptions,
  internal: readonly string[] = [],
): void {
  requireNoInput(options);
  check.options('a run', options, known, internal);
  const { signal, timeoutMs } = options;
  check.signal(signal);
  if (timeoutMs !== undefined) check.milliseconds('timeoutMs', timeoutMs);
}

/**
 * Checks a choice of outputs.
 * @param known those that the engine can choose from; undefined for one that cannot
 * @throws ERR_INVALID_ARGUMENT
 */
export function checkOutputs(outputs: unknown, known: readonly string[] | undefined): void {
  if (!known) {
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      'Expected no outputs for a run of this model: its method returns all that it returns (ONNX models have the choice)',
    );
  }
  if (!Array.isArray(outputs) || outputs.length === 0) throw expected('an array of names', 'outputs', outputs);
  for (const [i, name] of (outputs as readonly unknown[]).entries()) {
    if (!(known as readonly unknown[]).includes(name))
      throw expected(`one of ${known.join(', ')}`, `outputs[${i}]`, name);
    if (outputs.indexOf(name) !== i) throw expected('each output once', `outputs[${i}]`, name);
  }
}

/** @throws ERR_INVALID_ARGUMENT when one model's instances would have more threads than there are cores */
export function checkThreads(intraOp: number, instances: number): void {
  const cores = Math.max(1, Math.floor(availableCores()));
  if (instances * intraOp <= cores) return;
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected instances × intra-op threads to be at most the ${cores} cores but received ${instances} × ${intraOp}; ` +
      'lower instances, or intraOpThreads with runtime.configure() before the first load',
  );
}

const maxLibraries = 64;

/** @throws ERR_INVALID_ARGUMENT unless it is a list of paths */
function checkOperatorLibraries(paths: unknown): asserts paths is readonly string[] {
  const ok = Array.isArray(paths) && paths.length <= maxLibraries && paths.every(isPath);
  if (!ok) throw expected(`an array of at most ${maxLibraries} paths`, 'operatorLibraries', paths);
}

function isPath(path: unknown): boolean {
  return typeof path === 'string' && path !== '' && !path.includes('\0');
}
