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
import { loadModel } from 'node-libtorch';
import { copied, frozen } from '#dist/model/frozen.js';
import { rejection } from '../support/errors.js';
import { digitModel } from '../support/paths.js';
describe('what nobody may change any more', () => {
    it('is frozen through objects and arrays, and leaves others alone', () => {
        const data = new Float32Array(2);
        const value = frozen({ a: [{ b: 1 }], data, when: new Map([[1, {}]]) });
        expect(value).to.be.frozen;
        expect(value.a).to.be.frozen;
        expect(value.a[0]).to.be.frozen;
        data[0] = 1;
        const nothing = undefined;
        expect(frozen(nothing)).to.equal(nothing);
        expect(frozen(5)).to.equal(5);
    });
    it('is copied, or refused', async () => {
        const value = { a: [1] };
        expect(copied('x', value)).to.deep.equal(value);
        expect(copied('x', value)).not.to.equal(value);
        await rejection(() => copied('x', { a: () => 1 }), 'ERR_INVALID_ARGUMENT');
    });
});
describe('a loaded model', () => {
    it('keeps to the signature that was checked, whatever becomes of the one that was given', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const given = { inputs: [{ name: 'input', dtype: 'float32', shape: [null, 784], range: [0, 1] }], outputs: [] };
            const model = __addDisposableResource(env_1, await loadModel(digitModel, { signature: given }), true);
            given.inputs[0].name = 'other';
            given.inputs[0].range[1] = 1e9;
            given.inputs.push(given.inputs[0]);
            expect(model.signature?.inputs).to.have.length(1);
            expect(model.signature?.inputs[0]).to.deep.include({ name: 'input', range: [0, 1] });
            await rejection(() => model.run({ input: 5 }), 'ERR_INVALID_INPUT');
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
    it('says what it says in frozen objects', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await loadModel(digitModel), true);
            for (const value of [model.info, model.info.device, model.info.methods, model.info.methods[0], model.signature]) {
                expect(value).to.be.frozen;
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
});
