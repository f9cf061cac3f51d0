// Two processes that share a port, each with the server and a model of its own.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { ModelHost } from 'node-libtorch';
import { createServer } from 'node-libtorch/server';

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()];
  const [first] = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
  const { readFileSync } = await import('node:fs');
  const body = readFileSync('node_modules/node-libtorch/models/mnist-mlp/v1.0/digit.json', 'utf8');
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const ask = async () => (await fetch(`${first}/predict`, { method: 'POST', headers, body })).json();
  const answers = await Promise.all(Array.from({ length: 8 }, ask));
  console.log(JSON.stringify(answers.map(({ predictions }) => predictions[0])));
  for (const worker of workers) worker.kill();
} else {
  const host = await ModelHost.open({ models: [{ name: 'mnist-mlp' }] });
  const server = await createServer({ host, port: Number(process.env.APP_PORT ?? 0), logger: false });
  process.send(server.url);
}
