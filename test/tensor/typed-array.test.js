import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { dtypes, dtypeTable } from '#dist/tensor/dtype.js';
import { typedArrayKind } from '#dist/tensor/dtype.js';
import { copyValue, namedArguments } from '#dist/tensor/value.js';
import { rejection } from '../support/errors.js';
import { detach } from '../support/memory.js';
const kinds = [
    ['float32', Float32Array],
    ['float64', Float64Array],
    ['int8', Int8Array],
    ['uint8', Uint8Array],
    ['int16', Int16Array],
    ['uint16', Uint16Array],
    ['int32', Int32Array],
    ['uint32', Uint32Array],
    ['int64', BigInt64Array],
    ['uint64', BigUint64Array],
];
/** A typed array that this realm's constructors do not know, as Jest hands them out. */
const foreign = (expression) => runInNewContext(expression);
const from = (data, shape) => Tensor.from(data, shape);
describe('Tensor.from a typed array', () => {
    for (const [dtype, array] of kinds) {
        it(`makes ${dtype} of a ${array.name}, without a copy, also of another realm`, () => {
            const data = new array(6);
            const tensor = Tensor.from(data);
            expect(tensor.data).to.equal(data);
            expect(tensor).to.include({ dtype, size: 6 });
            expect(tensor.shape).to.deep.equal([6]);
            expect(from(data, [2, 3]).shape).to.deep.equal([2, 3]);
            const other = foreign(`new ${array.name}(6)`);
            expect(other).not.to.be.instanceOf(array);
            expect(from(other, [3, 2])).to.include({ dtype, data: other });
        });
    }
    it('takes the bits of a Float16Array, where there is one', () => {
        const Float16 = globalThis.Float16Array;
        if (!Float16)
            return;
        const tensor = from(new Float16([1.5, -2]));
        expect(tensor.dtype).to.equal('float16');
        expect(tensor.data).to.deep.equal(new Uint16Array([0x3e00, 0xc000]));
    });
    it('takes the pixels of a canvas and a Buffer as uint8, over the same memory', () => {
        const pixels = new Uint8ClampedArray([1, 2, 300]).subarray(1);
        const tensor = Tensor.from(pixels);
        expect(tensor.dtype).to.equal('uint8');
        expect(tensor.data).to.deep.equal(new Uint8Array([2, 255]));
        pixels[0] = 7;
        expect(tensor.data[0]).to.equal(7);
        expect(Tensor.from(Buffer.from([1, 2])).toArray()).to.deep.equal([1, 2]);
    });
    it('takes a view as the view it is, no elements, and rank 0', () => {
        expect(Tensor.from(Float32Array.of(0, 1, 2, 3).subarray(1, 3)).toArray()).to.deep.equal([1, 2]);
        expect(Tensor.from(new Int8Array()).shape).to.deep.equal([0]);
        expect(Tensor.from(Int8Array.of(5), []).toArray()).to.equal(5);
    });
    const wrong = [
        ['another number of elements', 'ERR_INVALID_SHAPE', new Float32Array(6), [2, 2]],
        ['a -1', 'ERR_INVALID_SHAPE', new Float32Array(6), [-1, 2]],
        ['a dtype in the place of the shape', 'ERR_INVALID_ARGUMENT', new Float32Array(6), 'float32'],
        ['null as shape', 'ERR_INVALID_ARGUMENT', new Float32Array(6), null],
        ['a shape for a nested array', 'ERR_INVALID_DTYPE', [1, 2], [2]],
        ['a DataView', 'ERR_INVALID_INPUT', new DataView(new ArrayBuffer(4))],
        ['an ArrayBuffer', 'ERR_INVALID_INPUT', new ArrayBuffer(4)],
        ['what only looks like one', 'ERR_INVALID_INPUT', { [Symbol.toStringTag]: 'Float32Array', length: 2 }],
        ['what only inherits from one', 'ERR_INVALID_INPUT', Object.create(Float32Array.prototype)],
    ];
    for (const [what, code, data, shape] of wrong) {
        it(`refuses ${what} with ${code}`, () => rejection(() => from(data, shape), code));
    }
    it('refuses a detached buffer where a shape says how many there were', async () => {
        const data = new Float32Array(4);
        detach(data.buffer);
        expect((await rejection(() => from(data, [4]), 'ERR_INVALID_SHAPE')).message).to.match(/a detached buffer/);
    });
});
describe('typed arrays of another realm', () => {
    for (const dtype of dtypes) {
        const { name } = dtypeTable[dtype].array;
        it(`are taken as the data of a ${dtype} tensor, and those of another kind are not`, async () => {
            const data = foreign(`new ${name}(2)`);
            const tensor = new Tensor(dtype, data, [2]);
            expect(tensor.data).to.equal(data);
            const zero = dtype === 'bool' ? false : dtype.endsWith('64') && dtype !== 'float64' ? 0n : 0;
            expect(tensor.toArray()).to.deep.equal([zero, zero]);
            expect(tensor.toFloat32().data).to.deep.equal(new Float32Array(2));
            const other = name === 'Float64Array' ? 'Float32Array' : 'Float64Array';
            await rejection(() => new Tensor(dtype, foreign(`new ${other}(2)`), [2]), 'ERR_INVALID_ARGUMENT');
        });
    }
    it('are told from what inherits from them, which has no elements', async () => {
        const fake = Object.create(Float32Array.prototype);
        await rejection(() => new Tensor('float32', fake, [0]), 'ERR_INVALID_ARGUMENT');
    });
    it('nested arrays of another realm are arrays', () => {
        const nested = runInNewContext('[[1, 2], [3, 4]]');
        expect(Tensor.from(nested, 'int32').shape).to.deep.equal([2, 2]);
    });
});
describe('values of another realm', () => {
    it('are plain objects and Maps where they are such, and not instances of classes', async () => {
        const [plain, map, instance] = runInNewContext('[{ a: 1 }, new Map([[1, 2]]), new (class { a = 1 })()]');
        expect(namedArguments(plain)).to.deep.equal({ a: 1 });
        expect(copyValue([plain, map], 'x')).to.deep.equal([{ a: 1 }, new Map([[1, 2]])]);
        await rejection(() => namedArguments(instance), 'ERR_INVALID_INPUT');
        await rejection(() => copyValue(instance, 'x'), 'ERR_INVALID_INPUT');
    });
});
describe('typedArrayKind', () => {
    it('is undefined for anything but a typed array', () => {
        for (const value of [
            undefined,
            null,
            0,
            'Float32Array',
            [],
            {},
            new ArrayBuffer(1),
            new DataView(new ArrayBuffer(1)),
        ]) {
            expect(typedArrayKind(value)).to.equal(undefined);
        }
    });
});
