/**
 * Starts, uses and terminates workers, one after the other, and prints as JSON the resident memory after each.
 *   node --expose-gc worker-cycles.mjs CYCLES MODEL WIDTH
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const [, , cycles, file, width] = process.argv;
const row = Array.from({ length: Number(width) }, (_, i) => (i % 7) / 7);
const script = new URL('worker.mjs', import.meta.url);
const resident = [];
const answers = new Set();
for (let i = 0; i < Number(cycles); ++i) {
  const worker = new Worker(script, { workerData: { file, row, runs: 3, dispose: i % 2 === 0 } });
  const [{ results }] = await once(worker, 'message');
  answers.add(JSON.stringify(results));
  await worker.terminate();
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 10));
  resident.push(process.memoryUsage.rss());
}
console.log(JSON.stringify({ resident, answers: answers.size }));
