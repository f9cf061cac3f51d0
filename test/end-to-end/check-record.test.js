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
/** Real models held to records: what only a run shows, and dictionaries by the names of their entries. */
import { expect } from 'chai';
import { loadModel } from 'node-libtorch';
import { checkAgainstRecord } from '#dist/serving/check-record.js';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';
const rows = { name: 'x', dtype: 'float32', shape: [null, 3] };
const sum = { name: 'sum', dtype: 'float32', shape: [null] };
const max = { name: 'max', dtype: 'float32', shape: [null] };
const argmax = { name: 'argmax', dtype: 'int64', shape: [null] };
async function check(file, signature, options = { run: true }) {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        const model = __addDisposableResource(env_1, await loadModel(fixture(file.includes('/') ? file : `torchscript/${file}.pt`), { signature }), true);
        const { sha256, artifactBytes: bytes } = model.info;
        const record = { name: 'm', version: 'v1.0', artifact: { file, sha256, bytes }, signature, task: { type: 'other' } };
        await checkAgainstRecord(model, record, options);
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
}
describe('records of models with outputs by name', () => {
    it('fit in any order', async () => {
        await check('dict_output', { inputs: [rows], outputs: [sum, max, argmax] });
        await check('dict_output', { inputs: [rows], outputs: [argmax, sum, max] });
    });
    it('fit where a compiled package nests them', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await loadModel(fixture('aoti/nested.pt2')), true);
            const { inputs, outputs } = model.signature;
            expect(outputs.map(({ name }) => name)).to.deep.equal(['sum', 'parts.0', 'parts.1']);
            await check('aoti/nested.pt2', { inputs, outputs });
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
    const wrong = [
        ['a name too few', [sum, max], /outputs sum, max.*"argmax" too/],
        ['a name too many', [sum, max, argmax, { ...sum, name: 'mean' }], /a tensor for output mean.*undefined/],
        ['another name', [sum, max, { ...argmax, name: 'index' }], /"argmax" too/],
        ['another dtype', [sum, max, { ...argmax, dtype: 'int32' }], /int32 \[\?\] for output argmax.*int64 \[1\]/],
        ['another rank', [{ ...sum, shape: [null, 1] }, max, argmax], /\[\?, 1\] for output sum/],
        [
            'bounds that the output leaves',
            [{ ...sum, bounds: [{ min: 2, max: 3 }] }, max, argmax],
            /\[2\.\.3\] for output sum/,
        ],
    ];
    for (const [what, outputs, why] of wrong) {
        it(`refuse ${what}`, async () => {
            const signature = { inputs: [rows], outputs };
            const error = await rejection(() => check('dict_output', signature), 'ERR_SIGNATURE_MISMATCH');
            expect(error.message).to.match(why);
            await check('dict_output', signature, { run: false });
        });
    }
    it('leave alone what has no order, and what nobody has an example of', async () => {
        const other = { name: 'y', dtype: 'bool', shape: [7] };
        await check('int_keys', { inputs: [{ ...rows, name: 'xs', type: 'Dict[int, Tensor]' }], outputs: [other] });
        await check('slow', {
            inputs: [rows, { name: 'steps', dtype: null, shape: null, type: 'int' }],
            outputs: [other],
        });
    });
});
