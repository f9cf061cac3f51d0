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
/** Warnings at load (T9, N2): models in train mode, random models, and divisions that can end the process. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadModel } from 'node-libtorch';
import { fixture } from '../support/paths.js';
const folder = 'faults/load-warnings/';
const cases = JSON.parse(readFileSync(fixture(`${folder}cases.json`), 'utf8'));
describe('faults: warnings at load', () => {
    for (const optimize of ['freeze', 'none']) {
        for (const { name, warning, random } of cases) {
            it(`${warning === null ? 'says nothing of' : 'warns of'} ${name}, optimize ${optimize}`, async () => {
                const env_1 = { stack: [], error: void 0, hasError: false };
                try {
                    const model = __addDisposableResource(env_1, await loadModel(fixture(`${folder}${name}.pt`), { optimize }), true);
                    const { warnings } = model.info;
                    if (warning === null)
                        expect(warnings).to.deep.equal([]);
                    else
                        expect(warnings.join('\n')).to.match(new RegExp(warning));
                    expect(model.info.random).to.equal(random);
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
    it('calls batch norm in train mode stateful too: it updates its own statistics', async () => {
        for (const name of ['trained_batch_norm', 'trained_instance_norm']) {
            const env_2 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_2, await loadModel(fixture(`${folder}${name}.pt`)), true);
                expect(model.info.statefulReason, name).to.match(/running_(mean|var)|num_batches_tracked/);
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
    it('warns of nothing in the models that others use', async () => {
        for (const name of ['torchscript/linear.pt', 'torchscript/lstm.pt', 'tasks/encoder.pt', 'tasks/pictures.pt']) {
            const env_3 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_3, await loadModel(fixture(name)), true);
                expect(model.info.warnings, name).to.deep.equal([]);
                expect(model.info.random, name).to.equal(false);
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
        }
    });
});
