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
import { loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { digitModel, fixture } from '../../support/paths.js';
const rows = (n, width) => new Tensor('float32', Float32Array.from({ length: n * width }, (_, i) => Math.sin(i + 1)), [n, width]);
/** What depends on TorchScript; what every engine does is in test/contract. */
describe('warm-up of TorchScript models', () => {
    it('runs the bundled model in every size, on examples made from its signature', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await loadModel(digitModel, {
                signature: { inputs: [{ name: 'input', dtype: 'float32', shape: [null, 784], range: [0, 1] }], outputs: [] },
            }), true);
            expect(model.warmupReport).to.equal(undefined);
            const report = await model.warmup({ batchSizes: [1, 32] });
            expect(report).to.deep.include({ runs: 6, batchSizes: [1, 32], rowIndependent: true });
            expect(model.warmupReport).to.equal(report);
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
    it('finds narrow.pt, whose output has other rows, not row-independent, from an example of one row too', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await loadModel(fixture('torchscript/narrow.pt')), true);
            for (const n of [1, 2]) {
                const report = await model.warmup({ example: rows(n, 4) });
                expect(report.rowIndependent).to.equal(false);
                expect(report.rowIndependence).to.match(/rows/);
            }
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
    it('leaves the state of a stateful model as it was', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_3, await loadModel(fixture('torchscript/stateful.pt')), true);
            const x = new Tensor('float32', new Float32Array([1, 2]), [2]);
            const report = await model.warmup({ example: [x] });
            expect(report.rowIndependent).to.equal(undefined);
            const [sum, calls] = await model.call('forward', [x]);
            expect(sum.toArray()).to.deep.equal([1, 2]);
            expect(calls).to.equal(1);
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
    it('asks for an example when there is no signature', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_4, await loadModel(fixture('torchscript/linear.pt')), true);
            const error = await rejection(() => model.warmup(), 'ERR_INVALID_ARGUMENT');
            expect(error.message).to.match(/Tensor/);
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
