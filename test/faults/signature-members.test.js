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
/** Misspelt members of a signature (N12): refused by name, in every place, and never a check that nobody makes. */
import { expect } from 'chai';
import { loadModel } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture, onnx } from '../support/paths.js';
const input = { name: 'x', dtype: 'float32', shape: [null, 3] };
const signature = (spec, more = {}) => ({ inputs: [{ ...input, ...spec }], outputs: [], ...more });
const misspelt = [
    ['dtpye', { inputs: [{ name: 'x', dtpye: 'float32', shape: null }], outputs: [] }, /inputs\[0\].*"dtpye"/],
    ['ranges', signature({ ranges: [0, 1] }), /one of bounds, dtype, labels.*inputs\[0\].*"ranges"/],
    ['bound', signature({ bound: [null, null] }), /inputs\[0\].*"bound"/],
    ['symbol', signature({ symbol: ['rows', null] }), /inputs\[0\].*"symbol"/],
    ['optionnal, undefined', signature({ optionnal: undefined }), /"optionnal"/],
    ['max in bounds', signature({ bounds: [{ min: 1, max: 4, maximum: 4 }, null] }), /bounds\[0\].*"maximum"/],
    ['a second bound', signature({ bounds: [null, { min: 1, maxx: 3 }] }), /one of max, min .*bounds\[1\].*"maxx"/],
    [
        'an output’s label',
        { inputs: [input], outputs: [{ ...input, name: 'y', label: ['a', 'b', 'c'] }] },
        /outputs\[0\].*"label"/,
    ],
    ['output', signature({}, { output: [] }), /one of inputs, outputs, task .*signature.*"output"/],
    ['range as an object', signature({ range: { min: 0, max: 1 } }), /\[min, max\].*range/],
];
const models = { torchscript: fixture('torchscript/linear.pt'), onnx: onnx('linear') };
describe('faults: misspelt members of a signature', () => {
    for (const [engine, file] of Object.entries(models)) {
        for (const [what, given, said] of misspelt) {
            it(`${engine} refuses ${what}`, async () => {
                const options = { signature: given };
                const { message } = await rejection(() => loadModel(file, options), 'ERR_INVALID_ARGUMENT');
                expect(message).to.match(said);
            });
        }
    }
    it('takes every member that there is, and what another model says of itself', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const whole = {
                ...{ optional: false, bounds: [{ min: 1, max: 8 }, null], symbols: ['rows', null] },
                ...{ range: [0, 1], labels: ['a', 'b', 'c'] },
            };
            const model = __addDisposableResource(env_1, await loadModel(models.torchscript, { signature: signature(whole) }), true);
            expect(model.signature?.inputs[0]).to.deep.include({ name: 'x', range: [0, 1] });
            const again = __addDisposableResource(env_1, await loadModel(models.torchscript, { signature: model.signature }), true);
            expect(again.signature).to.deep.equal(model.signature);
            const compiled = __addDisposableResource(env_1, await loadModel(fixture('aoti/mlp.pt2')), true);
            const same = __addDisposableResource(env_1, await loadModel(fixture('aoti/mlp.pt2'), { signature: compiled.signature }), true);
            expect(same.signature).to.deep.equal(compiled.signature);
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
});
