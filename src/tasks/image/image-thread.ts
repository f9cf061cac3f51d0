import { Worker } from 'node:worker_threads';
import { torchError } from '../../errors.js';
import type { ImageAnswer, ImageJob } from './image-worker.js';
import type { ResolvedImage } from './spec.js';

interface Waiting {
  readonly resolve: (planes: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A thread that makes planes of encoded images, started with the first: a photograph takes it a tenth of a second, and even
 * the copy that sharp makes of the pixels tens of milliseconds, which the event loop must not wait for. It keeps the
 * process alive only while somebody waits for it.
 */
class ImageThread {
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #next = 0;

  /**
   * @param bytes are copied at once: the caller may change or transfer its own meanwhile
   * @throws as `decodeImage`; ERR_INTERNAL when the thread ends meanwhile
   */
  run(bytes: Uint8Array, spec: ResolvedImage): Promise<Float32Array> {
    const worker = (this.#worker ??= this.#start());
    const job: ImageJob = { id: this.#next++, bytes: new Uint8Array(bytes), spec };
    return new Promise((resolve, reject) => {
      worker.postMessage(job, [job.bytes.buffer as ArrayBuffer]);
      this.#waiting.set(job.id, { resolve, reject });
      worker.ref();
    });
  }

  #start(): Worker {
    // Flags of the process, such as --input-type, are not for a file.
    const worker = new Worker(new URL('./image-worker.js', import.meta.url), { name: 'images', execArgv: [] });
    worker.on('message', (answer: ImageAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) worker.unref();
      if ('planes' in answer) waiting?.resolve(answer.planes);
      else waiting?.reject(torchError(answer.code, answer.message));
    });
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.on('exit', () => {
      this.#worker = undefined;
      const lost = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of lost) reject(ended(cause));
    });
    return worker;
  }
}

function ended(cause: unknown) {
  const why = cause instanceof Error ? cause.message : 'it was ended';
  return torchError('ERR_INTERNAL', `Expected the thread that decodes images to answer but ${why}`, { cause });
}

export const imageThread = new ImageThread();
