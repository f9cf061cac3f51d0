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
/** What models of TorchScript alone do; what every engine does is in test/contract. */
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';
describe('Model of TorchScript', () => {
    it('gives large outputs that outlive their model', async () => {
        const model = await loadModel(fixture('torchscript/layouts.pt'));
        const methods = model.info.methods.map(({ name }) => name);
        expect(methods).to.include('transposed');
        const data = Float32Array.from({ length: 512 * 512 }, (_, i) => i);
        const out = await model.call('transposed', [new Tensor('float32', data, [512, 512])]);
        await model.dispose();
        expect(out.shape).to.deep.equal([512, 512]);
        expect(out.data[1]).to.equal(512);
    });
    it('takes an input of any shape to the engine, whose error shows no path and no C++ frame, then goes on', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await loadModel(fixture('torchscript/linear.pt')), true);
            const error = await rejection(() => model.run(new Tensor('float32', new Float32Array(5), [1, 5])), 'ERR_MODEL_EXECUTION');
            expect(error.message).to.not.match(/frame #|\.so|0x[0-9a-f]{8}/);
            expect((await model.run(new Tensor('float32', new Float32Array(4), [1, 4]))).shape).to.deep.equal([1, 3]);
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
    it('refuses a bigint beyond 64 bits for an int, then goes on', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const divide = __addDisposableResource(env_2, await loadModel(fixture('torchscript/divide.pt')), true);
            await rejection(() => divide.run([2n ** 64n]), 'ERR_OUT_OF_RANGE');
            expect(await divide.run([5])).to.be.a('number');
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
});
