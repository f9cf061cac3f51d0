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
/** ONNX models that answer at random, or as in training (N2, T9): said at load, wherever the node stands. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture, onnx } from '../support/paths.js';
const folder = 'faults/onnx-random/';
const cases = JSON.parse(readFileSync(fixture(`${folder}cases.json`), 'utf8'));
const file = (name) => fixture(`${folder}${name}.onnx`);
/** The first output of some equal calls, as texts. */
async function answersOf(model) {
    const x = Float32Array.from({ length: 8 }, (_, i) => i / 8);
    const args = (model.signature?.inputs ?? []).map(({ dtype }) => dtype === 'bool' ? new Tensor('bool', Uint8Array.of(1), []) : new Tensor('float32', x, [2, 4]));
    const answers = new Set();
    for (let i = 0; i < 10; ++i) {
        const value = await model.run(args);
        const first = value instanceof Tensor ? value : Object.values(value)[0];
        answers.add(String(first.data));
    }
    return answers;
}
describe('faults: ONNX models that answer at random', () => {
    for (const { name, warning, random, stateful } of cases) {
        it(`${warning === null ? 'says nothing of' : 'warns of'} ${name}, and is right`, async () => {
            const env_1 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_1, await loadModel(file(name)), true);
                const { info } = model;
                expect(info).to.include({ random, stateful });
                if (warning === null)
                    expect(info.warnings).to.deep.equal([]);
                else
                    expect(info.warnings.join('\n')).to.match(new RegExp(warning));
                if (stateful)
                    expect(info.statefulReason).to.match(/BatchNormalization/);
                expect((await answersOf(model)).size > 1).to.equal(random || stateful);
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
    it('has one instance of a model that trains: each would have its own statistics', async () => {
        const { message } = await rejection(() => loadModel(file('batch_norm'), { instances: 2 }), 'ERR_STATEFUL_MODEL');
        expect(message).to.match(/BatchNormalization.*instances: 1 but received 2/);
    });
    it('says nothing of the models that others use', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await loadModel(onnx('linear')), true);
            expect(model.info).to.deep.include({ random: false, stateful: false, warnings: [] });
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
