import { createRequire } from 'node:module';
import { torchError } from '../../errors.js';

const require = createRequire(import.meta.url);

/**
 * Where onnxruntime-node lies. It is an optional peer dependency, and nothing of it is loaded here.
 * @throws ERR_ONNXRUNTIME_NOT_FOUND
 */
export function findOnnxRuntime(): string {
  try {
    return require.resolve('onnxruntime-node');
  } catch (cause) {
    throw torchError(
      'ERR_ONNXRUNTIME_NOT_FOUND',
      'Expected the package onnxruntime-node, which runs ONNX models, but it is not installed\n' +
        '  fix: npm install onnxruntime-node@^1.30.0 --onnxruntime-node-install=skip',
      { cause },
    );
  }
}
