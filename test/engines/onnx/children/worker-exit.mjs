// process.exit() in a worker of the program's own, in the middle of a run there.
import { isMainThread, Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { running } from './common.mjs';

if (isMainThread) {
  const worker = new Worker(fileURLToPath(import.meta.url), { argv: process.argv.slice(2) });
  worker.on('exit', (code) => console.log('worker', code));
} else {
  await running();
  process.exit(5);
}
