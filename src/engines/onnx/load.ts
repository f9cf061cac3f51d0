import { unlessAborted } from '../../async/unless-aborted.js';
import { expected, torchError } from '../../errors.js';
import type { ExternalFile, ModelInfo } from '../../model/info.js';
import type { Artifact } from '../../model/artifact.js';
import { computeBudget } from '../../model/compute-budget.js';
import { liveModels } from '../../model/live-models.js';
import { LoadedModel } from '../../model/loaded-model.js';
import { checkThreads, type ResolvedLoadOptions } from '../../model/options.js';
import type { ArtifactSource } from '../../model/source.js';
import { fixIntraOpThreads, releaseThreads } from '../../model/threads.js';
import { reconcile } from '../../signature/reconcile.js';
import type { TensorSpec } from '../../signature/spec.js';
import { InstanceQueue } from '../remote/instance-queue.js';
import { descriptorRoot, ExternalData } from './external-data.js';
import { holdBinding } from './held-binding.js';
import type { ModelSummary } from './model-proto.js';
import { OnnxSession } from './session.js';
import { planOfSession } from './ort-format.js';
import { findOnnxRuntime } from './peer.js';
import { planModel, type ModelPlan } from './plan.js';
import type { SessionReply, SessionRequest } from './protocol.js';
import { noEdit } from './rewrite.js';
import { startOnnxThread, type OnnxThread } from './onnx-thread.js';
import { withInferredShape } from './values.js';

/**
 * Loads an ONNX model: one worker thread with a session of its own for each instance. ONNX Runtime gets the bytes that were
 * hashed, of the model and of its external data, or maps the very files that were.
 * @throws as loadModel, and ERR_ONNXRUNTIME_NOT_FOUND, ERR_ONNXRUNTIME_LOAD, ERR_UNSUPPORTED_TYPE
 */
export async function loadOnnxModel(source: ArtifactSource, options: ResolvedLoadOptions): Promise<LoadedModel> {
  const intraOpThreads = fixIntraOpThreads(options.instances); // without LibTorch, which need not be there
  try {
    return await loadWith(intraOpThreads, source, options);
  } catch (error) {
    // Nothing goes by that count: a caller may configure another, as a message may have told them to.
    releaseThreads();
    throw error;
  }
}

async function loadWith(
  intraOpThreads: number,
  source: ArtifactSource,
  options: ResolvedLoadOptions,
): Promise<LoadedModel> {
  const { device, sha256, signal } = options;
  checkThreads(intraOpThreads, options.instances);
  requireCpu(device);
  const runtimePath = findOnnxRuntime();
  const artifact = await source.read({ allocate: (bytes) => new ArrayBuffer(bytes), sha256, signal });
  await holdBinding(runtimePath);
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
  const artifactBytes = artifact.bytes.byteLength;
  const optimize = options.optimize !== 'none';
  // Threads that spin while they wait would take the cores of those whose turn it is.
  const isShared = computeBudget.slots < Infinity && liveModels().length > 0;
  const request = { intraOpThreads, optimize, spins: !isShared };
  const summary = await handOver(artifact.bytes, threads);
  const started = summary
    ? await startOnnx(threads, request, summary, path, options)
    : await startOrtFormat(threads, request, artifactBytes, options);
  const { plan, session, files } = started;
  const inputs = plan.inputs.map(({ spec }) => spec);
  const planned = plan.outputs.map((output) => {
    if (output.keys) return output; // the rows have a shape, the maps have none
    return {
      ...output,
      spec: withInferredShape(
        output.spec,
        session.outputs.find(({ name }) => name === output.from),
      ),
    };
  });
  const outputs = planned.map(({ spec }) => spec);
  const signature = reconcile({ inputs, outputs }, options.signature);
  const info: ModelInfo = {
    engine: 'onnx',
    device: { device: 'cpu', reason: `${options.device} was asked for; ONNX Runtime runs on the CPU here` },
    precision: options.precision,
    optimize: optimize ? 'all' : 'none',
    instances: options.instances,
    maxPending: options.maxPending,
    methods: [
      {
        name: 'forward',
        args: inputs.map(({ name, type = 'Tensor', optional = false }) => ({ name, type, hasDefault: optional })),
        returns: outputs.map(({ type = 'Tensor' }) => type),
      },
    ],
    stateful: plan.statefulReason !== undefined,
    ...(plan.statefulReason !== undefined && { statefulReason: plan.statefulReason }),
    random: plan.random,
    autograd: false,
    sha256: artifact.sha256,
    artifactBytes,
    ...(files.length > 0 && { externalFiles: files }),
    parameterBytes: started.parameterBytes,
    warnings: plan.warnings,
  };
  const queue = new InstanceQueue(threads, options.maxPending);
  const returned = session.outputs.map(({ name }) => name);
  const engine = new OnnxSession(queue, { inputs: plan.inputs, outputs: planned }, returned);
  options.signal?.throwIfAborted(); // an aborted load has no caller who would dispose the model
  return new LoadedModel({ engine, info, signature, slabs: engine.slabs });
}

