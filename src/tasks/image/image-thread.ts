import { Worker } from 'node:worker_threads';
import { Desk, Ticket } from '../../async/ticket.js';
import { isError, torchError } from '../../errors.js';
import { ownFile } from '../../files/bundled.js';
import type { ImageAnswer, ImageJob } from './image-worker.js';
import type { ResolvedImage } from './spec.js';

/**
 * A thread that makes planes of encoded images, started with the first: a photograph takes it a tenth of a second, and even
 * the copy that sharp makes of the pixels tens of milliseconds, which the event loop must not wait for. It keeps the
 * process alive only while somebody waits for it.
 */
class ImageThread {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Ticket<Float32Array>>();
  readonly #desk = new Desk<Ticket<Float32Array>>({
    hold: (held) => {
      if (held) this.#worker?.ref();
      else this.#worker?.unref();
    },
  });
  #next = 0;

  /**
   * @param bytes are copied at once: the caller may change or transfer its own meanwhile
   * @throws as `decodeImage`; ERR_INTERNAL when the thread ends meanwhile
   */
  async run(bytes: Uint8Array, spec: ResolvedImage): Promise<Float32Array> {
    const worker = (this.#worker ??= this.#start());
    const job: ImageJob = { id: this.#next++, bytes: new Uint8Array(bytes), spec };
    worker.postMessage(job, [job.bytes.buffer as ArrayBuffer]);
    const ticket = new Ticket<Float32Array>(this.#desk);
    this.#waiting.set(job.id, ticket);
    return ticket.promise;
  }

  #start(): Worker {
    // Flags of the process, such as --input-type, are not for a file.
    const worker = new Worker(ownFile('./image-worker.js', import.meta.url), { name: 'images', execArgv: [] });
    worker.on('message', (answer: ImageAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('planes' in answer) waiting?.resolve(answer.planes);
      else waiting?.reject(torchError(answer.code, answer.message));
    });
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.on('exit', () => {
      this.#worker = undefined;
      const lost = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const ticket of lost) ticket.reject(ended(cause));
    });
    return worker;
  }
}

function ended(cause: unknown) {
  const why = isError(cause) ? cause.message : 'it was ended';
  return torchError('ERR_INTERNAL', `Expected the thread that decodes images to answer but ${why}`, { cause });
}

export const imageThread = new ImageThread();
