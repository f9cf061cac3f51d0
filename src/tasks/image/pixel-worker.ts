/** Entry of the pixel thread: jobs in, planes out. */
import { parentPort } from 'node:worker_threads';
import { planesOf, type PixelJob } from './planes.js';

/** What the thread answers: the planes, or why there are none. */
export type PixelAnswer = { id: number } & ({ planes: Float32Array<ArrayBuffer> } | { error: unknown });

parentPort?.on('message', ({ id, job }: { id: number; job: PixelJob }) => {
  try {
    const planes = planesOf(job);
    parentPort?.postMessage({ id, planes } satisfies PixelAnswer, [planes.buffer]);
  } catch (error) {
    parentPort?.postMessage({ id, error } satisfies PixelAnswer);
  }
});
