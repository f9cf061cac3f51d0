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
import { loadModel, Tensor } from 'node-libtorch';
import { dtypes, dtypeTable } from '#dist/tensor/dtype.js';
import { startAddon } from '#dist/engines/torch/started-addon.js';
import { rejection } from '../../support/errors.js';
import { resizable } from '../../support/memory.js';
import { fixture } from '../../support/paths.js';
import { seeded } from '../../support/random.js';
describe('dtypes', () => {
    let model;
    before(async () => {
        model = await loadModel(fixture('torchscript/dtypes.pt'), { device: 'cpu' });
    });
    after(() => model.dispose());
    const identity = (x) => model.call('identity', [x]);
    it('are the same in C++ and TypeScript: names, order, bytes', async () => {
        const { addon } = await startAddon();
        expect(addon.dtypes()).to.deep.equal(dtypes.map((name) => [name, dtypeTable[name].bytes]));
    });
    for (const dtype of dtypes) {
        it(`${dtype} comes back bit by bit: all patterns or 65,536 random ones, and the extremes`, async () => {
            const { array, bytes } = dtypeTable[dtype];
            const raw = new Uint8Array(65536 * bytes);
            const random = seeded(bytes);
            for (let i = 0; i < raw.length; ++i)
                raw[i] = dtype === 'bool' ? i & 1 : random(256);
            if (bytes === 2)
                new Uint16Array(raw.buffer).forEach((_, i, all) => (all[i] = i));
            raw.fill(0, 0, bytes * 2).fill(dtype === 'bool' ? 1 : 255, bytes, bytes * 2); // all zeros, all ones
            const data = new array(raw.buffer);
            const back = await identity(new Tensor(dtype, data, [256, 256]));
            expect(back.dtype).to.equal(dtype);
            expect(back.data).to.be.instanceOf(array);
            expect(Buffer.from(back.data.buffer).equals(Buffer.from(raw)), 'the same bytes').to.equal(true);
        });
        const shapes = [[], [0], [3, 0, 2], [1], Array(32).fill(1)];
        it(`${dtype} keeps every shape`, async () => {
            for (const shape of shapes) {
                const elements = shape.reduce((product, size) => product * size, 1);
                const back = await identity(new Tensor(dtype, new dtypeTable[dtype].array(elements), shape));
                expect(back).to.deep.include({ dtype, shape });
                expect(back.size).to.equal(elements);
            }
        });
    }
    it('bool reaches the model as 0 and 1, whatever the bytes were: in C++ no other bool exists', async () => {
        const x = new Tensor('bool', new Uint8Array([0, 1, 2, 255, 128, 0]), [6]);
        expect([...(await identity(x)).data]).to.deep.equal([0, 1, 1, 1, 1, 0]);
        const ones = new Tensor('bool', new Uint8Array(6).fill(1), [6]);
        const logic = await model.call('logic', [x, ones]); // (x & y) ^ x
        expect([...logic.data]).to.deep.equal([0, 0, 0, 0, 0, 0]);
    });
    describe('memory', () => {
        const four = [1, 2, 3, 4];
        const sources = [
            ['a view with an offset', () => new Tensor('float32', new Float32Array([9, ...four, 9]).subarray(1, 5), [4])],
            [
                'shared memory',
                () => {
                    const data = new Float32Array(new SharedArrayBuffer(16));
                    data.set(four);
                    return new Tensor('float32', data, [4]);
                },
            ],
            [
                'a view with an offset into shared memory',
                () => {
                    const data = new Float32Array(new SharedArrayBuffer(24), 4, 4);
                    data.set(four);
                    return new Tensor('float32', data, [4]);
                },
            ],
            [
                'resizable memory',
                () => {
                    const data = new Float32Array(resizable(16, 64));
                    data.set(four);
                    return new Tensor('float32', data, [4]);
                },
            ],
        ];
        for (const [what, make] of sources) {
            it(`of ${what} is copied at submission`, async () => {
                const x = make();
                const answer = identity(x);
                x.data.fill(0);
                expect((await answer).toArray()).to.deep.equal(four);
            });
        }
        it('that shrinks after submission does no harm', async () => {
            const buffer = resizable(16, 64);
            const data = new Float32Array(buffer);
            data.set(four);
            const answer = identity(new Tensor('float32', data, [4]));
            buffer.resize(0);
            expect((await answer).toArray()).to.deep.equal(four);
        });
        it('of an output belongs to the caller: small ones and large ones can be written and cloned', async () => {
            for (const size of [4, 100_000]) {
                const x = new Tensor('float32', new Float32Array(size).fill(1), [size]);
                const first = await identity(x);
                first.data.fill(7);
                const second = await identity(x);
                expect(second.data.every((element) => element === 1)).to.equal(true);
                const copy = structuredClone(first.data);
                expect(copy.length).to.equal(size);
                expect(copy.every((element) => element === 7)).to.equal(true);
                // Node gives out memory of an addon's, which large results are, untransferable: 20 copies it, later ones throw.
                const moved = await Promise.resolve()
                    .then(() => structuredClone(first.data, { transfer: [first.data.buffer] }))
                    .catch((error) => error);
                if (moved instanceof DOMException) {
                    expect(size).to.be.above(4);
                    expect(moved.name).to.equal('DataCloneError');
                    expect(first.data, 'is left as it was').to.have.length(size);
                }
                else
                    expect(moved).to.deep.equal(copy);
            }
        });
    });
    describe('that JavaScript has no value for', () => {
        const x = Tensor.from([1, 2]);
        for (const [method, says] of [
            ['complex', /complex tensor.*view_as_real/],
            ['sparse', /sparse tensor.*to_dense/],
            ['quantized', /quantized tensor.*dequantize/],
            ['float8', /dtype Float8_e4m3fn.*convert it in the model/],
            ['complex_number', /value of type complex/],
            ['inside', /complex tensor/],
        ]) {
            it(`are refused as outputs, and the next run is none the worse: ${method}`, async () => {
                const env_1 = { stack: [], error: void 0, hasError: false };
                try {
                    const refused = __addDisposableResource(env_1, await loadModel(fixture('torchscript/refused.pt'), { device: 'cpu' }), true);
                    const { message } = await rejection(() => refused.call(method, [x]), 'ERR_BAD_OUTPUT');
                    expect(message).to.match(says);
                    expect((await identity(x)).toArray()).to.deep.equal([1, 2]);
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
        it('are refused as inputs: complex numbers, dtypes by other names', async () => {
            const env_2 = { stack: [], error: void 0, hasError: false };
            try {
                const refused = __addDisposableResource(env_2, await loadModel(fixture('torchscript/refused.pt'), { device: 'cpu' }), true);
                await rejection(() => refused.call('takes_complex', [1.5]), 'ERR_UNSUPPORTED_TYPE');
                for (const dtype of ['complex64', 'complex128', 'quint8', 'float8_e4m3fn', 'half', '']) {
                    await rejection(() => new Tensor(dtype, new Float32Array(2), [1]), 'ERR_INVALID_DTYPE');
                    // Past TypeScript's own check, C++ has one too.
                    const disguised = Object.create(Tensor.prototype, {
                        dtype: { value: dtype },
                        shape: { value: [2] },
                        data: { value: new Float32Array(2) },
                    });
                    await rejection(() => identity(disguised), 'ERR_INVALID_DTYPE');
                }
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
    it('in half precision, as models give them, convert to float32: what PyTorch says they are', async () => {
        for (const [file, dtype] of [
            ['linear_float16.pt', 'float16'],
            ['linear_bfloat16.pt', 'bfloat16'],
        ]) {
            const env_3 = { stack: [], error: void 0, hasError: false };
            try {
                const half = __addDisposableResource(env_3, await loadModel(fixture(`torchscript/${file}`), { device: 'cpu' }), true);
                const y = await half.run(Tensor.from([[1, 2, 3, 4]], dtype));
                expect(y.dtype).to.equal(dtype);
                const converted = y.toFloat32();
                expect(converted).to.deep.include({ dtype: 'float32', shape: y.shape });
                const [doubles] = await model.call('widen', [y]);
                expect([...converted.data]).to.deep.equal([...doubles.data]);
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
    it('takes a number for no dtype it is not', async () => {
        const names = ['float32', 'bool', 'uint64'];
        for (const dtype of names) {
            const x = Tensor.from(dtype === 'bool' ? true : dtype === 'uint64' ? 2n ** 64n - 1n : 0.5, dtype);
            expect((await identity(x)).toArray()).to.equal(x.toArray());
        }
    });
});
