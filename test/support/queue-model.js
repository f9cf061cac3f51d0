/**
 * The queue under random load, and the invariants that must hold whatever happens. Used by the unit property test with
 * a few thousand requests and by test/stress/queue.mjs with a million.
 */
import { expect } from 'chai';
import { FakeEngine, rowsOf } from './fake-engine.js';
import { turns } from './turn.js';
/** Runs a plan; throws where an invariant does not hold. Returns how the requests ended. */
export async function play({ options, instances, maxPending, runMs, requests }) {
    const poisoned = new Set();
    const isPoison = (sentinel) => poisoned.has(sentinel);
    const engine = new FakeEngine({ instances, maxPending, runMs: () => runMs, isPoison });
    const queue = engine.queue(options);
    const { maxBatchSize, maxQueueSize, maxQueueBytes } = queue.options;
    const endings = {};
    const settled = new Map();
    const accepted = new Map();
    const one = async (plan, sentinel) => {
        await turns(plan.after);
        if (plan.poison)
            poisoned.add(sentinel);
        const controller = new AbortController();
        if (plan.abortAfterMs !== undefined)
            engine.clock.after(plan.abortAfterMs, () => controller.abort('aborted'));
        const { rows, width, priority, timeoutMs } = plan;
        accepted.set(sentinel, plan);
        const answer = queue.run(rowsOf(sentinel, rows, width), {
            priority,
            signal: controller.signal,
            ...(timeoutMs !== undefined && { timeoutMs }),
        });
        const stats = queue.stats();
        expect(stats.waitingRows, 'waiting rows').to.be.at.most(maxQueueSize);
        expect(stats.waitingBytes, 'waiting bytes').to.be.at.most(maxQueueBytes);
        const ending = await answer.then((tensor) => {
            expect(tensor.shape).to.deep.equal([rows, width]);
            for (const element of tensor.data)
                if (element !== 2 * sentinel)
                    throw new Error('a row of somebody else');
            return 'fulfilled';
        }, (error) => (error === 'aborted' ? error : (error.code ?? String(error))));
        settled.set(sentinel, (settled.get(sentinel) ?? 0) + 1);
        endings[ending] = (endings[ending] ?? 0) + 1;
        if (ending === 'ERR_MODEL_EXECUTION')
            expect(plan.poison, 'only a poisonous request fails').to.equal(true);
        if (ending === 'fulfilled')
            expect(plan.poison, 'a poisonous request does not succeed').to.equal(false);
        const known = ['fulfilled', 'aborted', 'ERR_MODEL_EXECUTION', 'ERR_TIMEOUT', 'ERR_QUEUE_FULL', 'ERR_INVALID_SHAPE'];
        expect(known).to.include(ending);
    };
    // Half a millisecond a turn, so that whatever may happen first does so in some run.
    await engine.clock.drive(Promise.all(requests.map((plan, i) => one(plan, i + 1))).then(() => queue.close()), 0.5);
    expect(settled.size, 'every request settles').to.equal(requests.length);
    for (const [, times] of settled)
        expect(times, 'settles once').to.equal(1);
    const { waitingRows, waitingRequests, waitingBytes, batchesInFlight } = queue.stats();
    expect({ waitingRows, waitingRequests, waitingBytes, batchesInFlight }).to.deep.equal({
        waitingRows: 0,
        waitingRequests: 0,
        waitingBytes: 0,
        batchesInFlight: 0,
    });
    expect(engine.clock.pending, 'timers left behind').to.be.at.most(requests.filter(isAborted).length);
    expect(engine.mostInFlight).to.be.at.most(instances + Math.min(instances, maxPending));
    const largest = Math.max(0, ...engine.batches.map(({ sentinels }) => sentinels.length));
    expect(largest, 'rows of a batch').to.be.at.most(maxBatchSize);
    if (poisoned.size === 0)
        expectOrder(engine, accepted);
    return endings;
}
function isAborted({ abortAfterMs }) {
    return abortAfterMs !== undefined;
}
/** Within one priority and group requests start in the order of submission. Runs that are retried start again. */
function expectOrder(engine, accepted) {
    const last = new Map();
    for (const { sentinels, key } of engine.batches) {
        for (const sentinel of sentinels) {
            const plan = accepted.get(sentinel);
            if (!plan)
                throw new Error(`row ${sentinel} was never submitted`);
            const line = `${key}/${plan.priority === 0 ? 5 : plan.priority}/${plan.after}`;
            expect(sentinel, `order within ${line}`).to.be.at.least(last.get(line) ?? 0);
            last.set(line, sentinel);
        }
    }
}
