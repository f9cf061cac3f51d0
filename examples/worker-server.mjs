// A whole server in a worker thread: HTTP goes on while the main thread is busy.
// Run: npm install node-libtorch && node worker-server.mjs
// Ask: curl 127.0.0.1:3000/predict -H 'content-type: application/json' -d @node_modules/node-libtorch/models/mnist-mlp/v1.0/digit.json
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { ModelHost } from 'node-libtorch';
import { createServer } from 'node-libtorch/server';

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  worker.on('message', ({ url }) => console.log(`listening on ${url}`));
  process.once('SIGTERM', () => worker.postMessage('close'));
} else {
  const host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: { maxBatchSize: 32 } }] });
  const server = await createServer({ host, port: Number(process.env.PORT ?? 3000), logger: false });
  parentPort.postMessage({ url: server.url });
  parentPort.once('message', async () => {
    await server.close();
    await host.close();
  });
}
