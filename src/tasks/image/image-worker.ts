/** Entry of the image thread: encoded images in, planes out. */
import { parentPort } from 'node:worker_threads';
import { TorchError, type ErrorCode } from '../../errors.js';
import { decodeImage } from './decode.js';
import { planesOf } from './planes.js';
import type { ResolvedImage } from './spec.js';

export interface ImageJob {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly spec: ResolvedImage;
}

/** What the thread answers: the planes, or why there are none. */
export type ImageAnswer = { readonly id: number } & (
  { readonly planes: Float32Array<ArrayBuffer> } | { readonly code: ErrorCode; readonly message: string }
);

async function work({ id, bytes, spec }: ImageJob): Promise<void> {
  try {
    const planes = planesOf(await decodeImage(bytes, spec), spec);
    parentPort?.postMessage({ id, planes } satisfies ImageAnswer, [planes.buffer]);
  } catch (error) {
    const code = error instanceof TorchError ? error.code : 'ERR_INTERNAL';
    parentPort?.postMessage({ id, code, message: (error as Error).message } satisfies ImageAnswer);
  }
}

/**
 * Two images at a time, whoever asks: each takes its pixels in memory while it is decoded, and a thread of libuv's pool,
 * which has four.
 */
const lanes = [Promise.resolve(), Promise.resolve()];

parentPort?.on('message', (job: ImageJob) => {
  const lane = job.id % lanes.length;
  lanes[lane] = (lanes[lane] as Promise<void>).then(() => work(job));
});
