import { Tensor } from '#dist/index.js';
import { until } from './http.js';
/** Enough rows for some tens of milliseconds of the digit model. */
export const large = new Tensor('float32', new Float32Array(5_000 * 784), [5_000, 784]);
/**
 * Keeps the only instance of a host's only model busy with runs that are not its queue's, and a batch behind them, until
 * `free()`: what comes in between has to wait in the queue, however fast or slow this machine is just then.
 * @param send one row, to the queue
 */
export async function occupy(host, send) {
    const { model: served, queue } = host.model();
    const model = served;
    const runBatch = model.runBatch.bind(model);
    let occupied = true;
    const runs = (async () => {
        while (occupied)
            await model.run(large);
    })();
    model.runBatch = async (calls, padTo) => {
        await runs;
        return runBatch(calls, padTo);
    };
    const first = send();
    for (const each of [runs, first])
        each.catch(() => undefined); // the test looks at them later
    await until('a batch is under way', () => queue.stats().batchesInFlight === 1);
    const free = async () => {
        occupied = false;
        await runs;
        model.runBatch = runBatch;
    };
    return { first, free };
}
