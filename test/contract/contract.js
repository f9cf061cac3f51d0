/** What the suites share: the run over the engines, their models, and moments in the life of a run. */
import { loadModel, runtime, Tensor } from 'node-libtorch';
import { fixture } from '../support/paths.js';
import { engines } from './engines.js';
/** One suite, once for each engine. */
export function contract(subject, suite) {
    for (const engine of engines) {
        const file = (model) => fixture(engine.models[model]);
        const load = (model, options = {}) => loadModel(file(model), options);
        const brief = engine.slow.brief ?? engine.slow.args;
        describe(`${engine.name}: ${subject}`, () => {
            suite({ ...engine, file, load, brief, signature: signatureOf(engine.info.input) });
        });
    }
}
/** Rows for `linear` and `mixing`, all of them different. */
export function rows(count, seed = 1) {
    const data = Float32Array.from({ length: count * 4 }, (_, i) => Math.sin(seed + i));
    return new Tensor('float32', data, [count, 4]);
}
/** A signature of `linear`. */
export function signatureOf(...names) {
    return {
        inputs: names.map((name) => ({ name, dtype: 'float32', shape: [null, 4], range: [-1, 1] })),
        outputs: [],
    };
}
/** How many models this thread has loaded and not disposed of. */
export const modelsLoaded = async () => (await runtime.info()).models.length;
/** Whether so many instances of a model may be loaded here. */
export async function mayHave(instances) {
    const { cores, threads } = await runtime.info();
    return instances * threads.intraOp <= cores;
}
/** Lets the event loop turn so many times. */
export async function turn(times) {
    for (let i = 0; i < times; ++i)
        await new Promise((resolve) => setImmediate(resolve));
}
/**
 * Acts upon a run that has started. An engine does not tell when it takes a run from its queue; so `attempt` acts after
 * some turns of the event loop, and says whether the run had started by then. If not, it is asked again, for more of them.
 */
export async function onceStarted(attempt) {
    for (let turns = 32; turns <= 2 ** 15; turns *= 4)
        if (await attempt(turns))
            return;
    throw new Error('the run had not started at any attempt');
}
/** Leaves the model with a run that has started and that its caller gave up. Returns what the caller got. */
export async function givenUp(model, args, reason) {
    let got;
    await onceStarted(async (turns) => {
        const controller = new AbortController();
        const run = model.call('forward', args, { signal: controller.signal });
        await turn(turns);
        controller.abort(reason);
        got = await run.catch((error) => error);
        return model.pending > 0; // a run that still waits is dropped
    });
    return got;
}
