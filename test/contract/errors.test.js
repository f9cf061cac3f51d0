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
import { Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { contract, rows } from './contract.js';
const x = rows(1);
const floats = (count, shape, value = 0) => new Tensor('float32', new Float32Array(count).fill(value, count - 1), shape);
const circular = [];
circular.push(circular);
/** Whatever the model says of itself. `name` is that of its input. */
const anywhere = [
    ['an unknown method', 'ERR_METHOD_NOT_FOUND', (model) => model.call('nothing', [x])],
    ['a method that is no string', 'ERR_INVALID_ARGUMENT', (model) => model.call(5, [x])],
    ['no argument', 'ERR_INVALID_INPUT', (model) => model.call('forward', [])],
    ['no named argument', 'ERR_INVALID_INPUT', (model) => model.call('forward', {})],
    ['too many arguments', 'ERR_INVALID_INPUT', (model) => model.call('forward', [x, x, x])],
    ['an unknown name', 'ERR_INVALID_INPUT', (model) => model.call('forward', { wrong: x })],
    ['a name too many', 'ERR_INVALID_INPUT', (model, name) => model.call('forward', { [name]: x, wrong: x })],
    ['a number for a tensor', 'ERR_INVALID_INPUT', (model) => model.run([1])],
    ['null for a tensor', 'ERR_INVALID_INPUT', (model) => model.run([null])],
    ['an array for a tensor', 'ERR_INVALID_INPUT', (model) => model.run([[0, 1]])],
    ['a list of tensors for a tensor', 'ERR_INVALID_INPUT', (model) => model.run([[x]])],
    ['a function', 'ERR_INVALID_INPUT', (model) => model.run((() => 1))],
    ['undefined', 'ERR_INVALID_INPUT', (model) => model.run(undefined)],
    ['a class instance', 'ERR_INVALID_INPUT', (model) => model.run(new Date())],
    ['a circular array', 'ERR_INVALID_INPUT', (model) => model.run(circular)],
    ['arguments that are no list', 'ERR_INVALID_INPUT', (model) => model.call('forward', x)],
    ['a time-out that is no number', 'ERR_INVALID_ARGUMENT', (model) => model.run(x, { timeoutMs: 'soon' })],
    ['a signal that is no signal', 'ERR_INVALID_ARGUMENT', (model) => model.run(x, { signal: {} })],
];
/** Held to a signature of [n, 4], float32, from -1 to 1. */
const withSignature = [
    ['a wrong width', 'ERR_INVALID_SHAPE', floats(5, [1, 5])],
    ['a lower rank', 'ERR_INVALID_SHAPE', floats(4, [4])],
    ['rank 0', 'ERR_INVALID_SHAPE', floats(1, [])],
    ['an extra dimension', 'ERR_INVALID_SHAPE', floats(4, [1, 1, 4])],
    ['rows and columns exchanged', 'ERR_INVALID_SHAPE', floats(4, [4, 1])],
    ['another dtype', 'ERR_INVALID_DTYPE', new Tensor('float64', new Float64Array(4), [1, 4])],
    ['NaN', 'ERR_NOT_FINITE', floats(4, [1, 4], NaN)],
    ['Infinity', 'ERR_NOT_FINITE', floats(4, [1, 4], Infinity)],
    ['-Infinity', 'ERR_NOT_FINITE', floats(4, [1, 4], -Infinity)],
    ['a value above the range', 'ERR_OUT_OF_RANGE', floats(4, [1, 4], 1.001)],
    ['a value below the range', 'ERR_OUT_OF_RANGE', floats(4, [1, 4], -1.001)],
];
contract('errors', ({ load, info, failing, signature }) => {
    let plain;
    let signed;
    before(async () => {
        plain = await load('linear');
        signed = await load('linear', { signature });
    });
    after(async () => {
        await plain.dispose();
        await signed.dispose();
    });
    const goesOn = async (model) => {
        expect((await model.run(x)).shape).to.deep.equal([1, 3]);
        expect(model.pending).to.equal(0);
    };
    for (const [what, code, call] of anywhere) {
        it(`${what}: ${code}, then it goes on`, async () => {
            await rejection(() => call(plain, info.input), code);
            await goesOn(plain);
        });
    }
    for (const [what, code, input] of withSignature) {
        it(`${what}, with a signature: ${code}, then it goes on`, async () => {
            await rejection(() => signed.run(input), code);
            await goesOn(signed);
        });
    }
    it('a failure of the model itself: ERR_MODEL_EXECUTION without a path, a frame or the input’s value, then it goes on', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await load('failing'), true);
            const before = await model.call('forward', failing.good);
            const error = await rejection(() => model.call('forward', failing.bad), 'ERR_MODEL_EXECUTION');
            expect(error.message)
                .to.match(/\w/)
                .and.not.match(/frame #|\.so|\.cc|0x[0-9a-f]{8}|\/(?:home|root|tmp|usr|work)\/|77123/);
            expect(await model.call('forward', failing.good)).to.deep.equal(before);
            expect(model.pending).to.equal(0);
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
