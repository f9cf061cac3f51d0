/** More models than anybody calls at once; the oldest are asked again. */
const maxModels = 1000;
/** What the client has learnt of models, by name and version. One question is asked once, however many calls wait for it. */
export class KnownModels {
    #known = new Map();
    /** @param ask asks the server; what fails is not kept */
    get(key, ask) {
        const known = this.#known.get(key);
        if (known)
            return known;
        const asked = ask();
        this.#known.set(key, asked);
        asked.catch(() => this.forget(key, asked));
        if (this.#known.size > maxModels)
            this.#known.delete(this.#known.keys().next().value);
        return asked;
    }
    /** @param only nothing newer */
    forget(key, only) {
        if (only === undefined || this.#known.get(key) === only)
            this.#known.delete(key);
    }
}
