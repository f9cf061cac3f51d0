/** Different numbers of rows that are counted as they are. */
const mostSizes = 128;
class Duration {
    count = 0;
    ms = 0;
    add(ms) {
        this.count++;
        this.ms += ms;
    }
    get total() {
        return { count: this.count, ns: Math.round(this.ms * 1e6) };
    }
}
/** The counters behind `ServedModel.statistics`: adding to them makes no objects. */
export class Statistics {
    #success = new Duration();
    #fail = new Duration();
    #queue = new Duration();
    #input = new Duration();
    #infer = new Duration();
    #output = new Duration();
    #sizes = new Map();
    #last = 0;
    #rows = 0;
    #executions = 0;
    /**
     * A call ended well. Its parts make up the whole.
     * @param inputMs from its beginning until it was handed on, where it may have begun to wait already
     * @param totalMs from its beginning until its answer
     * @param isAlone it shared its run with no other
     */
    succeeded(rows, inputMs, { queueMs, runMs }, totalMs, isAlone) {
        const rest = Math.max(0, totalMs - queueMs - runMs);
        const input = Math.min(inputMs, rest);
        this.#last = Date.now();
        this.#rows += rows;
        this.#success.add(totalMs);
        this.#queue.add(queueMs);
        this.#input.add(input);
        this.#infer.add(runMs);
        this.#output.add(rest - input);
        if (isAlone)
            this.ran(rows, input, runMs, rest - input);
    }
    failed(totalMs) {
        this.#fail.add(totalMs);
    }
    /** A run of so many rows ended well. */
    ran(rows, inputMs, runMs, outputMs) {
        this.#executions++;
        const isKnown = this.#sizes.has(rows) || this.#sizes.size < mostSizes;
        const size = isKnown ? rows : 2 ** Math.ceil(Math.log2(Math.max(1, rows)));
        let counts = this.#sizes.get(size);
        if (!counts) {
            counts = { input: new Duration(), infer: new Duration(), output: new Duration() };
            this.#sizes.set(size, counts);
        }
        counts.input.add(inputMs);
        counts.infer.add(runMs);
        counts.output.add(outputMs);
    }
    snapshot() {
        const sizes = [...this.#sizes].sort(([a], [b]) => a - b);
        return {
            last_inference: this.#last,
            inference_count: this.#rows,
            execution_count: this.#executions,
            inference_stats: {
                success: this.#success.total,
                fail: this.#fail.total,
                queue: this.#queue.total,
                compute_input: this.#input.total,
                compute_infer: this.#infer.total,
                compute_output: this.#output.total,
                cache_hit: none,
                cache_miss: none,
            },
            response_stats: {},
            batch_stats: sizes.map(([rows, { input, infer, output }]) => ({
                batch_size: rows,
                compute_input: input.total,
                compute_infer: infer.total,
                compute_output: output.total,
            })),
        };
    }
}
const none = { count: 0, ns: 0 };
