import { Worker } from 'node:worker_threads';
import { once } from 'node:events';

const [, , slow, digit] = process.argv;
const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { slow, digit, load: true } });
await once(worker, 'message');
await new Promise((resolve) => setTimeout(resolve, Math.random() * 700)); // anywhere between dlopen and the end of the load
await worker.terminate();
