import { Worker } from 'node:worker_threads';
import { once } from 'node:events';

const [, , slow] = process.argv;
const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { slow, steps: 500_000 } });
await once(worker, 'message');
await worker.terminate();
console.log('terminated');
process.exit(8);
