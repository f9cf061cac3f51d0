var __addDisposableResource = (this && this.__addDisposableResource) || function (env, value, async) {
    if (value !== null && value !== void 0) {
        if (typeof value !== "object" && typeof value !== "function") throw new TypeError("Object expected.");
        var dispose, inner;
        if (async) {
            if (!Symbol.asyncDispose) throw new TypeError("Symbol.asyncDispose is not defined.");
            dispose = value[Symbol.asyncDispose];
        }
        if (dispose === void 0) {
            if (!Symbol.dispose) throw new TypeError("Symbol.dispose is not defined.");
            dispose = value[Symbol.dispose];
            if (async) inner = dispose;
        }
        if (typeof dispose !== "function") throw new TypeError("Object not disposable.");
        if (inner) dispose = function() { try { inner.call(this); } catch (e) { return Promise.reject(e); } };
        env.stack.push({ value: value, dispose: dispose, async: async });
    }
    else if (async) {
        env.stack.push({ async: true });
    }
    return value;
};
var __disposeResources = (this && this.__disposeResources) || (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
            env.hasError = true;
        }
        var r, s = 0;
        function next() {
            while (r = env.stack.pop()) {
                try {
                    if (!r.async && s === 1) return s = 0, env.stack.push(r), Promise.resolve().then(next);
                    if (r.dispose) {
                        var result = r.dispose.call(r.value);
                        if (r.async) return s |= 2, Promise.resolve(result).then(next, function(e) { fail(e); return next(); });
                    }
                    else s |= 1;
                }
                catch (e) {
                    fail(e);
                }
            }
            if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
            if (env.hasError) throw env.error;
        }
        return next();
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});
/** The signatures of real TorchScript models: read from the archive, and compared with what was given. */
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { digitModel, fixture } from '../../support/paths.js';
const pt = (name) => fixture(`torchscript/${name}.pt`);
const open = { dtype: null, shape: null };
const vector = (name) => ({ name, dtype: 'float32', shape: [null] });
const x = Tensor.from([1, 2]);
describe('signatures of TorchScript models', () => {
    const own = [
        ['linear', { inputs: [{ name: 'x', ...open }], outputs: [{ name: 'output', ...open }] }],
        [
            'lstm',
            {
                inputs: [
                    { name: 'x', ...open },
                    { name: 'state', ...open, type: 'Optional[Tuple[Tensor, Tensor]]', optional: true },
                ],
                outputs: [
                    { name: 'output_0', ...open },
                    { name: 'output_1', ...open, type: 'Tuple[Tensor, Tensor]' },
                ],
            },
        ],
        [
            'dict_input',
            {
                inputs: [{ name: 'xs', ...open, type: 'Dict[str, Tensor]' }],
                outputs: [{ name: 'output', ...open, type: 'Dict[str, Tensor]' }],
            },
        ],
    ];
    for (const [name, signature] of own) {
        it(`are what the archive of ${name} says`, async () => {
            const env_1 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_1, await loadModel(pt(name)), true);
                expect(model.signature).to.deep.equal(signature);
            }
            catch (e_1) {
                env_1.error = e_1;
                env_1.hasError = true;
            }
            finally {
                const result_1 = __disposeResources(env_1);
                if (result_1)
                    await result_1;
            }
        });
    }
    it('are absent where there is no forward', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await loadModel(pt('no_forward')), true);
            expect(model.signature).to.equal(undefined);
            expect(await model.call('triple', [x])).to.be.instanceOf(Tensor);
        }
        catch (e_2) {
            env_2.error = e_2;
            env_2.hasError = true;
        }
        finally {
            const result_2 = __disposeResources(env_2);
            if (result_2)
                await result_2;
        }
    });
    it('check names and tensors before anything runs', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_3, await loadModel(pt('defaults')), true);
            expect(await model.call('forward', { x })).to.deep.equal(await model.call('forward', [x]));
            const missing = await rejection(() => model.call('forward', { times: 2 }), 'ERR_INVALID_INPUT');
            expect(missing.message).to.include('"x" is missing').and.include('mask (optional)');
            await rejection(() => model.call('forward', { x, tiems: 2 }), 'ERR_INVALID_INPUT');
            await rejection(() => model.call('forward', [5]), 'ERR_INVALID_INPUT');
            await rejection(() => model.call('forward', { x, times: 'two' }), 'ERR_INVALID_INPUT'); // the engine's word
        }
        catch (e_3) {
            env_3.error = e_3;
            env_3.hasError = true;
        }
        finally {
            const result_3 = __disposeResources(env_3);
            if (result_3)
                await result_3;
        }
    });
    it('add what was given to what the archive says', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const given = { inputs: [vector('x')], outputs: [], task: { type: 'other' } };
            const model = __addDisposableResource(env_4, await loadModel(pt('linear'), { signature: given }), true);
            const output = { name: 'output', ...open };
            expect(model.signature).to.deep.equal({ inputs: [vector('x')], outputs: [output], task: { type: 'other' } });
        }
        catch (e_4) {
            env_4.error = e_4;
            env_4.hasError = true;
        }
        finally {
            const result_4 = __disposeResources(env_4);
            if (result_4)
                await result_4;
        }
    });
    it('take names of their own for arguments, in order', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_5, await loadModel(pt('defaults'), { signature: { inputs: [vector('wave')], outputs: [] } }), true);
            const plain = __addDisposableResource(env_5, await loadModel(pt('defaults')), true);
            expect(await model.call('forward', { wave: x })).to.deep.equal(await plain.call('forward', [x]));
            await rejection(() => model.call('forward', { x }), 'ERR_INVALID_INPUT');
            const report = await model.warmup({ example: { wave: x } });
            expect(report.runs).to.equal(3);
        }
        catch (e_5) {
            env_5.error = e_5;
            env_5.hasError = true;
        }
        finally {
            const result_5 = __disposeResources(env_5);
            if (result_5)
                await result_5;
        }
    });
    it('mean the same by position and by name where forward has arguments between them', async () => {
        const env_6 = { stack: [], error: void 0, hasError: false };
        try {
            const signature = { inputs: [vector('x'), vector('mask')], outputs: [] };
            const model = __addDisposableResource(env_6, await loadModel(pt('defaults'), { signature }), true);
            const plain = __addDisposableResource(env_6, await loadModel(pt('defaults')), true);
            const mask = Tensor.from([0, 1]);
            const expected = await plain.call('forward', { x, mask });
            expect(await model.call('forward', { x, mask })).to.deep.equal(expected);
            expect(await model.call('forward', [x, mask])).to.deep.equal(expected);
            expect(await model.call('forward', [x])).to.deep.equal(await plain.call('forward', [x]));
        }
        catch (e_6) {
            env_6.error = e_6;
            env_6.hasError = true;
        }
        finally {
            const result_6 = __disposeResources(env_6);
            if (result_6)
                await result_6;
        }
    });
    it('let arguments be no tensors', async () => {
        const env_7 = { stack: [], error: void 0, hasError: false };
        try {
            const rate = { name: 'steps', ...open, type: 'int' };
            const signature = { inputs: [{ name: 'x', dtype: 'float32', shape: [null, null] }, rate], outputs: [] };
            const model = __addDisposableResource(env_7, await loadModel(pt('slow'), { signature }), true);
            const square = new Tensor('float32', new Float32Array(256 * 256), [256, 256]);
            expect((await model.call('forward', { x: square, steps: 1 })).shape).to.deep.equal([256]);
            await rejection(() => model.call('forward', [x, 1]), 'ERR_INVALID_SHAPE');
            // Nobody knows how many steps.
            await rejection(() => model.warmup(), 'ERR_INVALID_ARGUMENT');
            expect((await model.warmup({ example: [square, 1] })).runs).to.equal(3);
        }
        catch (e_7) {
            env_7.error = e_7;
            env_7.hasError = true;
        }
        finally {
            const result_7 = __disposeResources(env_7);
            if (result_7)
                await result_7;
        }
    });
    const contradictions = [
        ['an input too many', 'linear', { inputs: [vector('a'), vector('b')], outputs: [] }],
        ['no input', 'linear', { inputs: [], outputs: [] }],
        ['a tensor for an int', 'slow', { inputs: [vector('x'), vector('steps')], outputs: [] }],
        ['a missing argument', 'slow', { inputs: [vector('x')], outputs: [] }],
        ['a tensor for a dict', 'dict_input', { inputs: [vector('xs')], outputs: [] }],
        ['an int for a tensor', 'linear', { inputs: [{ name: 'x', ...open, type: 'int' }], outputs: [] }],
        ['an output too many', 'linear', { inputs: [vector('x')], outputs: [vector('a'), vector('b')] }],
    ];
    for (const [what, name, signature] of contradictions) {
        it(`refuse ${what}`, async () => {
            const env_8 = { stack: [], error: void 0, hasError: false };
            try {
                await rejection(() => loadModel(pt(name), { signature }), 'ERR_SIGNATURE_MISMATCH');
                const model = __addDisposableResource(env_8, await loadModel(pt(name)), true); // the refused one is gone, and in nobody's way
                expect(model.disposed).to.equal(false);
            }
            catch (e_8) {
                env_8.error = e_8;
                env_8.hasError = true;
            }
            finally {
                const result_8 = __disposeResources(env_8);
                if (result_8)
                    await result_8;
            }
        });
    }
    it('bound the batches of a warm-up', async () => {
        const env_9 = { stack: [], error: void 0, hasError: false };
        try {
            const input = {
                name: 'input',
                dtype: 'float32',
                shape: [null, 784],
                bounds: [{ min: 1, max: 8 }, null],
                range: [0, 1],
            };
            const model = __addDisposableResource(env_9, await loadModel(digitModel, { signature: { inputs: [input], outputs: [] } }), true);
            const report = await model.warmup({ batchSizes: [1, 32, 64] });
            expect(report).to.deep.include({ batchSizes: [1, 8], rowIndependent: true });
            const rows = (count) => new Tensor('float32', new Float32Array(784 * count), [count, 784]);
            expect((await model.run(rows(8))).shape).to.deep.equal([8, 10]);
            const error = await rejection(() => model.run(rows(9)), 'ERR_INVALID_SHAPE');
            expect(error.message).to.include('[1..8, 784]');
            const queue = new BatchQueue(model, { maxBatchSize: 32, allowedBatchSizes: [2, 4, 32] });
            expect(queue.options).to.deep.include({ maxBatchSize: 8, allowedBatchSizes: [2, 4, 8] });
            const answers = await Promise.all(Array.from({ length: 40 }, () => queue.run(rows(1))));
            expect(answers.map(({ shape }) => shape[0])).to.deep.equal(new Array(40).fill(1));
            await queue.close();
            const two = { ...input, bounds: [{ min: 1, max: 2 }, null] };
            const small = __addDisposableResource(env_9, await loadModel(digitModel, { signature: { inputs: [two], outputs: [] } }), true);
            expect((await small.warmup()).rowIndependent).to.equal(undefined);
        }
        catch (e_9) {
            env_9.error = e_9;
            env_9.hasError = true;
        }
        finally {
            const result_9 = __disposeResources(env_9);
            if (result_9)
                await result_9;
        }
    });
});
