// Models in a worker thread: loading, warm-up and softmax do not hold up the main thread, which asks by messages.
// Run: npm install node-libtorch && node worker-host.mjs
// Ask: curl 127.0.0.1:3000 -d @node_modules/node-libtorch/models/mnist-mlp/v1.0/digit.json
import { createServer } from 'node:http';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { ModelHost, Tensor } from 'node-libtorch';

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  const waiting = new Map();
  let next = 0;
  worker.on('message', ({ id, answer, code, message }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (answer) resolve(answer);
    else reject(Object.assign(new Error(message), { code }));
  });

  /** The best classes of one picture. The pixels are handed over, not copied. */
  const classify = (pixels) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, pixels }, [pixels.buffer]);
    });

  const server = createServer(async (request, response) => {
    try {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const { input_data } = JSON.parse(Buffer.concat(chunks));
      response.end(JSON.stringify(await classify(Float32Array.from(input_data))));
    } catch (error) {
      response.writeHead(400).end(JSON.stringify({ code: error.code, message: error.message }));
    }
  });
  server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
  process.once('SIGTERM', () => {
    server.close(() => worker.postMessage({ end: true }));
    server.closeIdleConnections();
  });
} else {
  const host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: { maxBatchSize: 32 } }] });
  parentPort.on('message', async ({ end, id, pixels }) => {
    if (end) {
      await host.close();
      return parentPort.close();
    }
    try {
      const { rows } = await host.model().predict(new Tensor('float32', pixels, [1, pixels.length]), { topK: 3 });
      parentPort.postMessage({ id, answer: rows[0] });
    } catch ({ code, message }) {
      parentPort.postMessage({ id, code, message });
    }
  });
}
