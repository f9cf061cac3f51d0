import type { Worker } from 'node:cluster';
import { errorOf } from '../../errors.js';
import { send, type FailedVersion, type ToPrimary, type ToWorker } from './messages.js';

type Reply = Extract<ToPrimary, { readonly change: number }>;

interface Open {
  readonly change: number;
  readonly kind: 'prepared' | 'done';
  /** Those that have not replied. */
  readonly awaited: Set<Worker>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly onBlamed: ((blamed: FailedVersion) => void) | undefined;
}

interface AskOptions {
  readonly signal?: AbortSignal;
  /** Told which version the first one that failed blames, where it blames one. */
  readonly onBlamed?: (blamed: FailedVersion) => void;
}

/** Tells several workers the same and waits until each has replied. A worker that ends meanwhile is waited for no longer. */
export class Replies {
  readonly #open = new Set<Open>();

  /**
   * Resolves once every worker that still lives has replied so.
   * @throws what the first one said went wrong; what the signal was aborted with
   */
  async ask(
    workers: readonly Worker[],
    message: ToWorker & { readonly change: number },
    kind: Open['kind'],
    options: AskOptions = {},
  ): Promise<void> {
    options.signal?.throwIfAborted();
    const replied = this.expect(workers, message.change, kind, options);
    for (const worker of workers) send(worker, message);
    await replied;
  }

  /** As `ask`, for what was told already. */
  async expect(
    workers: readonly Worker[],
    change: number,
    kind: Open['kind'],
    { signal, onBlamed }: AskOptions = {},
  ): Promise<void> {
    const awaited = new Set(workers.filter(lives));
    if (awaited.size === 0) return;
    let end = (): void => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const open = { change, awaited, kind, resolve, reject, onBlamed };
        const onAbort = (): void => reject(signal?.reason as Error);
        signal?.addEventListener('abort', onAbort);
        this.#open.add(open);
        end = () => {
          signal?.removeEventListener('abort', onAbort);
          this.#open.delete(open);
        };
      });
    } finally {
      end();
    }
  }

  heard(worker: Worker, reply: Reply): void {
    for (const open of this.#open) {
      if (open.change !== reply.change || !open.awaited.has(worker)) continue;
      if (reply.kind === 'failed') {
        this.#open.delete(open);
        if ('version' in reply) open.onBlamed?.(reply);
        open.reject(errorOf(reply.error));
      } else if (reply.kind === open.kind) settle(open, worker);
    }
  }

  /** What it has not said it will not say. */
  ended(worker: Worker): void {
    for (const open of this.#open) settle(open, worker);
  }
}

function settle({ awaited, resolve }: Open, worker: Worker): void {
  if (awaited.delete(worker) && awaited.size === 0) resolve();
}

/** One that has ended stays listed until its channel has closed too. */
export function lives(worker: Worker): boolean {
  return worker.isConnected() && !worker.isDead();
}
