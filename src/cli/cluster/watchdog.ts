import type { Worker } from 'node:cluster';
import { send, type ToWorker } from './messages.js';

/**
 * Finds workers whose event loop stands still. Silence is counted in questions that were not answered, not in time: when the
 * whole machine slept, nobody was silent.
 */
export class Watchdog {
  /** Questions since the last word of a worker. */
  readonly #silence = new Map<Worker, number>();
  readonly #patience: number;
  readonly #onHanging: (worker: Worker) => void;

  /** @param patience a worker that leaves so many questions unanswered hangs */
  constructor(patience: number, onHanging: (worker: Worker) => void) {
    this.#patience = patience;
    this.#onHanging = onHanging;
  }

  /** Watches it from now on. One that still loads may be busy for longer. */
  add(worker: Worker): void {
    this.#silence.set(worker, 0);
  }

  heard(worker: Worker): void {
    if (this.#silence.has(worker)) this.#silence.set(worker, 0);
  }

  remove(worker: Worker): void {
    this.#silence.delete(worker);
  }

  tick(question: () => ToWorker): void {
    for (const [worker, silence] of this.#silence) {
      if (silence >= this.#patience) {
        this.#silence.delete(worker);
        this.#onHanging(worker);
      } else {
        this.#silence.set(worker, silence + 1);
        send(worker, question());
      }
    }
  }
}
