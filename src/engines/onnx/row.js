import { looksLikeOnnx, looksLikeOrt } from '../../model/file-kind.js';
/** ONNX, through ONNX Runtime in worker threads. */
export const onnx = {
    extensions: ['.onnx', '.ort'],
    recognizes: (head) => looksLikeOnnx(head) || looksLikeOrt(head),
    needs: 'ONNX Runtime',
    platform: 'onnx_onnxv1',
    backend: 'onnxruntime',
    lacks: {
        operatorLibraries: 'operatorLibraries are for LibTorch, and ONNX Runtime runs it',
        autograd: 'ONNX Runtime takes no gradients',
    },
    // Its code is loaded with its first model.
    load: async (source, options) => (await import('./load.js')).loadOnnxModel(source, options),
};
