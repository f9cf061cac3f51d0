/** A batch twice as old counts half: about the last hundred batches decide. */
const forgetting = 0.99;
/** Batches whose fastest bounds an estimate from below. */
const recent = 8;
/** Least squares of t(n) = a·n + b over batches of n rows that took t milliseconds, with exponential forgetting. */
export class LatencyFit {
    #weight = 0;
    #n = 0;
    #t = 0;
    #nn = 0;
    #nt = 0;
    #samples = 0;
    /** The times of the last ones, in a ring. */
    #last = new Float64Array(recent).fill(Infinity);
    add(rows, milliseconds) {
        this.#weight = this.#weight * forgetting + 1;
        this.#n = this.#n * forgetting + rows;
        this.#t = this.#t * forgetting + milliseconds;
        this.#nn = this.#nn * forgetting + rows * rows;
        this.#nt = this.#nt * forgetting + rows * milliseconds;
        this.#last[this.#samples++ % recent] = milliseconds;
    }
    /** Batches measured so far. */
    get samples() {
        return this.#samples;
    }
    /** The least that a batch of `rows` may be expected to take: the fastest of the last ones, or less by the fit. */
    least(rows) {
        let fastest = Infinity;
        for (const time of this.#last)
            if (time < fastest)
                fastest = time;
        return fastest === Infinity ? 0 : Math.min(fastest, this.predict(rows));
    }
    /** Undefined before the first batch. With one size only, all its time is put on the rows, which is the careful reading. */
    get value() {
        if (this.#samples === 0)
            return undefined;
        const spread = this.#weight * this.#nn - this.#n * this.#n;
        const proportional = { a: this.#t / this.#n, b: 0, samples: this.#samples };
        if (spread < 1e-6 * this.#n * this.#n)
            return proportional;
        const a = (this.#weight * this.#nt - this.#n * this.#t) / spread;
        const b = (this.#t - a * this.#n) / this.#weight;
        if (b < 0)
            return proportional;
        return a < 0 ? { a: 0, b: this.#t / this.#weight, samples: this.#samples } : { a, b, samples: this.#samples };
    }
    /** Expected milliseconds of a batch of `rows`; 0 while nothing is known. */
    predict(rows) {
        const fit = this.value;
        return fit ? fit.a * rows + fit.b : 0;
    }
    /**
     * The most rows, at least 1, whose batch takes half of `targetMs`: a request that just missed a batch waits for that one
     * and then runs in the next.
     */
    capacity(targetMs, maxRows) {
        const fit = this.value;
        if (!fit || targetMs === Infinity)
            return maxRows;
        const rows = fit.a > 0 ? Math.floor((targetMs / 2 - fit.b) / fit.a) : fit.b <= targetMs / 2 ? maxRows : 1;
        return Math.max(1, Math.min(maxRows, rows));
    }
}
