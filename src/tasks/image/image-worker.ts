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

// The other side hands out as many as are to be decoded at a time.
parentPort?.on('message', (job: ImageJob) => {
  void work(job);
});
