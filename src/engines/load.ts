import { torchError } from '../errors.js';
import type { LoadOptions } from '../model/options.js';
import { CompiledModel } from './aoti/compiled-model.js';
import { checkTorchScriptArchive } from '../model/archive.js';
import { readArtifact } from '../model/artifact.js';
import { fixIntraOpThreads, startEngine } from './torch/engine.js';
import type { Model } from '../model/model.js';
import { loadOnnxModel } from './onnx/load-onnx.js';
import { locateOperatorLibraries } from './torch/operator-libraries.js';
import { resolveLoadOptions, type ResolvedLoadOptions } from '../model/options.js';
import { requireCuda } from './torch/require-cuda.js';
import { availableCores } from '../model/threads.js';
import { TorchModel } from './torch/torch-model.js';

/**
 * Loads a model. The file is read once, hashed and checked; those very bytes are then loaded, on the model's own thread.
 *
 * @throws ERR_INVALID_ARGUMENT, ERR_MODEL_LOAD, ERR_MODEL_FORMAT, ERR_UNSAFE_ARCHIVE, ERR_INTEGRITY,
 * ERR_OPERATOR_LIBRARY, ERR_OPERATOR_NOT_FOUND, ERR_DEVICE_UNAVAILABLE, ERR_DEVICE_FAILED, ERR_PRECISION_UNSUPPORTED,
 * ERR_PLATFORM_UNSUPPORTED (a package for another CPU), ERR_STATEFUL_MODEL (with several instances), ERR_SIGNATURE_MISMATCH,
 * what finding LibTorch or ONNX Runtime throws, or `signal.reason`
 */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<Model> {
  const resolved = resolveLoadOptions(path, options);
  resolved.signal?.throwIfAborted();
  if (resolved.engine === 'onnx') {
    const intraOpThreads = fixIntraOpThreads(resolved.instances); // without LibTorch, which need not be there
    checkThreads(intraOpThreads, resolved);
    return loadOnnxModel(path, resolved, intraOpThreads);
  }
  const engine = await startEngine(resolved.instances);
  checkThreads(engine.threads.intraOp, resolved);
  requireCuda(resolved.device, engine.native.libtorch);
  const { addon } = engine;
  const operatorLibraries = await locateOperatorLibraries(resolved.operatorLibraries);
  const located = { ...resolved, operatorLibraries };
  const artifact = await readArtifact(path, (bytes) => addon.allocateBytes(bytes), resolved.sha256, resolved.signal);
  if (resolved.engine === 'aotinductor') return CompiledModel.open(engine, artifact, located);
  await checkTorchScriptArchive(Buffer.from(artifact.bytes));
  resolved.signal?.throwIfAborted();
  return TorchModel.load(engine, artifact, located);
}

function checkThreads(intraOp: number, { instances }: ResolvedLoadOptions): void {
  const cores = Math.max(1, Math.floor(availableCores()));
  if (instances * intraOp <= cores) return;
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected instances × intra-op threads to be at most the ${cores} cores but received ${instances} × ${intraOp}; ` +
      'lower instances, or intraOpThreads with runtime.configure() before the first load',
  );
}
