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
import { Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { contract, mayHave, rows } from './contract.js';
contract('warm-up', ({ load, signature }) => {
    it('runs every size, and finds a row-independent model', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await load('linear'), true);
            expect(model.warmupReport).to.equal(undefined);
            const report = await model.warmup({ example: rows(2), batchSizes: [1, 32] });
            expect(report).to.deep.include({ runs: 6, batchSizes: [1, 32], rowIndependent: true });
            expect(report.rowIndependence).to.match(/equals/);
            expect(report.durationMs).to.be.at.least(0);
            expect(model.warmupReport).to.equal(report);
            expect(model.pending).to.equal(0);
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
    it('makes its example from a signature', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await load('linear', { signature }), true);
            expect(await model.warmup({ batchSizes: [1, 8] })).to.deep.include({ runs: 6, rowIndependent: true });
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
    it('runs them on every instance', async function () {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            if (!(await mayHave(2)))
                this.skip();
            const model = __addDisposableResource(env_3, await load('linear', { instances: 2 }), true);
            expect(await model.warmup({ example: rows(2), batchSizes: [1, 8] })).to.deep.include({ runs: 12 });
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
    it('takes one row for an example, by position and by name', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_4, await load('linear'), true);
            const { name } = model.info.methods[0].args[0];
            for (const example of [rows(1), [rows(1)], { [name]: rows(1) }]) {
                expect((await model.warmup({ example })).rowIndependent).to.equal(true);
            }
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
    it('finds a model that mixes rows, from an example of one row too', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_5, await load('mixing'), true);
            for (const count of [1, 2]) {
                const report = await model.warmup({ example: rows(count) });
                expect(report.rowIndependent).to.equal(false);
                expect(report.rowIndependence).to.match(/other rows/);
            }
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
    it('is not deceived by an example of equal rows', async () => {
        const env_6 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_6, await load('mixing'), true);
            for (const value of [0, 1]) {
                for (const count of [1, 2]) {
                    const example = new Tensor('float32', new Float32Array(4 * count).fill(value), [count, 4]);
                    expect((await model.warmup({ example })).rowIndependent).to.equal(false);
                }
            }
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
    it('measures rows by the tolerance it is given', async () => {
        const env_7 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_7, await load('mixing'), true);
            const generous = { absolute: 1e9, relative: 0 };
            expect((await model.warmup({ example: rows(2), tolerance: generous })).rowIndependent).to.equal(true);
            const none = { absolute: 0, relative: 0 };
            expect((await model.warmup({ example: rows(2), tolerance: none })).rowIndependent).to.equal(false);
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
    it('refuses a tolerance or a batch size that makes no sense', async () => {
        const env_8 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_8, await load('linear'), true);
            for (const wrong of [1, null, {}, { absolute: 0 }, { absolute: -1, relative: 0 }, { absolute: NaN, relative: 0 }]) {
                await rejection(() => model.warmup({ example: rows(2), tolerance: wrong }), 'ERR_INVALID_ARGUMENT');
            }
            for (const wrong of [[0], [1.5], [], 5]) {
                await rejection(() => model.warmup({ example: rows(2), batchSizes: wrong }), 'ERR_INVALID_ARGUMENT');
            }
            expect(model.warmupReport).to.equal(undefined);
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
    it('can be aborted', async () => {
        const env_9 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_9, await load('linear'), true);
            const reason = new Error('enough');
            const answer = model.warmup({ example: rows(2), signal: AbortSignal.abort(reason) });
            expect(await answer.catch((error) => error)).to.equal(reason);
            expect(model.pending).to.equal(0);
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
