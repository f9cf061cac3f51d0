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
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { onnx } from '../../support/paths.js';
/** What models of ONNX alone do; what every engine does is in test/contract. */
describe('ONNX model', function () {
    this.timeout(60_000);
    it('says the shapes and dtypes of its inputs and outputs', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await loadModel(onnx('two'), { instances: 1 }), true);
            expect(model.info.methods[0]?.args.map(({ name }) => name)).to.deep.equal(['a', 'b']);
            const symbols = ['batch', null];
            expect(model.signature).to.deep.equal({
                inputs: [
                    { name: 'a', dtype: 'float32', shape: [null, 2], symbols },
                    { name: 'b', dtype: 'int64', shape: [null, 2], symbols },
                ],
                outputs: [
                    { name: 'sum', dtype: 'float32', shape: [null, 2], symbols },
                    { name: 'next', dtype: 'int64', shape: [null, 2], symbols },
                    { name: 'greater', dtype: 'bool', shape: [null, 2], symbols },
                ],
            });
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
    it('aborts a load whose thread has started and has answered nothing yet', async () => {
        const controller = new AbortController();
        process.once('worker', (thread) => {
            thread.once('online', () => controller.abort(new Error('no longer wanted')));
        });
        const loading = loadModel(onnx('slow'), { signal: controller.signal });
        expect(await loading.catch((error) => error.message)).to.equal('no longer wanted');
    });
    describe('wrong arguments of several inputs', () => {
        let model;
        before(async () => {
            model = await loadModel(onnx('two'));
        });
        after(() => model.dispose());
        const a = new Tensor('float32', new Float32Array(2), [1, 2]);
        const b = new Tensor('int64', new BigInt64Array(2), [1, 2]);
        const wrong = [
            ['a missing input', 'ERR_INVALID_INPUT', () => model.call('forward', [a])],
            ['a missing name', 'ERR_INVALID_INPUT', () => model.call('forward', { a })],
            ['an input too many', 'ERR_INVALID_INPUT', () => model.call('forward', [a, b, a])],
            ['a name too many', 'ERR_INVALID_INPUT', () => model.call('forward', { a, b, c: a })],
            ['another dtype', 'ERR_INVALID_DTYPE', () => model.call('forward', [a, a])],
        ];
        for (const [what, code, action] of wrong) {
            it(`refuses ${what} with ${code}, then goes on`, async () => {
                await rejection(action, code);
                expect(Object.keys(await model.call('forward', [a, b]))).to.deep.equal([
                    'sum',
                    'next',
                    'greater',
                ]);
            });
        }
        it('refuses them as well where the rank is open', async () => {
            const env_2 = { stack: [], error: void 0, hasError: false };
            try {
                const rankless = __addDisposableResource(env_2, await loadModel(onnx('rankless')), true);
                expect(rankless.signature?.inputs[0]?.shape).to.equal(null);
                await rejection(() => rankless.run(b), 'ERR_INVALID_DTYPE');
                await rejection(() => rankless.run([1]), 'ERR_INVALID_INPUT');
                await rejection(() => rankless.call('forward', { x: a, z: a }), 'ERR_INVALID_INPUT');
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
        it('refuses a wrong one in place of a value that the file has', async () => {
            const env_3 = { stack: [], error: void 0, hasError: false };
            try {
                const defaulted = __addDisposableResource(env_3, await loadModel(onnx('defaulted')), true);
                const scale = new Tensor('float32', new Float32Array(3), [3]);
                await rejection(() => defaulted.call('forward', { x: a, scale }), 'ERR_INVALID_SHAPE');
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
    });
    it('takes any byte but 0 of a bool for true', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_4, await loadModel(onnx('choice')), true);
            const x = new Tensor('float32', new Float32Array(4), [1, 4]);
            expect(await model.call('forward', [x, new Tensor('bool', Uint8Array.of(2), [])])).to.be.instanceOf(Tensor);
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
    it('says what failed without a path and without the input’s value', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_5, await loadModel(onnx('gather')), true);
            const error = await rejection(() => model.run(new Tensor('int64', BigInt64Array.of(77123n), [1])), 'ERR_MODEL_EXECUTION');
            expect(error.message)
                .to.match(/Gather.*'\/rows\/Gather'.*out of data bounds/)
                .and.not.match(/77123|onnxruntime_src|\.cc/);
            expect((await model.run(new Tensor('int64', BigInt64Array.of(0n), [1]))).shape).to.deep.equal([1]);
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
    describe('batches', () => {
        it('share a run, each call its own rows', async () => {
            const env_6 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_6, await loadModel(onnx('two')), true);
                const report = await model.warmup({ batchSizes: [1, 8] });
                expect(report).to.include({ rowIndependent: true, runs: 6 });
                const queue = __addDisposableResource(env_6, new BatchQueue(model, { maxBatchSize: 8 }), true);
                const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => queue.call('forward', {
                    b: new Tensor('int64', BigInt64Array.of(BigInt(i), 2n ** 60n), [1, 2]),
                    a: new Tensor('float32', Float32Array.of(i, 0.5), [1, 2]),
                })));
                for (const [i, answer] of answers.entries()) {
                    expect(answer['next']?.toArray()).to.deep.equal([[BigInt(i + 1), 2n ** 60n + 1n]]);
                    expect(answer['sum'].data[0]).to.equal(2 * i);
                }
                expect(queue.stats().batches).to.be.below(20);
                expect(model.pending).to.equal(0);
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
        it('are not made of a fixed batch', async () => {
            const env_7 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_7, await loadModel(onnx('fixed')), true);
                expect((await model.warmup()).rowIndependent).to.equal(undefined);
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
    });
    it('whose thread is gone ends its runs, and says so from then on', async () => {
        const made = [];
        const collect = (worker) => made.push(worker);
        process.on('worker', collect);
        const model = await loadModel(onnx('linear'));
        process.off('worker', collect);
        const x = new Tensor('float32', new Float32Array(4), [1, 4]);
        await model.run(x);
        expect(made).to.have.length(1);
        const ended = made[0]?.terminate();
        const errors = await Promise.all([1, 2].map(() => rejection(() => model.run(x), 'ERR_INTERNAL')));
        expect(errors[0]?.message).to.include('load the model again');
        await ended;
        await rejection(() => model.run(x), 'ERR_INTERNAL');
        expect(model.pending).to.equal(0);
        await model.dispose();
    });
    it('loads and disposes a hundred times, several at once', async () => {
        const x = new Tensor('float32', new Float32Array(4), [1, 4]);
        const cycle = async () => {
            const env_8 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_8, await loadModel(onnx('linear')), true);
                await model.run(x);
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
        };
        await Promise.all([1, 2, 3, 4].map(cycle));
        const before = process.memoryUsage.rss();
        for (let i = 0; i < 25; ++i)
            await Promise.all([1, 2, 3, 4].map(cycle));
        expect((process.memoryUsage.rss() - before) / 2 ** 20, 'MiB more').to.be.below(40);
    });
});
