import { parentPort, workerData } from 'node:worker_threads';
import { loadModel, Tensor } from 'node-libtorch';

const row = new Tensor('float32', new Float32Array(256), [256]);
if (workerData.load) {
  parentPort.postMessage('loading');
  await loadModel(workerData.digit);
}
const model = await loadModel(workerData.slow);
const answer = model.call('forward', [row, workerData.steps ?? 500]);
setTimeout(() => parentPort.postMessage('running'), 20);
if (workerData.exit) setTimeout(() => process.exit(5), 40);
await answer;