/** A model whose sessions are there. */
interface Started {
  readonly plan: ModelPlan;
  readonly session: SessionReply;
  readonly files: readonly ExternalFile[];
  readonly parameterBytes: number;
}

type Common = Pick<SessionRequest, 'intraOpThreads' | 'optimize' | 'spins'>;

/**
 * Gives each thread the file: the first those very bytes, the others a copy. Nothing of it is left here, and each thread lets
 * it go once it has a session.
 */
async function handOver(bytes: ArrayBuffer, threads: readonly OnnxThread[]): Promise<ModelSummary | undefined> {
  const copies = threads.slice(1).map(() => bytes.slice());
  const [summary] = await Promise.all(
    threads.map((thread, i) => {
      const model = i === 0 ? bytes : (copies[i - 1] as ArrayBuffer);
      return thread.ask({ kind: 'open', model, inspect: i === 0 }, [model]);
    }),
  );
  return summary;
}

async function startOnnx(
  threads: readonly OnnxThread[],
  request: Common,
  summary: ModelSummary,
  path: string | undefined,
  options: ResolvedLoadOptions,
): Promise<Started> {
  const plan = planModel(summary);
  requirePrecision(options.precision, [...plan.inputs, ...plan.outputs]);
  requireOneInstance(plan, options.instances);
  const { sha256, externalSha256, externalDataRoot, signal } = options;
  const external = await ExternalData.read(path, summary.external, {
    digests: externalSha256,
    pinned: sha256 !== undefined,
    root: externalDataRoot,
    signal,
  });
  try {
    const session = await createSessions(threads, {
      ...request,
      edit: { ...plan.edit, locations: external.locations },
      fed: plan.inputs.map(({ spec }) => spec.name),
      external: external.inMemory,
      externalFolder: external.isMapped ? descriptorRoot : undefined,
    }).catch(async (error: unknown) => {
      await external.requireUnchanged(); // a file that was moved away is not found: say that rather
      throw error;
    });
    await external.requireUnchanged();
    requireSameInputs(plan.fed, session);
    return { plan, session, files: external.files, parameterBytes: summary.parameterBytes };
  } finally {
    await external.close();
  }
}

/** Nothing but ONNX Runtime reads this format, so it is asked. */
async function startOrtFormat(
  threads: readonly OnnxThread[],
  request: Common,
  bytes: number,
  options: ResolvedLoadOptions,
): Promise<Started> {
  const nothing = { edit: noEdit, fed: undefined, external: [], externalFolder: undefined };
  const session = await createSessions(threads, { ...request, ...nothing });
  const plan = planOfSession(session);
  requirePrecision(options.precision, [...plan.inputs, ...plan.outputs]);
  return { plan, session, files: [], parameterBytes: bytes };
}

async function createSessions(threads: readonly OnnxThread[], request: SessionRequest): Promise<SessionReply> {
  const replies = await Promise.all(threads.map((thread) => thread.ask({ kind: 'create', ...request })));
  return replies[0] as SessionReply;
}

/** Our reader of the file and ONNX Runtime's agree on what is fed. */
function requireSameInputs(fed: readonly string[], { inputs }: SessionReply): void {
  const found = inputs.map(({ name }) => name);
  if (found.length === fed.length && found.every((name, i) => name === fed[i])) return;
  throw torchError(
    'ERR_MODEL_FORMAT',
    `Expected the inputs ${fed.join(', ') || 'none'}, as the file declares them, but ONNX Runtime found ${found.join(', ') || 'none'}: the file is damaged`,
  );
}

function requireCpu(device: string): void {
  if (device === 'auto' || device === 'cpu') return;
  if (!/^cuda(:\d+)?$/.test(device)) throw expected("'auto', 'cpu', 'cuda' or 'cuda:<index>'", 'device', device);
  throw torchError('ERR_DEVICE_UNAVAILABLE', `Expected the CPU, on which ONNX models run, but ${device} was asked for`);
}

/** Each instance would have a state of its own. */
function requireOneInstance({ statefulReason }: ModelPlan, instances: number): void {
  if (statefulReason === undefined || instances === 1) return;
  throw torchError(
    'ERR_STATEFUL_MODEL',
    `The model keeps state (${statefulReason}), so its runs must not overlap; expected instances: 1 but received ${instances}`,
  );
}

/** ONNX Runtime converts nothing, so a precision may be asked for only where it is what the model has. */
function requirePrecision(precision: ModelInfo['precision'], values: readonly { readonly spec: TensorSpec }[]): void {
  const other = values.map(({ spec }) => spec).find(({ dtype }) => dtype === 'float16' || dtype === 'float64');
  if (precision === 'auto' || (precision === 'fp32' && !other)) return;
  throw torchError(
    'ERR_PRECISION_UNSUPPORTED',
    `Expected precision 'auto': an ONNX model runs in its own dtypes${other ? ` (${other.name} is ${other.dtype})` : ''}, but ${precision} was asked for; export it in that precision`,
  );
}
