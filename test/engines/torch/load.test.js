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
import { loadModel, runtime, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { digitModel, fixture } from '../../support/paths.js';
const linear = fixture('torchscript/linear.pt');
describe('loadModel', () => {
    it('says why the device, and what the bundled model weighs', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await loadModel(digitModel), true);
            expect(model.info.parameterBytes).to.equal(4 * (784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10));
            expect(model.info.device.reason).to.match(/auto took the (CPU|first)/);
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
    const refused = [
        ['state_dict.pt', 'ERR_MODEL_FORMAT', /torch\.save/],
        ['pickled_module.pt', 'ERR_MODEL_FORMAT', /torch\.save/],
        ['plain_zip.pt', 'ERR_MODEL_FORMAT', /zip archive without/],
        ['text.pt', 'ERR_MODEL_FORMAT', /received text/],
        ['empty.pt', 'ERR_MODEL_FORMAT', /empty/],
        ['truncated.pt', 'ERR_MODEL_FORMAT', /cut off or damaged/],
    ];
    for (const [file, code, message] of refused) {
        it(`refuses ${file} saying what it is`, async () => {
            expect((await rejection(() => loadModel(fixture(`torchscript/${file}`)), code)).message).to.match(message);
        });
    }
    it('refuses an overflowing device index', () => rejection(() => loadModel(linear, { device: 'cuda:99999999999' }), 'ERR_INVALID_ARGUMENT'));
    it('refuses several instances of a model that keeps state', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            await rejection(() => loadModel(fixture('torchscript/stateful.pt'), { instances: 2 }), 'ERR_STATEFUL_MODEL');
            const model = __addDisposableResource(env_2, await loadModel(fixture('torchscript/stateful.pt')), true);
            expect(model.info.stateful).to.equal(true);
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
    it('takes bf16 where the CPU has it, and says so where not', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const load = () => loadModel(linear, { device: 'cpu', precision: 'bf16' });
            if (!(await runtime.info()).bfloat16) {
                await rejection(load, 'ERR_PRECISION_UNSUPPORTED');
                return;
            }
            const model = __addDisposableResource(env_3, await load(), true);
            expect((await model.run(new Tensor('float32', new Float32Array(4), [1, 4]))).dtype).to.equal('float32');
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
    it('converts a half-precision model to fp32 on demand', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_4, await loadModel(fixture('torchscript/linear_float16.pt'), { device: 'cpu', precision: 'fp32' }), true);
            const answer = await model.run(new Tensor('float16', new Uint16Array(4), [1, 4]));
            expect(answer.dtype).to.equal('float32');
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
    it('sends inputs to forward under their names, past arguments that have defaults', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const spec = { dtype: 'float32', shape: [2] };
            const x = new Tensor('float32', Float32Array.of(1, 2), [2]);
            const path = fixture('torchscript/defaults.pt');
            const plain = __addDisposableResource(env_5, await loadModel(path), true);
            const known = plain.info.methods[0].args.filter(({ type }) => /Tensor/.test(type)).map(({ name }) => name);
            expect(known).to.have.length(2);
            const inputs = known.map((name) => ({ name, ...spec }));
            const signed = __addDisposableResource(env_5, await loadModel(path, { signature: { inputs, outputs: [] } }), true);
            const named = Object.fromEntries(known.map((name) => [name, x]));
            expect(await signed.call('forward', named)).to.deep.equal(await plain.call('forward', named));
            const reversed = { inputs: [...inputs].reverse(), outputs: [] };
            await rejection(() => loadModel(path, { signature: reversed }), 'ERR_SIGNATURE_MISMATCH');
        }
        catch (e_5) {
            env_5.error = e_5;
            env_5.hasError = true;
        }
        finally {
            const result_5 = __disposeResources(env_5);
            if (result_5)
                await result_5;
        }
    });
});
