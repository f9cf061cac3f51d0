import { Worker } from 'node:worker_threads';
import { Desk, Ticket, type TicketLimits } from '../../async/ticket.js';
import { isError, torchError } from '../../errors.js';
import { ownFile } from '../../files/bundled.js';
import type { ImageAnswer, ImageJob } from './image-worker.js';
import type { ResolvedImage } from './spec.js';

/**
 * Images that are decoded at a time, whoever asks: each takes its pixels in memory while it is decoded, and a thread of
 * libuv's pool, which has four.
 */
const atOnce = 2;

interface Waiting {
  readonly job: ImageJob;
  readonly ticket: Ticket<Float32Array>;
}

/**
 * A thread that makes planes of encoded images, started with the first: a photograph takes it a tenth of a second, and even
 * the copy that sharp makes of the pixels tens of milliseconds, which the event loop must not wait for. It keeps the
 * process alive only while somebody waits for it.
 */
class ImageThread {
  #worker: Worker | undefined;
  /** What the thread works on. */
  readonly #running = new Map<number, Waiting>();
  /** What it has not got yet, in the order of the calls. */
  #queue: Waiting[] = [];
  readonly #desk = new Desk<Ticket<Float32Array>>({
    hold: (held) => {
      if (held) this.#worker?.ref();
      else this.#worker?.unref();
    },
    drop: (ticket) => {
      const place = this.#queue.findIndex((waiting) => waiting.ticket === ticket);
      if (place !== -1) this.#queue.splice(place, 1);
      return place !== -1;
    },
  });
  #next = 0;

  /**
   * @param bytes are copied at once: the caller may change or transfer its own meanwhile
   * @throws as `decodeImage`; ERR_INTERNAL when the thread ends meanwhile; the signal's reason; ERR_TIMEOUT
   */
  async run(bytes: Uint8Array, spec: ResolvedImage, limits: TicketLimits = {}): Promise<Float32Array> {
    limits.signal?.throwIfAborted();
    this.#worker ??= this.#start();
    const job: ImageJob = { id: this.#next++, bytes: new Uint8Array(bytes), spec };
    const ticket = new Ticket<Float32Array>(this.#desk, limits);
    this.#queue.push({ job, ticket });
    this.#dispatch();
    return ticket.promise;
  }

  /** Hands out what waits, so that what was given up by then is not decoded. */
  #dispatch(): void {
    while (this.#running.size < atOnce) {
      const waiting = this.#queue.shift();
      if (!waiting) return;
      const { job } = waiting;
      this.#running.set(job.id, waiting);
      this.#worker?.postMessage(job, [job.bytes.buffer as ArrayBuffer]);
    }
  }

  #start(): Worker {
    // Flags of the process, such as --input-type, are not for a file.
    const worker = new Worker(ownFile('./image-worker.js', import.meta.url), { name: 'images', execArgv: [] });
    worker.on('message', (answer: ImageAnswer) => {
      const ticket = this.#running.get(answer.id)?.ticket;
      this.#running.delete(answer.id);
      if ('planes' in answer) ticket?.resolve(answer.planes);
      else ticket?.reject(torchError(answer.code, answer.message));
      this.#dispatch();
    });
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.on('exit', () => {
      this.#worker = undefined;
      const lost = [...this.#running.values(), ...this.#queue];
      this.#running.clear();
      this.#queue = [];
      for (const { ticket } of lost) ticket.reject(ended(cause));
    });
    return worker;
  }
}

function ended(cause: unknown) {
  const why = isError(cause) ? cause.message : 'it was ended';
  return torchError('ERR_INTERNAL', `Expected the thread that decodes images to answer but ${why}`, { cause });
}

export const imageThread = new ImageThread();
