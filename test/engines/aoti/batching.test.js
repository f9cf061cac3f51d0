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
import { BatchQueue, loadModel, ModelHost, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { compiled } from '../../support/repack.js';
/** One row whose elements say whose it is. */
const sentinel = (caller, rows = 1) => new Tensor('float32', Float32Array.from({ length: 32 * rows }, (_, i) => caller * 100 + i), [rows, 32]);
const answerTo = ({ data }) => Array.from(data, (value, i) => (value - (i % 32)) * 2);
describe('BatchQueue over compiled packages', () => {
    let model;
    before(async () => {
        model = await loadModel(compiled('elementwise'), { instances: 2 });
        const report = await model.warmup({ batchSizes: [1, 8] });
        expect(report.rowIndependent).to.equal(true);
    });
    after(() => model.dispose());
    it('gives 200 callers their own rows, in batches of at most the exported 8', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const queue = __addDisposableResource(env_1, new BatchQueue(model, { maxBatchSize: 32 }), true);
            expect(queue.options.maxBatchSize).to.equal(8);
            const sizes = [];
            queue.on('batch', (event) => sizes.push(event.rows));
            const inputs = Array.from({ length: 200 }, (_, caller) => sentinel(caller, 1 + (caller % 3)));
            const answers = await Promise.all(inputs.map((input) => queue.run(input)));
            for (const [caller, answer] of answers.entries()) {
                expect([...answer.data], `caller ${caller}`).to.deep.equal(answerTo(inputs[caller]));
            }
            expect(Math.max(...sizes)).to.equal(8);
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
    it('splits a call of more rows than the model takes', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const queue = __addDisposableResource(env_2, new BatchQueue(model), true);
            const input = sentinel(1, 50);
            expect([...(await queue.run(input)).data]).to.deep.equal(answerTo(input));
            await rejection(() => model.run(input), 'ERR_INVALID_SHAPE');
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
    it('batches nested arguments and gives nested results', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const nested = __addDisposableResource(env_3, await loadModel(compiled('nested')), true);
            expect((await nested.warmup()).rowIndependent).to.equal(true);
            const queue = __addDisposableResource(env_3, new BatchQueue(nested), true);
            const calls = Array.from({ length: 40 }, (_, caller) => {
                const left = Tensor.from([[caller, caller + 1, caller + 2]]);
                const features = { ids: Tensor.from([[BigInt(caller), 0n]]), sides: [left, Tensor.from([[1, 1, 1]])] };
                return queue.call('forward', { features, scale: Tensor.from([[2]]) });
            });
            for (const [caller, { sum, parts }] of (await Promise.all(calls)).entries()) {
                expect([...sum.data]).to.deep.equal([2 * caller + 2, 2 * caller + 4, 2 * caller + 6]);
                expect([...parts[1].data]).to.deep.equal([BigInt(caller) + 1n, 1n]);
            }
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
    it('is served by a ModelHost, with the default batch size cut to what the model takes', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const host = __addDisposableResource(env_4, await ModelHost.open({
                models: [{ file: compiled('elementwise'), name: 'scale', batching: {} }],
                defaultModel: 'scale',
            }), true);
            const input = sentinel(3);
            expect([...(await host.model('scale').run(input)).data]).to.deep.equal(answerTo(input));
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
});
