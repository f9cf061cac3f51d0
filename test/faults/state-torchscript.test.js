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
/** State that is not seen (T3): every way to write to something that outlives a run, and what only looks like it. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';
const folder = 'faults/state-torchscript/';
const file = (name) => fixture(`${folder}${name}.pt`);
const cases = JSON.parse(readFileSync(fixture(`${folder}cases.json`), 'utf8'));
const row = (x) => new Tensor('float32', Float32Array.from(x), [1, x.length]);
async function answersAsPyTorch(model, { calls }) {
    for (const [i, { method, x, want }] of calls.entries()) {
        const value = await model.call(method, [row(x)]);
        const got = Array.from((Array.isArray(value) ? value[0] : value).data);
        expect(got, `run ${i + 1}`).to.have.length(want.length);
        for (const [at, number] of got.entries()) {
            expect(number, `run ${i + 1}, element ${at}`).to.be.closeTo(want[at], 1e-4 * (1 + Math.abs(number)));
        }
    }
}
describe('faults: state that is not seen', () => {
    for (const optimize of ['freeze', 'none', 'inference']) {
        describe(`with optimize ${optimize}`, () => {
            for (const one of cases.filter(({ stateful }) => stateful)) {
                it(`finds the state of ${one.name}, and a warm-up leaves it alone`, async () => {
                    const env_1 = { stack: [], error: void 0, hasError: false };
                    try {
                        const model = __addDisposableResource(env_1, await loadModel(file(one.name), { optimize }), true);
                        expect(model.info.stateful).to.equal(true);
                        expect(model.info.statefulReason).to.match(/^\w+ (writes to|assigns) /);
                        await model.warmup({ example: row([5, 6, 7, 8]) });
                        await answersAsPyTorch(model, one);
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
            for (const one of cases.filter(({ stateful }) => !stateful)) {
                it(`finds none in ${one.name}`, async () => {
                    const env_2 = { stack: [], error: void 0, hasError: false };
                    try {
                        const model = __addDisposableResource(env_2, await loadModel(file(one.name), { optimize }), true);
                        expect(model.info.statefulReason).to.equal(undefined);
                        expect(model.info.stateful).to.equal(false);
                        await answersAsPyTorch(model, one);
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
            }
        });
    }
    for (const name of cases.filter(({ stateful }) => stateful).map((one) => one.name)) {
        it(`refuses two instances of ${name} and a queue over it, and says why`, async () => {
            const env_3 = { stack: [], error: void 0, hasError: false };
            try {
                const error = await rejection(() => loadModel(file(name), { instances: 2 }), 'ERR_STATEFUL_MODEL');
                expect(error.message).to.match(/keeps state \(\w+ (writes to|assigns) /);
                const model = __addDisposableResource(env_3, await loadModel(file(name)), true);
                await rejection(() => new BatchQueue(model, { rowIndependent: true }), 'ERR_STATEFUL_MODEL');
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
    }
    const reasons = [
        ['AddInPlace', /forward writes to self\.n \(aten::add_\)/],
        ['Deep', /self\.parts\.0\.0\.n \(aten::add_\)/],
        ['ListAppend', /self\.seen \(aten::append\)/],
        ['DictItem', /self\.seen \(aten::_set_item\)/],
        ['OtherMethod', /step writes to self\.n \(aten::copy_\)/],
        ['NormTraining', /self\.mean \(aten::batch_norm\)/],
        ['TracedConstant', /a constant of its graph \(aten::add_\)/],
        ['Assigns', /assigns self\.count/],
        ['HeldObject', /assigns .*runs/],
    ];
    for (const [name, reason] of reasons) {
        it(`names what is written and by which operator: ${name}`, async () => {
            const env_4 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_4, await loadModel(file(name)), true);
                expect(model.info.statefulReason).to.match(reason);
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
    }
});
