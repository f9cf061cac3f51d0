// The main thread and two workers, each with a model of its own.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadModel, Tensor } from 'node-libtorch';

async function predict() {
  const digits = 'node_modules/node-libtorch/models/mnist-mlp/v1.0';
  const { input_data } = JSON.parse(readFileSync(`${digits}/digit.json`, 'utf8'));
  const model = await loadModel(`${digits}/model.pt`);
  const logits = await model.run(new Tensor('float32', Float32Array.from(input_data), [1, 784]));
  await model.dispose();
  return logits.data.indexOf(Math.max(...logits.data));
}

if (isMainThread) {
  const workers = [1, 2].map(() => new Worker(fileURLToPath(import.meta.url)));
  const answers = workers.map(async (worker) => (await once(worker, 'message'))[0]);
  console.log(JSON.stringify(await Promise.all([predict(), ...answers])));
} else parentPort.postMessage(await predict());
