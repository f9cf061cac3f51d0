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
/** Precision (T6, T7): tied weights stay tied, and weights are converted wherever they lie. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadModel, runtime, Tensor } from 'node-libtorch';
import { fixture } from '../support/paths.js';
const folder = 'faults/precision/';
const cases = JSON.parse(readFileSync(fixture(`${folder}cases.json`), 'utf8'));
describe('faults: precision', () => {
    for (const optimize of ['freeze', 'none']) {
        for (const { name, x, want, bytes } of cases) {
            it(`converts all of ${name} to float32, optimize ${optimize}`, async () => {
                const env_1 = { stack: [], error: void 0, hasError: false };
                try {
                    const model = __addDisposableResource(env_1, await loadModel(fixture(`${folder}${name}.pt`), { precision: 'fp32', optimize }), true);
                    const output = await model.run(new Tensor('float32', Float32Array.from(x), [1, 4]));
                    expect(output.dtype).to.equal('float32');
                    for (const [at, number] of Array.from(output.data).entries())
                        expect(number).to.be.closeTo(want[at], 1e-5 * (1 + Math.abs(number)));
                    if (bytes !== undefined)
                        expect(model.info.parameterBytes).to.equal(bytes);
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
    }
    it('converts to bfloat16 likewise, where the CPU has it', async function () {
        const { bfloat16 } = await runtime.info();
        if (!bfloat16)
            this.skip();
        for (const { name, x, want } of cases) {
            const env_2 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_2, await loadModel(fixture(`${folder}${name}.pt`), { precision: 'bf16' }), true);
                const output = await model.run(new Tensor('float32', Float32Array.from(x), [1, 4]));
                for (const [at, number] of Array.from(output.data).entries())
                    expect(number, name).to.be.closeTo(want[at], 0.05 * (1 + Math.abs(number)));
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
        }
    });
});
