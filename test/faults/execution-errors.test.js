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
/** Errors of models (T11, T12, P15, N7): the useful sentence first, what to do, the trace apart. */
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';
const file = (name) => fixture(`faults/execution-errors/${name}.pt`);
const floats = (shape) => new Tensor('float32', new Float32Array(shape.reduce((product, n) => product * n, 1)).fill(1), shape);
async function failure(name, args, code = 'ERR_MODEL_EXECUTION') {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        const model = __addDisposableResource(env_1, await loadModel(file(name), { device: 'cpu' }), true);
        return await rejection(() => model.call('forward', args), code);
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
describe('faults: errors of models', () => {
    for (const name of ['CudaZeros', 'CudaTo', 'CudaMethod', 'CudaArange']) {
        it(`says to trace on the CPU, and no more than that: ${name}`, async () => {
            const { message } = await failure(name, [floats([1, 4])]);
            expect(message)
                .to.match(/on the CPU/)
                .and.to.match(/cuda/i);
            expect(message).to.have.length.below(400);
            expect(message).to.not.match(/registered at|Facebook|ldd/);
        });
    }
    const hints = [
        ['a float for ids', 'Ids', [1, 4], /^Expected tensor for argument #1 'indices'/, /int64/],
        ['a float for an index', 'Index', [1, 4], /^tensors used as indices/, /int64/],
        ['a picture without its channels', 'Picture', [3, 4], /^Expected 3D \(unbatched\)/, /\[1, \.\.\.\]/],
        ['a row without its batch', 'Norm', [4], /expected 2D or 3D input/, /\[1, \.\.\.\]/],
        ['a row of another width', 'Linear', [1, 3], /^addmm: mat1 and mat2/, /last dimension/],
    ];
    for (const [what, name, shape, first, hint] of hints) {
        it(`begins with what is wrong and adds what to do: ${what}`, async () => {
            const error = await failure(name, [floats(shape)]);
            const [line, ...rest] = error.message.split('\n');
            expect(line).to.match(first);
            expect(rest.join('\n')).to.match(hint);
            expect(error.message).to.not.match(/Traceback/);
        });
    }
    it('keeps the trace as the cause, of many frames too', async () => {
        for (const name of ['DeepCalls', 'Linear']) {
            const { message, cause } = await failure(name, [floats([1, 3])]);
            expect(message).to.match(/^addmm: /);
            expect(cause).to.be.instanceOf(Error);
            expect(cause.message)
                .to.match(/Traceback of TorchScript/)
                .and.to.match(/<--- HERE/);
        }
    });
    const ownTexts = [
        [0, /CUDA out of memory/],
        [1, /out of memory/],
        [2, /not enough memory/],
        [3, /can't allocate memory/],
        [4, /shape '\[3, 13\]' is invalid/],
    ];
    for (const [kind, text] of ownTexts) {
        it(`takes no text of a model for a lack of memory: ${text.source}`, async () => {
            expect((await failure('SpeaksOfMemory', [kind, floats([1, 4])])).message).to.match(text);
        });
    }
    it('still tells a lack of memory', async () => {
        await failure('SpeaksOfMemory', [9, floats([1, 4])], 'ERR_OUT_OF_MEMORY');
    });
    it('names all operators that an archive wants and the process lacks', async () => {
        const { message } = await rejection(() => loadModel(file('MissingOperators')), 'ERR_OPERATOR_NOT_FOUND');
        for (const name of ['faults::first', 'faults::second', 'faults::third'])
            expect(message).to.include(name);
        expect(message).to.match(/operatorLibraries/);
    });
});
