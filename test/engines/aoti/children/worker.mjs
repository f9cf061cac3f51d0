/** In a worker_thread: loads a package, runs it if told to, and ends without disposing of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadModel } from '#dist/engines/index.js';
import { Tensor } from '#dist/tensor/tensor.js';

const { file, shape } = workerData;
const model = await loadModel(file);
if (shape) {
  const size = shape.reduce((product, n) => product * n, 1);
  const answer = await model.run(new Tensor('float32', new Float32Array(size).fill(1), shape));
  parentPort.postMessage([...answer.data]);
}
