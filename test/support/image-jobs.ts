import { Worker } from 'node:worker_threads';

interface ImageJob {
  readonly bytes: Uint8Array;
}

/** Sees the images that the thread of this process is given to decode, and keeps it busy. */
export class ImageJobs {
  /** Images that it was given. */
  given = 0;
  #held: (() => void)[] | undefined;
  readonly #own = Object.getOwnPropertyDescriptor(Worker.prototype, 'postMessage') as PropertyDescriptor;

  constructor() {
    const post = this.#own.value as Worker['postMessage'];
    const take = (go: () => void): void => {
      this.given++;
      if (this.#held) this.#held.push(go);
      else go();
    };
    Worker.prototype.postMessage = function (this: Worker, message: Partial<ImageJob>, ...rest) {
      const go = (): void => post.call(this, message, ...rest);
      if (message.bytes instanceof Uint8Array && 'spec' in message) take(go);
      else go();
    };
  }

  /** From now on it does not begin with what it is given. */
  hold(): void {
    this.#held = [];
  }

  /** It begins with the first that it was given meanwhile. */
  letOneGo(): void {
    this.#held?.shift()?.();
  }

  /** It begins with all, and with what comes. */
  letGo(): void {
    for (const go of this.#held?.splice(0) ?? []) go();
    this.#held = undefined;
  }

  restore(): void {
    this.letGo();
    Object.defineProperty(Worker.prototype, 'postMessage', this.#own);
  }
}
