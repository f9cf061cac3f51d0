/** In a worker_thread: loads a model, runs it `runs` times on `row`, posts the results, and disposes of it if told to. */
/* global setInterval */
import { parentPort, workerData } from 'node:worker_threads';
// Not the whole package: its registry and server parts take longer to import than a worker's whole work here.
import { loadModel } from '#dist/engines/index.js';
import { runtime } from '#dist/engines/runtime.js';
import { Tensor } from '#dist/tensor/tensor.js';

const { file, row, runs, dispose } = workerData;
const model = await loadModel(file, { device: 'cpu' });
const results = [];
for (let i = 0; i < runs; ++i) {
  const answer = await model.run(
    new Tensor(
      'float32',
      Float32Array.from(row, (x) => x * (i + 1)),
      [1, row.length],
    ),
  );
  results.push([...answer.data]);
}
if (dispose) await model.dispose();
parentPort.postMessage({ results, threads: (await runtime.info()).threads });
if (!dispose) await new Promise(() => setInterval(() => undefined, 1000)); // stays until it is terminated
