import { Worker } from 'node:worker_threads';
import { torchError } from '../../errors.js';
import type { PixelAnswer } from './pixel-worker.js';
import type { PixelJob } from './planes.js';

interface Waiting {
  readonly resolve: (planes: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A thread that scales and normalises, started with the first image: a photograph takes it tens of milliseconds, which
 * the event loop must not wait for. It keeps the process alive only while somebody waits for it.
 */
class PixelThread {
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #next = 0;

  /** The job's pixels are transferred, not copied. @throws ERR_INTERNAL when the thread ends meanwhile */
  run(job: PixelJob): Promise<Float32Array> {
    const worker = (this.#worker ??= this.#start());
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      worker.postMessage({ id, job }, [job.image.data.buffer as ArrayBuffer]);
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
    });
  }

  #start(): Worker {
    // Flags of the process, such as --input-type, are not for a file.
    const worker = new Worker(new URL('./pixel-worker.js', import.meta.url), { name: 'pixels', execArgv: [] });
    worker.on('message', (answer: PixelAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) worker.unref();
      if ('planes' in answer) waiting?.resolve(answer.planes);
      else waiting?.reject(failed(answer.error));
    });
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.on('exit', () => {
      this.#worker = undefined;
      const lost = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of lost) reject(failed(cause));
    });
    worker.unref();
    return worker;
  }
}

function failed(cause: unknown) {
  const why = cause instanceof Error ? cause.message : 'it was ended';
  return torchError('ERR_INTERNAL', `The thread that scales images failed: ${why}`, { cause });
}

export const pixelThread = new PixelThread();
