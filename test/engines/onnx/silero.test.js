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
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { fixture, root } from '../../support/paths.js';
import { samples } from '../../support/signal.js';
const recorded = JSON.parse(readFileSync(fixture('silero/expected.json'), 'utf8'));
/** The end of the last chunk, which the TorchScript model keeps by itself. */
const contextSamples = 64;
const tolerance = 1e-4;
/** Somebody else's model, whose graph branches on the sample rate; its state goes in and comes out. */
describe('Silero-VAD as ONNX', function () {
    this.timeout(120_000);
    it('hears what PyTorch hears in the TorchScript file of the same weights', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const fetched = await promisify(execFile)(process.execPath, [`${root}scripts/fetch-silero.mjs`, 'onnx']);
            const model = __addDisposableResource(env_1, await loadModel(fetched.stdout.trim(), { sha256: recorded.onnx.sha256 }), true);
            expect(model.signature?.inputs).to.deep.equal([
                { name: 'input', dtype: 'float32', shape: [null, null] },
                { name: 'state', dtype: 'float32', shape: [2, null, 128] },
                { name: 'sr', dtype: 'int64', shape: [] },
            ]);
            const signal = samples(recorded.signal.parts, recorded.chunkSamples);
            const sr = new Tensor('int64', BigInt64Array.of(BigInt(recorded.sampleRate)), []);
            let state = new Tensor('float32', new Float32Array(2 * 128), [2, 1, 128]);
            let worst = 0;
            for (const [i, wanted] of recorded.probabilities.entries()) {
                const chunk = new Float32Array(contextSamples + recorded.chunkSamples);
                const from = i * recorded.chunkSamples;
                chunk.set(signal.subarray(Math.max(0, from - contextSamples), from), i === 0 ? contextSamples : 0);
                chunk.set(signal.subarray(from, from + recorded.chunkSamples), contextSamples);
                const input = new Tensor('float32', chunk, [1, chunk.length]);
                const heard = await model.call('forward', { input, state, sr });
                state = heard.stateN;
                worst = Math.max(worst, Math.abs(heard.output.data[0] - wanted));
            }
            expect(recorded.probabilities.length).to.be.above(50);
            expect(worst, 'largest difference of a probability').to.be.below(tolerance);
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
