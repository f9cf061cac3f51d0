import { looksLikeOnnx, looksLikeOrt } from '../../model/file-kind.js';
import type { EngineRow } from '../row.js';

declare module '../../model/info.js' {
  interface EngineNames {
    onnx: true;
  }
}

/** ONNX, through ONNX Runtime in worker threads. */
export const onnx: EngineRow = {
  extensions: ['.onnx', '.ort'],
  recognizes: ({ head }) => looksLikeOnnx(head) || looksLikeOrt(head),
  needs: 'ONNX Runtime',
  runtime: async () => (await import('./peer.js')).onnxRuntimeInUse(),
  origin: async (path) => (await import('./origin.js')).originOfOnnx(path),
  weightFiles: async (path, signal) => (await import('./weight-files.js')).weightFilesOfOnnx(path, signal),
  platform: 'onnx_onnxv1',
  backend: 'onnxruntime',
  hubLibrary: 'onnx',
  lacks: {
    operatorLibraries: 'operatorLibraries are for LibTorch, and ONNX Runtime runs it',
    autograd: 'ONNX Runtime takes no gradients',
  },
  // Its code is loaded with its first model.
  load: async (source, options) => (await import('./load.js')).loadOnnxModel(source, options),
};
