import { errorOf, send } from './messages.js';
/** Tells several workers the same and waits until each has replied. A worker that ends meanwhile is waited for no longer. */
export class Replies {
    #open = new Set();
    /**
     * Resolves once every worker that still lives has replied so.
     * @throws what the first one said went wrong; what the signal was aborted with
     */
    async ask(workers, message, kind, signal) {
        signal?.throwIfAborted();
        const replied = this.expect(workers, message.change, kind, signal);
        for (const worker of workers)
            send(worker, message);
        await replied;
    }
    /** As `ask`, for what was told already. */
    async expect(workers, change, kind, signal) {
        const awaited = new Set(workers.filter(lives));
        if (awaited.size === 0)
            return;
        let end = () => undefined;
        try {
            await new Promise((resolve, reject) => {
                const open = { change, awaited, kind, resolve, reject };
                const onAbort = () => reject(signal?.reason);
                signal?.addEventListener('abort', onAbort);
                this.#open.add(open);
                end = () => {
                    signal?.removeEventListener('abort', onAbort);
                    this.#open.delete(open);
                };
            });
        }
        finally {
            end();
        }
    }
    heard(worker, reply) {
        for (const open of this.#open) {
            if (open.change !== reply.change || !open.awaited.has(worker))
                continue;
            if (reply.kind === 'failed')
                open.reject(errorOf(reply.error));
            else if (reply.kind === open.kind)
                settle(open, worker);
        }
    }
    /** What it has not said it will not say. */
    ended(worker) {
        for (const open of this.#open)
            settle(open, worker);
    }
}
function settle({ awaited, resolve }, worker) {
    if (awaited.delete(worker) && awaited.size === 0)
        resolve();
}
/** One that has ended stays listed until its channel has closed too. */
export function lives(worker) {
    return worker.isConnected() && !worker.isDead();
}
