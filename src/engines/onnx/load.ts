import { onAbort } from '../../async/ticket.js';
import { expected, torchError } from '../../errors.js';
import type { ModelInfo } from '../../model/info.js';
import type { Artifact } from '../../model/artifact.js';
import { LoadedModel } from '../../model/loaded-model.js';
import { checkThreads, type ResolvedLoadOptions } from '../../model/options.js';
import type { ArtifactSource } from '../../model/source.js';
import { fixIntraOpThreads } from '../../model/threads.js';
import { reconcile } from '../../signature/reconcile.js';
import { InstanceQueue } from '../remote/instance-queue.js';
import { readExternalData } from './external-data.js';
import type { ModelSummary } from './model-proto.js';
import { OnnxSession } from './session.js';
import { findOnnxRuntime } from './peer.js';
import type { SessionReply } from './protocol.js';
import { sharedBytes } from './shared-bytes.js';
import { startOnnxThread, type OnnxThread } from './onnx-thread.js';
import { supportedValues, withInferredShapes, type OnnxValue } from './values.js';

/**
 * Loads an ONNX model: one worker thread with a session of its own for each instance. The bytes that were hashed, of the
 * model and of its external data, are those that ONNX Runtime gets.
 * @throws as loadModel, and ERR_ONNXRUNTIME_NOT_FOUND, ERR_ONNXRUNTIME_LOAD, ERR_UNSUPPORTED_TYPE
 */
export async function loadOnnxModel(source: ArtifactSource, options: ResolvedLoadOptions): Promise<LoadedModel> {
  const { device, sha256, signal } = options;
  const intraOpThreads = fixIntraOpThreads(options.instances); // without LibTorch, which need not be there
  checkThreads(intraOpThreads, options.instances);
  requireCpu(device);
  const runtimePath = findOnnxRuntime();
  const artifact = await source.read({ allocate: sharedBytes, sha256, signal });
  const threads = Array.from({ length: options.instances }, () => startOnnxThread(runtimePath));
  try {
    return await unlessAborted(signal, bringUp(source.path, artifact, threads, options, intraOpThreads));
  } catch (error) {
    for (const thread of threads) thread.hold(false);
    const ending = Promise.all(threads.map((thread) => thread.end()));
    // An aborted load ends in the background; a failed one has ended.
    if (!signal?.aborted) await ending;
    throw error;
  }
}

async function bringUp(
  path: string | undefined,
  artifact: Artifact,
  threads: readonly OnnxThread[],
  options: ResolvedLoadOptions,
  intraOpThreads: number,
): Promise<LoadedModel> {
  const model = artifact.bytes as unknown as SharedArrayBuffer;
  const summary = await (threads[0] as OnnxThread).ask({ kind: 'inspect', model });
  const inputs = supportedValues(summary.inputs, 'input');
  const declared = supportedValues(summary.outputs, 'output');
  requirePrecision(options.precision, [...inputs, ...declared]);
  const { sha256, externalSha256, signal } = options;
  const files = await readExternalData(path, summary.external, {
    ...(externalSha256 && { digests: externalSha256 }),
    pinned: sha256 !== undefined,
    ...(signal && { signal }),
  });
  const external = files.map(({ name, data }) => ({ path: name, data }));
  const optimize = options.optimize !== 'none';
  const [session] = (await Promise.all(
    threads.map((thread) => thread.ask({ kind: 'create', model, external, intraOpThreads, optimize })),
  )) as [SessionReply];
  const outputs = withInferredShapes(declared, session.outputs);
  const signature = reconcile({ inputs, outputs }, options.signature);
  const info: ModelInfo = Object.freeze<ModelInfo>({
    engine: 'onnx',
    device: { device: 'cpu', reason: `${options.device} was asked for; ONNX Runtime runs on the CPU here` },
    precision: options.precision,
    optimize: optimize ? 'all' : 'none',
    instances: options.instances,
    maxPending: options.maxPending,
    methods: [
      {
        name: 'forward',
        args: inputs.map(({ name }) => ({ name, type: 'Tensor', hasDefault: false })),
        returns: outputs.map(() => 'Tensor'),
      },
    ],
    stateful: false,
    sha256: artifact.sha256,
    artifactBytes: artifact.bytes.byteLength,
    ...(files.length > 0 && { externalFiles: files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })) }),
    parameterBytes: summary.parameterBytes,
    warnings: warningsOf(summary),
  });
  const queue = new InstanceQueue(threads, options.maxPending);
  const engine = new OnnxSession(
    queue,
    session.outputs.map(({ name }) => name),
  );
  signal?.throwIfAborted(); // an aborted load has no caller who would dispose the model
  return new LoadedModel({ engine, info, signature, slabs: engine.slabs });
}

function requireCpu(device: string): void {
  if (device === 'auto' || device === 'cpu') return;
  if (!/^cuda(:\d+)?$/.test(device)) throw expected("'auto', 'cpu', 'cuda' or 'cuda:<index>'", 'device', device);
  throw torchError('ERR_DEVICE_UNAVAILABLE', `Expected the CPU, on which ONNX models run, but ${device} was asked for`);
}

/** ONNX Runtime converts nothing, so a precision may be asked for only where it is what the model has. */
function requirePrecision(precision: ModelInfo['precision'], values: readonly OnnxValue[]): void {
  const other = values.find(({ dtype }) => dtype === 'float16' || dtype === 'float64');
  if (precision === 'auto' || (precision === 'fp32' && !other)) return;
  throw torchError(
    'ERR_PRECISION_UNSUPPORTED',
    `Expected precision 'auto': an ONNX model runs in its own dtypes${other ? ` (${other.name} is ${other.dtype})` : ''}, but ${precision} was asked for; export it in that precision`,
  );
}

function warningsOf({ defaulted }: ModelSummary): string[] {
  return defaulted.length > 0 ? [`the file's own values are used for ${defaulted.join(', ')}`] : [];
}

/** Rejects with `signal.reason` at once; what `work` does goes on without anybody to wait for it. */
function unlessAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const unfollow = onAbort(signal, () => {
      reject(signal.reason as Error);
    });
    work.then(resolve, reject).finally(unfollow);
  });
}
