import { onAbort } from '../async/ticket.js';
import { torchError } from '../errors.js';
/** Changes of one name that wait for each other. */
const longest = 100;
/** Loads and unloads: those of one name come one after the other, in the order in which they were asked for. */
export class Changes {
    #lines = new Map();
    /**
     * Resolves when the change has ended; an abort ends the wait: for its turn with `signal.reason`, for its end with the result.
     * @throws ERR_QUEUE_FULL, what `work` throws, `signal.reason`
     */
    async run(name, signal, work) {
        signal?.throwIfAborted();
        const line = this.#lines.get(name) ?? { tail: Promise.resolve(), length: 0 };
        if (line.length >= longest) {
            throw torchError('ERR_QUEUE_FULL', `Expected at most ${longest} loads and unloads of ${name} at once`);
        }
        this.#lines.set(name, line);
        line.length++;
        let hasBegun = false;
        const done = line.tail.then(() => {
            signal?.throwIfAborted();
            hasBegun = true;
            return work();
        });
        line.tail = done
            .then(({ end }) => end)
            .catch(() => undefined)
            .then(() => {
            if (--line.length === 0)
                this.#lines.delete(name);
        });
        return await untilAborted(signal, () => hasBegun, done);
    }
    /** Resolves once nothing is being changed. */
    async idle() {
        while (this.#lines.size > 0)
            await Promise.all([...this.#lines.values()].map(({ tail }) => tail));
    }
}
function untilAborted(signal, hasBegun, done) {
    return new Promise((resolve, reject) => {
        let found;
        const unfollow = signal
            ? onAbort(signal, () => {
                if (found)
                    resolve(found.result);
                else if (!hasBegun())
                    reject(signal.reason);
                // Else the work hears of it by itself.
            })
            : () => undefined;
        done
            .then(({ result, end }) => {
            found = { result };
            if (signal?.aborted)
                resolve(result);
            return end.then(() => {
                resolve(result);
            });
        })
            .catch(reject)
            .finally(unfollow);
    });
}
