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
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { fixture, root } from '../../support/paths.js';
import { samples } from '../../support/signal.js';
const recorded = JSON.parse(readFileSync(fixture('silero/expected.json'), 'utf8'));
/** Somebody else's model, as its makers publish it: recurrent, with state, several methods and 2 MB of code and weights. */
describe('Silero-VAD', function () {
    this.timeout(60_000);
    const signal = samples(recorded.signal.parts, recorded.chunkSamples);
    let path;
    before('fetch the model', async function () {
        this.timeout(120_000);
        path = (await promisify(execFile)(process.execPath, [`${root}scripts/fetch-silero.mjs`])).stdout.trim();
    });
    it('listens to the very signal that PyTorch was given', () => {
        expect(signal).to.have.length(recorded.signal.samples);
        expect(createHash('sha256').update(new Uint8Array(signal.buffer)).digest('hex')).to.equal(recorded.signal.sha256);
    });
    for (const optimize of ['none', 'freeze', 'inference']) {
        describe(`optimize: '${optimize}'`, () => {
            let model;
            before(async () => {
                model = await loadModel(path, { optimize, device: 'cpu', sha256: recorded.model.sha256 });
            });
            after(() => model.dispose());
            async function listen(count) {
                const heard = [];
                for (let i = 0; i < count; ++i) {
                    const chunk = signal.subarray(i * recorded.chunkSamples, (i + 1) * recorded.chunkSamples);
                    const x = new Tensor('float32', chunk, [1, recorded.chunkSamples]);
                    const answer = await model.call('forward', [x, recorded.sampleRate]);
                    expect(answer.shape).to.deep.equal([1, 1]);
                    heard.push(answer.data[0]);
                }
                return heard;
            }
            const reset = () => model.call('reset_states', []);
            it('keeps state, as its graph says', () => {
                expect(model.info).to.deep.include({ stateful: true, optimize, warnings: [] });
                expect(model.info.methods.map(({ name }) => name)).to.include.members([
                    'forward',
                    'audio_forward',
                    'reset_states',
                ]);
            });
            it('hears what PyTorch hears, goes on from its state, and begins anew after reset_states()', async () => {
                const first = await listen(recorded.probabilities.length);
                expectClose(first, recorded.probabilities);
                const continued = await listen(recorded.continuedWithoutReset.length);
                expectClose(continued, recorded.continuedWithoutReset);
                await reset();
                const again = await listen(recorded.probabilities.length);
                expect(again, 'bit by bit').to.deep.equal(first);
            });
            it('hears the same in the whole signal at once', async () => {
                await reset();
                const x = new Tensor('float32', signal, [1, signal.length]);
                const whole = await model.call('audio_forward', [x, recorded.sampleRate]);
                expect(whole.shape).to.deep.equal([1, recorded.audioForward.length]);
                expectClose([...whole.data], recorded.audioForward);
            });
        });
    }
    it('may be loaded twice: the states are each their own', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const one = __addDisposableResource(env_1, await loadModel(path, { device: 'cpu' }), true);
            const other = __addDisposableResource(env_1, await loadModel(path, { device: 'cpu' }), true);
            const x = new Tensor('float32', signal.subarray(20 * 512, 21 * 512), [1, 512]);
            const hear = async (model) => (await model.call('forward', [x, recorded.sampleRate])).data[0];
            const first = await hear(one);
            expect(await hear(one), 'the state matters').to.not.equal(first);
            expect(await hear(other)).to.equal(first);
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
function expectClose(actual, expected) {
    expect(actual).to.have.length(expected.length);
    for (const [i, value] of expected.entries()) {
        expect(actual[i], `chunk ${i}`).to.be.closeTo(value, recorded.tolerance * (1 + Math.abs(value)));
    }
}
