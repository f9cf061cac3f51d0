import { Worker } from 'node:worker_threads';
import { once } from 'node:events';

const [, , slow] = process.argv;
const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { slow, exit: true } });
const [code] = await once(worker, 'exit');
process.exitCode = code === 5 ? 0 : 99;
