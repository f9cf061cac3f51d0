import { expect } from 'chai';
import { BatchQueue } from '#dist/batching/index.js';
import { FakeEngine, rowsOf } from '../support/fake-engine.js';
import { Tensor, torchError } from '../support/internals.js';
import { turns } from '../support/turn.js';
const first = (tensor) => Number(tensor.data[0]);
const rows = (tensor) => tensor.shape[0];
/** y = x times the rows of its run and one. */
const mixing = (x) => new Tensor('float32', x.data.map((v) => v * (1 + rows(x))), x.shape);
function eventsOf(queue) {
    const events = [];
    queue.on('rows', (event) => events.push(event));
    return events;
}
/** A queue that checks every batch, over a model that the test may change. */
function queueOver(engine, change, random = () => 0) {
    const { model } = engine;
    change(model);
    return new BatchQueue(model, { checkRows: 1, maxBatchSize: 4 }, engine.clock, random);
}
/** The process warnings that come while some work is done. */
async function warningsOf(work) {
    const found = [];
    const listener = ({ message }) => void found.push(message);
    process.on('warning', listener);
    await work();
    await turns();
    process.off('warning', listener);
    return found;
}
describe('the check of a row', () => {
    const forms = [
        ['fewer outputs', (x) => [x, x], (x) => [x]],
        ['more outputs', (x) => [x], (x) => [x, x]],
        ['outputs where its batch had none', () => [], (x) => [x]],
        ['no outputs where its batch had some', (x) => [x], () => []],
        ['an output of another name', (x) => ({ a: x }), (x) => ({ b: x })],
        ['outputs in other lists', (x) => [[x], [x, x]], (x) => [[x, x], [x]]],
        ['a list in place of an output', (x) => x, (x) => [x]],
    ];
    for (const [what, joint, alone] of forms) {
        it(`that by itself has ${what} ends batching`, async () => {
            const engine = new FakeEngine({ answer: (x) => (rows(x) > 1 ? joint(x) : alone(x)) });
            const queue = engine.queue({ checkRows: 1 });
            const events = eventsOf(queue);
            const answers = await Promise.all([queue.run(rowsOf(1)), queue.run(rowsOf(2))]);
            expect(answers).to.deep.equal([alone(rowsOf(1)), alone(rowsOf(2))]);
            expect(events).to.deep.equal([{ rows: 2, outcome: 'differs', share: Infinity, stopped: true }]);
            expect(queue.stats().rowChecks).to.include({ checked: 1, differed: 1 });
        });
    }
    it('that cannot be run is told, and takes no more of the time than others', async () => {
        const engine = new FakeEngine({
            runMs: () => 1,
            answer: (x) => {
                if (rows(x) === 1)
                    throw torchError('ERR_MODEL_EXECUTION', 'two rows at least');
                return x;
            },
        });
        const queue = engine.queue({ checkRows: 1 });
        const events = eventsOf(queue);
        const pairs = 250;
        for (let i = 0; i < pairs; ++i) {
            await engine.clock.drive(Promise.all([queue.run(rowsOf(i)), queue.run(rowsOf(i))]), 0.5);
        }
        expect(engine.batches.length - pairs, 'runs of 1 ms that are checks').to.be.within(2, 3);
        expect(events).to.have.length(engine.batches.length - pairs);
        expect(events[0]).to.deep.include({ rows: 2, outcome: 'failed', share: 0, stopped: false });
        expect(events[0]?.error).to.include({ code: 'ERR_MODEL_EXECUTION' });
        expect(queue.stats().rowChecks).to.deep.equal({ checked: 0, differed: 0, failed: events.length });
    });
    it('that fails by a fault of this package is warned of, and the batch is answered', async () => {
        let calls = 0;
        // The third number chooses the call whose row is run.
        const chance = () => {
            if (++calls === 3)
                throw new Error('no chance');
            return 0;
        };
        const engine = new FakeEngine();
        const queue = queueOver(engine, () => undefined, chance);
        const events = eventsOf(queue);
        const warnings = await warningsOf(async () => {
            const answers = await Promise.all([queue.run(rowsOf(1)), queue.run(rowsOf(2))]);
            expect(answers.map(first)).to.deep.equal([2, 4]);
        });
        expect(warnings).to.deep.equal(['no chance']);
        expect(events[0]).to.include({ outcome: 'failed', stopped: false });
        expect(queue.stats()).to.include({ batchesInFlight: 0 });
        await queue.close();
    });
    it('whose end fails leaves no request and no batch behind', async () => {
        const engine = new FakeEngine({ stepped: true });
        let isBroken = false;
        const queue = queueOver(engine, (model) => {
            const report = model.warmupReport;
            Object.defineProperty(model, 'warmupReport', {
                get: () => {
                    if (isBroken)
                        throw new Error('no report');
                    return report;
                },
            });
        });
        isBroken = true;
        const warnings = await warningsOf(async () => {
            const answers = await engine.finishAll(Promise.all([queue.run(rowsOf(1)), queue.run(rowsOf(2))]));
            expect(answers.map(first)).to.deep.equal([2, 4]);
        });
        expect(warnings).to.deep.equal(['no report']);
        expect(queue.stats()).to.include({ batchesInFlight: 0 });
        expect(queue.stats().requests).to.include({ completed: 2 });
        await queue.close();
    });
});
describe('the check of a row that cannot end batching', () => {
    const queues = [
        ['by the word of its caller', (engine) => engine.queue({ checkRows: 1, rowIndependent: true })],
        ['of a random model', (engine) => queueOver(engine, ({ info }) => void Object.assign(info, { random: true }))],
    ];
    for (const [what, open] of queues) {
        it(`${what} keeps no answer waiting`, async () => {
            const engine = new FakeEngine({ stepped: true });
            const queue = open(engine);
            const events = eventsOf(queue);
            const two = Promise.all([queue.run(rowsOf(1)), queue.run(rowsOf(2))]);
            await turns();
            await engine.finish();
            expect(engine.batches, 'the check runs').to.have.length(2);
            const answers = await Promise.race([two, turns()]);
            expect(answers?.map(first)).to.deep.equal([2, 4]);
            expect(queue.stats(), 'the check has the instance').to.include({ batchesInFlight: 1 });
            for (const { data } of answers ?? [])
                data.fill(99); // they are the callers' now
            await engine.finish();
            expect(events).to.deep.equal([{ rows: 2, outcome: 'same', share: 0, stopped: false }]);
            expect(queue.stats()).to.include({ batchesInFlight: 0 });
            await queue.close();
        });
    }
});
describe('the check of a part of a call', () => {
    it('finds out that the rows of the call depend on each other', async () => {
        const engine = new FakeEngine({ answer: mixing, runMs: () => 1 });
        const queue = engine.queue({ checkRows: 1, maxBatchSize: 4 });
        const events = eventsOf(queue);
        const answer = await engine.clock.drive(queue.run(rowsOf(1, 10)), 0.5);
        expect([...answer.data]).to.deep.equal(new Array(40).fill(11));
        expect(events[0]).to.include({ rows: 4, outcome: 'differs', stopped: true });
        expect(queue.stats()).to.include({ isolated: 0 }); // the part is not run once more, but the call
        await queue.close();
    });
    it('is none where the part is one row', async () => {
        const engine = new FakeEngine({ runMs: () => 1 });
        const queue = engine.queue({ checkRows: 1, maxBatchSize: 1 });
        await engine.clock.drive(queue.run(rowsOf(1, 3)), 0.5);
        expect(engine.batches).to.have.length(3);
        await queue.close();
    });
    it('is none once calls run by themselves, where a call is more than the model takes', async () => {
        const engine = new FakeEngine({ answer: mixing, runMs: () => 1 });
        const queue = queueOver(engine, (model) => void Object.assign(model, { maxRows: 4 }));
        await engine.clock.drive(Promise.all([queue.run(rowsOf(1)), queue.run(rowsOf(1))]), 0.5);
        expect(queue.stopped).to.be.a('string');
        const before = engine.batches.length;
        await engine.clock.drive(queue.run(rowsOf(1, 10)), 0.5);
        expect(engine.batches.slice(before).map(({ sentinels }) => sentinels.length)).to.deep.equal([4, 4, 2]);
        await queue.close();
    });
    it('keeps close() waiting for the whole call, where that runs again', async () => {
        const engine = new FakeEngine({ answer: mixing, stepped: true });
        const queue = engine.queue({ checkRows: 1, maxBatchSize: 4 });
        const calls = [queue.run(rowsOf(1)), queue.run(rowsOf(1)), queue.run(rowsOf(1, 10))];
        let isAnswered = false;
        const large = calls[2].then((answer) => {
            isAnswered = true;
            return answer;
        });
        await turns();
        await engine.finish(); // of the two; now the check of one of them runs
        const closed = queue.close().then(() => isAnswered);
        const answer = await engine.finishAll(large);
        expect(first(answer)).to.equal(11);
        expect(await closed, 'answered before the end of close()').to.equal(true);
    });
    it('does not keep close() from ending where the call fails', async () => {
        const engine = new FakeEngine({ isPoison: (sentinel) => sentinel === 7 });
        const queue = engine.queue({ maxBatchSize: 4 });
        const large = queue.run(rowsOf(7, 10)).catch((error) => error);
        await queue.close();
        expect(await large).to.include({ code: 'ERR_MODEL_EXECUTION' });
    });
});
