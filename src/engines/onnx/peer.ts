import { torchError } from '../../errors.js';
import { bundledError, wasBundled } from '../../files/bundled.js';
import { resolveFrom } from '../../files/resolve.js';
import { ownManifest, packageFolder, packageRoot } from '../../files/package-root.js';

/**
 * Where onnxruntime-node lies. It is an optional peer dependency, and nothing of it is loaded here.
 * @throws ERR_ONNXRUNTIME_NOT_FOUND
 */
export function findOnnxRuntime(): string {
  const found = resolveFrom(packageRoot(), 'onnxruntime-node');
  if (found !== undefined) return found;
  if (wasBundled()) throw bundledError('the package onnxruntime-node');
  throw torchError(
    'ERR_ONNXRUNTIME_NOT_FOUND',
    'Expected the package onnxruntime-node, which runs ONNX models, but it is not installed\n' +
      '  fix: npm install onnxruntime-node --onnxruntime-node-install=skip',
  );
}

/** `ONNX Runtime 1.30.0`, by the package that is installed. */
export function onnxRuntimeInUse(): string {
  const folder = packageFolder('onnxruntime-node');
  return folder === undefined ? 'ONNX Runtime' : `ONNX Runtime ${ownManifest(folder).version}`;
}
