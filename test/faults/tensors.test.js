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
/** P3 and its neighbours: tensors of memory that is gone, of odd shapes, of JSON that contradicts itself, and of much at once. */
import { expect } from 'chai';
import { float16ToFloat32, float32ToBFloat16, loadModel, Tensor } from 'node-libtorch';
import { node } from '../support/child.js';
import { flatten } from '#dist/tensor/nested.js';
import { dtypes } from '#dist/tensor/dtype.js';
import { fixture } from '../support/paths.js';
import { detach, resizable } from '../support/memory.js';
import { rejection } from '../support/errors.js';
describe('memory that is gone', () => {
    const gone = () => {
        const data = new Float32Array(4);
        detach(data.buffer);
        return data;
    };
    const shrunk = () => {
        const buffer = resizable(64, 64);
        const data = new Float32Array(buffer, 32, 4);
        buffer.resize(8);
        return data;
    };
    for (const [name, make] of Object.entries({ detached: gone, shrunk })) {
        it(`(${name}) makes no tensor, with a shape or without`, async () => {
            await rejection(() => Tensor.from(make()), 'ERR_INVALID_SHAPE');
            await rejection(() => Tensor.from(make(), [4]), 'ERR_INVALID_SHAPE');
            await rejection(() => Tensor.from(make(), [0]), 'ERR_INVALID_SHAPE');
            const error = await rejection(() => new Tensor('float32', make(), [2, 2]), 'ERR_INVALID_SHAPE');
            expect(error.message).to.include('detached');
        });
        it(`(${name}) is no model`, async () => {
            const bytes = make();
            const view = new Uint8Array(0);
            expect(view.length).to.equal(0);
            const source = name === 'detached' ? [bytes.buffer, bytesOf(make)] : [bytesOf(make)];
            for (const each of source) {
                const error = await rejection(() => loadModel(each, { engine: 'torchscript' }), 'ERR_INVALID_ARGUMENT');
                expect(error.message).to.include('detached');
            }
        });
        it(`(${name}) has no half-precision numbers`, async () => {
            await rejection(() => float32ToBFloat16(make()), 'ERR_INVALID_ARGUMENT');
        });
    }
    it('after the tensor was made is said by everything that reads it', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await loadModel(fixture('torchscript/linear.pt')), true);
            const make = () => {
                const tensor = new Tensor('float32', new Float32Array(4), [1, 4]);
                detach(tensor.data.buffer);
                return tensor;
            };
            const readers = {
                toArray: (tensor) => tensor.toArray(),
                toJSON: (tensor) => tensor.toJSON(),
                toFloat32: (tensor) => tensor.toFloat32(),
                argmax: (tensor) => tensor.argmax(),
                reshape: (tensor) => tensor.reshape([4]),
                item: (tensor) => tensor.item(),
                run: (tensor) => model.run(tensor),
            };
            for (const read of Object.values(readers))
                await rejection(() => read(make()), 'ERR_INVALID_SHAPE');
            const half = new Uint16Array(2);
            detach(half.buffer);
            await rejection(() => float16ToFloat32(half), 'ERR_INVALID_ARGUMENT');
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
    it('is not what an empty array has', () => {
        expect(Tensor.from(new Float32Array(0)).shape).to.deep.equal([0]);
        expect(new Tensor('bool', new Uint8Array(8).subarray(8), [0, 3]).size).to.equal(0);
        expect(Tensor.from(new Uint8Array(new ArrayBuffer(0))).toFloat32().size).to.equal(0);
    });
});
/** A Uint8Array whose memory is gone as the other's is. */
function bytesOf(make) {
    if (make.name === 'gone') {
        const bytes = new Uint8Array(16);
        detach(bytes.buffer);
        return bytes;
    }
    const buffer = resizable(64, 64);
    const bytes = new Uint8Array(buffer, 32, 16);
    buffer.resize(8);
    return bytes;
}
describe('odd shapes and odd arrays', () => {
    it('-0 is 0', () => {
        for (const shape of [[-0], [2, -0, 3], [-0, -0]]) {
            const tensors = [
                Tensor.zeros(shape),
                Tensor.full(shape, 1),
                new Tensor('float32', new Float32Array(0), shape),
            ];
            tensors.push(tensors[0].reshape(shape), Tensor.fromJSON({ dtype: 'float32', shape, data: [] }));
            for (const tensor of tensors) {
                expect(tensor.shape.some((size) => Object.is(size, -0))).to.equal(false);
                expect(JSON.stringify(tensor)).to.not.include('-0');
            }
        }
    });
    it('a Buffer is a Uint8Array and nothing more, over the same memory', () => {
        const buffer = Buffer.from([1, 2, 3]);
        for (const tensor of [Tensor.from(buffer), new Tensor('uint8', buffer, [3]), new Tensor('bool', buffer, [3])]) {
            expect(Buffer.isBuffer(tensor.data)).to.equal(false);
            expect(tensor.data.buffer).to.equal(buffer.buffer);
            expect(tensor.data.byteOffset).to.equal(buffer.byteOffset);
            expect(tensor.data.slice(0, 1).buffer, 'slice copies').to.not.equal(buffer.buffer);
        }
    });
});
describe('JSON of a tensor', () => {
    const json = (shape, data, dtype = 'float32') => () => Tensor.fromJSON({ dtype, shape, data });
    it('is flat, or nested as its shape is', () => {
        expect(json([2, 2], [1, 2, 3, 4])().toArray()).to.deep.equal([
            [1, 2],
            [3, 4],
        ]);
        expect(json([2, 2], [
            [1, 2],
            [3, 4],
        ])().toArray()).to.deep.equal([
            [1, 2],
            [3, 4],
        ]);
        expect(json(undefined, [
            [1, 2],
            [3, 4],
        ])().shape).to.deep.equal([2, 2]);
        expect(json([], [5])().item()).to.equal(5);
        expect(json([1], 5)().item()).to.equal(5);
        expect(json([2, 0], [])().shape).to.deep.equal([2, 0]);
    });
    const contradictions = [
        [
            [4],
            [
                [1, 2],
                [3, 4],
            ],
        ],
        [
            [4, 1],
            [
                [1, 2],
                [3, 4],
            ],
        ],
        [
            [1, 4],
            [[1], [2], [3], [4]],
        ],
        [[2, 2], [[1, 2, 3, 4]]],
        [
            [2, 1, 2],
            [
                [1, 2],
                [3, 4],
            ],
        ],
    ];
    for (const [shape, data] of contradictions) {
        it(`is refused when it contradicts itself: ${JSON.stringify(data)} as [${shape.join(', ')}]`, async () => {
            const error = await rejection(json(shape, data), 'ERR_INVALID_SHAPE');
            expect(error.message)
                .to.include('nested')
                .and.to.include(`[${shape.join(', ')}]`);
        });
    }
    it('has an array for its data, and says so', async () => {
        for (const data of [new Float32Array(4), new DataView(new ArrayBuffer(4)), Buffer.from([1]), {}, null, undefined]) {
            const error = await rejection(json([4], data), 'ERR_INVALID_INPUT');
            expect(error.message).to.include('array of numbers');
            if (ArrayBuffer.isView(data))
                expect(error.message).to.include('new Tensor(dtype, data, shape)');
        }
        await rejection(json([2], [1, new Float32Array(1)]), 'ERR_INVALID_INPUT');
    });
    it('is refused when it is nested without end', async () => {
        let deep = 1;
        for (let i = 0; i < 100_000; ++i)
            deep = [deep];
        await rejection(json(undefined, deep), 'ERR_INVALID_SHAPE');
        await rejection(() => Tensor.from(deep), 'ERR_INVALID_SHAPE');
    });
});
describe('nested arrays', () => {
    // What a loop for the usual elements must not change.
    const values = [
        0,
        -0,
        1,
        -1,
        1.5,
        127,
        128,
        255,
        256,
        -129,
        65535,
        65536,
        2 ** 31,
        2 ** 32,
        2 ** 53,
        2 ** 64,
    ]
        .flatMap((value) => [value, -value])
        .concat([NaN, Infinity, -Infinity]);
    const others = [true, false, 0n, 1n, -1n, 255n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n), null, undefined, '1', {}];
    it('hold each element that a dtype holds, among others, as alone', () => {
        for (const dtype of dtypes) {
            for (const value of [...values, ...others]) {
                const tried = [
                    [value],
                    [[0, value]],
                    [
                        [value, value],
                        [value, value],
                    ],
                ].map((nested) => {
                    try {
                        return [...flatten(nested, dtype).data].at(-1);
                    }
                    catch (error) {
                        return error.code;
                    }
                });
                expect(new Set(tried.map(String)).size, `${dtype} of ${String(value)}: ${tried.join(' ')}`).to.equal(1);
            }
        }
    });
    it('keep integers within their bounds', async () => {
        const bounds = { int8: [-128, 127], uint8: [0, 255], int16: [-32768, 32767], uint16: [0, 65535] };
        const wide = { int32: [-(2 ** 31), 2 ** 31 - 1], uint32: [0, 2 ** 32 - 1] };
        for (const [dtype, [min, max]] of Object.entries({ ...bounds, ...wide })) {
            expect(Tensor.from([min, max], dtype).toArray()).to.deep.equal([min, max]);
            for (const wrong of [min - 1, max + 1, 0.5, NaN]) {
                await rejection(() => Tensor.from([0, wrong], dtype), 'ERR_OUT_OF_RANGE');
            }
        }
    });
    it('are refused when they are ragged, before their memory is asked for', async () => {
        const first = Array.from({ length: 1000 }, () => new Array(1000).fill(0));
        const huge = new Array(100_000).fill(0);
        huge[0] = first; // 10^11 elements, were it not ragged
        const error = await rejection(() => Tensor.from(huge), 'ERR_INVALID_SHAPE');
        expect(error.message).to.include('level 1');
        for (const ragged of [
            [[1, 2], [3]],
            [[1], 2],
            [1, [2]],
            [
                [1, [2]],
                [3, 4],
            ],
            [[], [1]],
        ]) {
            await rejection(() => Tensor.from(ragged), 'ERR_INVALID_SHAPE');
        }
        const row = [];
        row[2] = 3; // what JSON cannot make, a program can: holes
        for (const holes of [row, [[1, 2, 3], row]]) {
            await rejection(() => Tensor.from(holes), 'ERR_INVALID_INPUT');
        }
    });
    it('a million numbers cost no more than a few copies of them', async () => {
        const { code, stdout, stderr } = await node(['test/faults/children/tensor-cost.mjs']);
        expect(code, stderr).to.equal(0);
        const { copy, from } = JSON.parse(stdout);
        // Twice as much, and fifteen times when each is looked at by a call of its own.
        expect(from).to.be.below(6 * Math.max(copy, 20_000));
    });
});
describe('arguments that are undefined', () => {
    it('take their default, by position and by name', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await loadModel(fixture('torchscript/defaults.pt')), true);
            const [required] = model.info.methods[0].args.filter(({ hasDefault }) => !hasDefault);
            const optional = model.info.methods[0].args.filter(({ hasDefault }) => hasDefault);
            const x = Tensor.from([1, 2]);
            const named = { [required.name]: x };
            const withUndefined = { ...named, ...Object.fromEntries(optional.map(({ name }) => [name, undefined])) };
            const positional = [x, ...optional.map(() => undefined)];
            const answer = async (args) => JSON.stringify(await model.call('forward', args));
            const expected = await answer(named);
            expect(await answer(withUndefined)).to.equal(expected);
            expect(await answer(positional)).to.equal(expected);
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
