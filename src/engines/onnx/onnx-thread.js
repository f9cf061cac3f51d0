import { ownFile } from '../../files/bundled.js';
import { WorkerPort } from '../remote/worker-port.js';
/** A worker thread for one session. @param runtimePath where onnxruntime-node is */
export function startOnnxThread(runtimePath) {
    return new WorkerPort({
        url: ownFile('./worker.js', import.meta.url),
        name: 'node-libtorch onnx',
        title: 'The thread of the ONNX model',
        workerData: { runtimePath },
    });
}
