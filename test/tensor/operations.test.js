import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { dtypes, dtypeTable } from '#dist/tensor/dtype.js';
import { rejection } from '../support/errors.js';
import { detach } from '../support/memory.js';
const detached = () => {
    const tensor = Tensor.zeros([2, 2]);
    detach(tensor.data.buffer);
    return tensor;
};
const shapes = [
    ['a negative dimension', 'ERR_INVALID_SHAPE', [-1]],
    ['a fraction', 'ERR_INVALID_SHAPE', [1.5]],
    ['33 dimensions', 'ERR_INVALID_SHAPE', Array(33).fill(1)],
    ['an overflowing product', 'ERR_INVALID_SHAPE', [2 ** 32, 2 ** 32]],
    ['more than there is memory', 'ERR_OUT_OF_MEMORY', [2 ** 50]],
    ['a number as shape', 'ERR_INVALID_ARGUMENT', 3],
    ['no shape', 'ERR_INVALID_ARGUMENT', undefined],
];
describe('Tensor.zeros', () => {
    it('is float32 unless another dtype is given', () => {
        const floats = Tensor.zeros([2, 3]).data;
        expect(floats).to.deep.equal(new Float32Array(6));
        for (const dtype of dtypes) {
            const tensor = Tensor.zeros([2, 0, 4], dtype);
            expect(tensor).to.include({ dtype, size: 0 });
            expect(Tensor.zeros([], dtype).data).to.deep.equal(new dtypeTable[dtype].array(1));
        }
    });
    for (const [what, code, shape] of shapes) {
        it(`refuses ${what} with ${code}`, () => rejection(() => Tensor.zeros(shape), code));
    }
    it('refuses an unknown dtype', () => rejection(() => Tensor.zeros([1], 'float'), 'ERR_INVALID_DTYPE'));
});
describe('Tensor.full', () => {
    it('takes the dtype from the value, or as given', () => {
        expect(Tensor.full([2], 0.5)).to.deep.equal(Tensor.from([0.5, 0.5]));
        expect(Tensor.full([2], -3n)).to.deep.equal(Tensor.from([-3n, -3n]));
        expect(Tensor.full([1, 2], true)).to.deep.equal(Tensor.from([[true, true]]));
        expect(Tensor.full([], 7, 'int64')).to.deep.equal(Tensor.from(7, 'int64'));
        expect(Tensor.full([2], 1.5, 'float16').toArray()).to.deep.equal([1.5, 1.5]);
        expect(Tensor.full([3], NaN).toArray()).to.deep.equal([NaN, NaN, NaN]);
        expect(Tensor.full([0], 1).size).to.equal(0);
    });
    for (const [what, code, shape] of shapes) {
        it(`refuses ${what} with ${code}`, () => rejection(() => Tensor.full(shape, 1), code));
    }
    const wrong = [
        ['300 for uint8', 'ERR_OUT_OF_RANGE', 300, 'uint8'],
        ['a fraction for int32', 'ERR_OUT_OF_RANGE', 0.5, 'int32'],
        ['a boolean for float32', 'ERR_OUT_OF_RANGE', true, 'float32'],
        ['an unknown dtype', 'ERR_INVALID_DTYPE', 1, 'toString'],
        ['a string', 'ERR_INVALID_INPUT', '1'],
        ['an array', 'ERR_INVALID_INPUT', [1]],
        ['nothing', 'ERR_INVALID_INPUT', undefined],
    ];
    for (const [what, code, value, dtype] of wrong) {
        it(`refuses ${what} with ${code}, even for no elements`, () => rejection(() => Tensor.full([0], value, dtype), code));
    }
});
describe('reshape', () => {
    const six = Tensor.from([1, 2, 3, 4, 5, 6], 'int16');
    it('is another shape over the same memory', () => {
        const tensor = six.reshape([2, 3]);
        expect(tensor.data).to.equal(six.data);
        expect(tensor.toArray()).to.deep.equal([
            [1, 2, 3],
            [4, 5, 6],
        ]);
        expect(six.shape).to.deep.equal([6]);
    });
    const right = [
        [six, [-1], [6]],
        [six, [2, -1], [2, 3]],
        [six, [-1, 1, 2], [3, 1, 2]],
        [six, [6, 1, -1], [6, 1, 1]],
        [Tensor.from(5), [-1], [1]],
        [Tensor.from(5), [], []],
        [Tensor.from([[5]]), [], []],
        [Tensor.zeros([0, 4]), [-1], [0]],
        [Tensor.zeros([0, 4]), [-1, 3], [0, 3]],
        [Tensor.zeros([0, 4]), [7, 0], [7, 0]],
    ];
    for (const [tensor, shape, wanted] of right) {
        it(`of [${tensor.shape.join()}] to [${shape.join()}] gives [${wanted.join()}]`, () => {
            expect(tensor.reshape(shape).shape).to.deep.equal(wanted);
        });
    }
    const wrong = [
        ['another number of elements', 'ERR_INVALID_SHAPE', six, [4]],
        ['a -1 that does not come out even', 'ERR_INVALID_SHAPE', six, [4, -1]],
        ['two -1', 'ERR_INVALID_SHAPE', six, [-1, -1]],
        ['a -2', 'ERR_INVALID_SHAPE', six, [-2, 3]],
        ['a fraction', 'ERR_INVALID_SHAPE', six, [1.5, 4]],
        ['a -1 that could be any size', 'ERR_INVALID_SHAPE', Tensor.zeros([0]), [0, -1]],
        ['a -1 beside a 0', 'ERR_INVALID_SHAPE', six, [0, -1]],
        ['33 dimensions', 'ERR_INVALID_SHAPE', six, [...Array(32).fill(1), -1]],
        ['a number', 'ERR_INVALID_ARGUMENT', six, 6],
        ['nothing', 'ERR_INVALID_ARGUMENT', six, undefined],
    ];
    for (const [what, code, tensor, shape] of wrong) {
        it(`refuses ${what}`, () => rejection(() => tensor.reshape(shape), code));
    }
    it('refuses a detached buffer', () => rejection(() => detached().reshape([4]), 'ERR_INVALID_SHAPE'));
});
describe('item', () => {
    it('is a number, a bigint or a boolean, by the dtype', () => {
        const number = Tensor.from([[0.5]], 'float16').item();
        const bigint = Tensor.from(2n ** 60n).item();
        const boolean = new Tensor('bool', Uint8Array.of(2), [1, 1]).item();
        expect([number, bigint, boolean]).to.deep.equal([0.5, 2n ** 60n, true]);
    });
    for (const shape of [[0], [2], [1, 3], [0, 1]]) {
        it(`refuses shape [${shape.join(', ')}]`, async () => {
            const error = await rejection(() => Tensor.zeros(shape).item(), 'ERR_INVALID_SHAPE');
            expect(error.message).to.equal(`Expected exactly one element for item() but received shape [${shape.join(', ')}]`);
        });
    }
    it('refuses a detached buffer', () => rejection(() => detached().item(), 'ERR_INVALID_SHAPE'));
});
describe('argmax', () => {
    it('is the first of the greatest, in every dtype', () => {
        for (const dtype of dtypes) {
            const top = dtype === 'bool' ? 1 : 3;
            expect(Tensor.from([
                [0, top],
                [1, top],
            ]
                .flat()
                .map((x) => Math.min(x, top)), dtype).argmax(), dtype).to.equal(1);
        }
        expect(Tensor.from([-2n, -1n, 2n ** 62n, 2n ** 62n + 1n]).argmax()).to.equal(3);
        expect(Tensor.from([-1, -2], 'bfloat16').argmax()).to.equal(0);
        expect(new Tensor('bool', Uint8Array.of(0, 1, 255), [3]).argmax()).to.equal(1);
        expect(Tensor.from(5).argmax()).to.equal(0);
        expect(Tensor.from([-0, 0]).argmax()).to.equal(0);
        expect(Tensor.from([-Infinity, -Infinity]).argmax()).to.equal(0);
    });
    it('takes NaN as greater than any number, the first of several', () => {
        for (const dtype of ['float32', 'float64', 'float16', 'bfloat16']) {
            expect(Tensor.from([1, NaN, Infinity, NaN], dtype).argmax(), dtype).to.equal(1);
            expect(Tensor.from([NaN, 1], dtype).argmax(), dtype).to.equal(0);
        }
    });
    it('goes along any axis, counted from either end', () => {
        // torch.tensor([[[1, 5, 2], [4, 0, 9]], [[7, 7, 1], [8, -1, 1]]]).argmax(axis)
        const cube = Tensor.from([
            [
                [1, 5, 2],
                [4, 0, 9],
            ],
            [
                [7, 7, 1],
                [8, -1, 1],
            ],
        ]);
        const wanted = [
            [
                [1n, 1n, 0n],
                [1n, 0n, 0n],
            ],
            [
                [1n, 0n, 1n],
                [1n, 0n, 0n],
            ],
            [
                [1n, 2n],
                [0n, 0n],
            ],
        ];
        for (const [axis, places] of wanted.entries()) {
            const tensor = cube.argmax(axis);
            expect(tensor.dtype).to.equal('int64');
            expect(tensor.toArray(), `axis ${axis}`).to.deep.equal(places);
            expect(cube.argmax(axis - 3).toArray(), `axis ${axis - 3}`).to.deep.equal(places);
        }
    });
    it('has an axis for rank 0, and may have no result', () => {
        for (const axis of [0, -1])
            expect(Tensor.from(5).argmax(axis)).to.deep.equal(Tensor.from(0n));
        expect(Tensor.zeros([0, 3]).argmax(1).shape).to.deep.equal([0]);
        expect(Tensor.zeros([2, 0, 3]).argmax(-1).shape).to.deep.equal([2, 0]);
    });
    it('refuses an axis that is not there, and one without elements', async () => {
        const tensor = Tensor.zeros([2, 3]);
        for (const axis of [2, -3, 0.5, NaN, '0', null]) {
            const { message } = await rejection(() => tensor.argmax(axis), 'ERR_INVALID_ARGUMENT');
            expect(message).to.match(/^Expected an integer from -2 to 1 for axis /);
        }
        await rejection(() => Tensor.zeros([0]).argmax(), 'ERR_INVALID_SHAPE');
        await rejection(() => Tensor.zeros([2, 0]).argmax(1), 'ERR_INVALID_SHAPE');
        await rejection(() => detached().argmax(), 'ERR_INVALID_SHAPE');
        await rejection(() => detached().argmax(0), 'ERR_INVALID_SHAPE');
    });
});
