import { expect } from 'chai';
import { startAddon } from '#dist/engines/torch/started-addon.js';
import { node } from '../../support/child.js';
import { rejection } from '../../support/errors.js';
import { detach, resizable } from '../../support/memory.js';
import { fixture } from '../../support/paths.js';
/** The native side by itself: it must hold whatever TypeScript lets through. */
describe('the raw addon', () => {
    let started;
    before(async () => {
        started = await startAddon();
    });
    /** Errors of the addon are plain Errors with a code; the dispatcher makes ours of them. */
    const refused = (call, code) => rejection(() => started.dispatcher.start(call), code);
    it('tells of the rest when JavaScript fails before it asks for more', async () => {
        const { stdout } = await node(['test/engines/torch/children/failing-settled.mjs']);
        const { told, failed } = JSON.parse(stdout);
        expect(failed, 'the failures that were made').to.be.above(0);
        expect(told).to.equal(5000);
    });
    it('takes no foreign object for a model', async () => {
        const { addon } = started;
        const real = addon.createModel(1, 1);
        const { port1 } = new MessageChannel();
        const foreign = [{}, [], null, undefined, 1, 'x', () => 1, new Map(), port1, new WeakRef({}), new ArrayBuffer(8)];
        const alike = [Object.create(real), new Proxy(real, {}), { ...real }];
        port1.close();
        for (const wrong of [...foreign, ...alike]) {
            await refused(() => addon.cancel(1, wrong), 'ERR_INVALID_ARGUMENT');
            await refused(() => {
                addon.run(1, wrong, 'forward', [], -1, false);
            }, 'ERR_INVALID_ARGUMENT');
        }
        await started.dispatcher.start((id) => {
            addon.dispose(id, real);
        });
    });
    it('refuses work for a model that was disposed, and one that was never loaded', async () => {
        const { addon, dispatcher } = started;
        const handle = addon.createModel(1, 1);
        const run = () => dispatcher.start((id) => {
            addon.run(id, handle, 'forward', [], -1, false);
        });
        await rejection(run, 'ERR_NOT_READY');
        await dispatcher.start((id) => {
            addon.dispose(id, handle);
        });
        await rejection(run, 'ERR_DISPOSED');
        await dispatcher.start((id) => {
            addon.dispose(id, handle);
        });
    });
    describe('tensors', () => {
        const tensor = (data, shape, dtype = 'float32') => ({ dtype, shape, data });
        let handle;
        before(() => {
            handle = started.addon.createModel(1, 100);
        });
        after(() => started.dispatcher.start((id) => {
            started.addon.dispose(id, handle);
        }));
        const send = (given) => () => {
            started.addon.run(1, handle, 'forward', [given], -1, false);
        };
        const four = new Float32Array(4);
        const gone = new Float32Array(4);
        detach(gone.buffer);
        const buffer = resizable(64, 128);
        const outside = new Float32Array(buffer, 32, 4);
        const tracking = new Float32Array(buffer);
        buffer.resize(8);
        const cases = [
            ['an unknown dtype', 'ERR_INVALID_DTYPE', tensor(four, [4], 'float')],
            ['a dtype of no string', 'ERR_INVALID_INPUT', tensor(four, [4], 5)],
            ['the typed array of another dtype', 'ERR_INVALID_DTYPE', tensor(new Float64Array(4), [4])],
            ['no typed array', 'ERR_INVALID_DTYPE', tensor([1, 2, 3, 4], [4])],
            ['a DataView', 'ERR_INVALID_DTYPE', tensor(new DataView(new ArrayBuffer(16)), [4])],
            ['a detached buffer', 'ERR_INVALID_SHAPE', tensor(gone, [4])],
            ['a view outside its shrunken buffer', 'ERR_INVALID_SHAPE', tensor(outside, [4])],
            ['a view that shrank with its buffer', 'ERR_INVALID_SHAPE', tensor(tracking, [16])],
            ['more elements than there are', 'ERR_INVALID_SHAPE', tensor(four, [5])],
            ['fewer', 'ERR_INVALID_SHAPE', tensor(four, [3])],
            ['a negative dimension', 'ERR_INVALID_SHAPE', tensor(four, [-2, -2])],
            ['a fraction', 'ERR_INVALID_SHAPE', tensor(four, [0.5, 8])],
            ['NaN', 'ERR_INVALID_SHAPE', tensor(four, [NaN])],
            ['2^53 + 2', 'ERR_INVALID_SHAPE', tensor(four, [2 ** 53 + 2])],
            ['a product that wraps to 4', 'ERR_INVALID_SHAPE', tensor(four, [2 ** 32, 2 ** 30, 4, 4])],
            ['a product that wraps behind a zero', 'ERR_INVALID_SHAPE', tensor(new Float32Array(), [0, 2 ** 52, 2 ** 52])],
            ['33 dimensions', 'ERR_INVALID_SHAPE', tensor(four, [4, ...Array(32).fill(1)])],
            ['no shape', 'ERR_INVALID_SHAPE', tensor(four, undefined)],
            ['a dimension of no number', 'ERR_INVALID_INPUT', tensor(four, ['4'])],
        ];
        for (const [what, code, given] of cases)
            it(`refuse ${what}`, () => refused(send(given), code));
    });
    for (const seed of [20261122, 7]) {
        it(`survives 2,000 random calls of every function (seed ${seed})`, async function () {
            this.timeout(60_000);
            const script = 'test/engines/torch/children/fuzz-addon.mjs';
            const ended = await node([script, String(seed), '2000', fixture('torchscript/linear.pt')]);
            expect(ended, ended.stderr).to.include({ code: 0, signal: null });
            const counts = JSON.parse(ended.stdout);
            expect(counts.calls).to.be.at.least(2200);
            expect(counts.returned, 'calls that worked').to.be.above(200);
            expect(Object.keys(counts.codes)).to.include.members(['ERR_INVALID_ARGUMENT', 'ERR_INVALID_SHAPE']);
        });
    }
});
