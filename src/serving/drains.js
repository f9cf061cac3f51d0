const defaultDrainMs = 60_000;
/** Served models that take no more calls, until the last one has ended and they are disposed. */
export class Drains {
    #timeoutMs;
    #warn;
    #going = new Map();
    constructor(timeoutMs, warn) {
        this.#timeoutMs = timeoutMs ?? defaultDrainMs;
        this.#warn = warn;
    }
    /** Calls of models that take no more. */
    get inFlight() {
        let sum = 0;
        for (const served of this.#going.keys())
            sum += served.inFlight;
        return sum;
    }
    /**
     * Waits for the last call of a retired model, and disposes it. Resolves when that is done or has taken too long, in which
     * case what waits in its queue is dropped and what runs goes on. It never rejects.
     */
    async drain(served) {
        const { name: model, version } = served;
        const gone = dispose(served)
            .catch((error) => {
            this.#warn({ model, version, message: `what was unloaded could not be disposed: ${error.message}` });
        })
            .finally(() => this.#going.delete(served));
        this.#going.set(served, gone);
        let timer;
        const late = new Promise((resolve) => {
            timer = setTimeout(resolve, this.#timeoutMs, 'late').unref();
        });
        const first = await Promise.race([gone, late]);
        clearTimeout(timer);
        if (first !== 'late')
            return;
        const calls = served.inFlight;
        this.#warn({ model, version, message: `unloaded with ${calls} calls in flight after ${this.#timeoutMs} ms` });
        // Drops what waits for an instance. It resolves when what runs has ended, which `gone` waits for as well.
        served.model.dispose().catch(() => undefined);
    }
    /** Disposes models that never took a call. It never rejects. */
    async disposeAll(parts) {
        await Promise.allSettled(parts.map(({ model }) => model.dispose()));
    }
    /** Resolves once all of them are gone. */
    async idle() {
        await Promise.all(this.#going.values());
    }
}
async function dispose(served) {
    await served.idle();
    // A row may still be checked by itself.
    await served.queue?.close();
    await served.model.dispose();
}
