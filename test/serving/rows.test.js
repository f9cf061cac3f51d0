import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { dtypes, dtypeTable } from '#dist/tensor/dtype.js';
import { isClose } from '#dist/model/row-compare.js';
import { pickRows, pickTensorRows, repeatRows, rowCount } from '#dist/tensor/rows.js';
import { rejection } from '../support/errors.js';
const x = Tensor.from([
    [1, 2],
    [3, 4],
    [5, 6],
]);
const ids = Tensor.from([10n, 20n, 30n]);
describe('rows', () => {
    it('are picked in any order, repeated or none, from tensors of every dtype', () => {
        expect(pickTensorRows(x, [2, 0, 2]).toArray()).to.deep.equal([
            [5, 6],
            [1, 2],
            [5, 6],
        ]);
        expect(pickTensorRows(x, [])).to.deep.include({ shape: [0, 2] });
        for (const dtype of dtypes) {
            const { array } = dtypeTable[dtype];
            const tensor = new Tensor(dtype, new array(6), [3, 1, 2]);
            expect(pickTensorRows(tensor, [1]), dtype).to.deep.include({ dtype, shape: [1, 1, 2] });
        }
    });
    it('are copied: the picked ones do not follow the first', () => {
        const source = new Tensor('float32', new Float32Array([1, 2]), [2, 1]);
        const picked = pickTensorRows(source, [0, 1]);
        source.data[0] = 9;
        expect(picked.toArray()).to.deep.equal([[1], [2]]);
    });
    it('may be of no width', () => {
        expect(pickTensorRows(new Tensor('float32', new Float32Array(), [3, 0]), [0, 1])).to.deep.include({
            shape: [2, 0],
        });
    });
    it('are no part of a scalar', () => rejection(() => pickTensorRows(Tensor.from(1), [0]), 'ERR_NOT_BATCHABLE'));
    it('leave other arguments alone, and defaults', () => {
        expect(pickRows([x, 5, 'a', null], [0])).to.deep.equal([Tensor.from([[1, 2]]), 5, 'a', null]);
        expect(pickRows([x, undefined, 5], [0])).to.deep.equal([Tensor.from([[1, 2]]), undefined, 5]);
    });
    it('are counted when all tensors agree', () => {
        const cases = [
            [[x], 3],
            [[5, x, ids], 3],
            [[x, undefined, ids], 3],
            [[x, Tensor.from([1, 2])], undefined],
            [[x, Tensor.from(1)], undefined],
            [[Tensor.from([])], undefined],
            [[5], undefined],
            [[], undefined],
        ];
        for (const [args, rows] of cases)
            expect(rowCount(args)).to.equal(rows);
    });
    it('are repeated round and round', () => {
        const [repeated] = repeatRows([ids], 7);
        expect(repeated.toArray()).to.deep.equal([10n, 20n, 30n, 10n, 20n, 30n, 10n]);
        expect(repeatRows([ids], 2)[0].toArray()).to.deep.equal([10n, 20n]);
        expect(repeatRows([5], 7)).to.deep.equal([5]);
    });
});
describe('closeness', () => {
    const of = (values, dtype = 'float32') => Tensor.from(values, dtype);
    const cases = [
        ['equal', of([1, 2]), of([1, 2]), true],
        ['within the tolerance', of([1, 2]), of([1.00005, 2]), true],
        ['beyond it', of([1, 2]), of([1.001, 2]), false],
        ['a small element measured by the largest', of([100, 0]), of([100, 0.005]), true],
        ['-0 and 0', of([-0]), of([0]), true],
        ['NaN and NaN', of([NaN]), of([NaN]), true],
        ['NaN and a number', of([NaN, 1]), of([1, 1]), false],
        ['a number and NaN', of([1, 1]), of([NaN, 1]), false],
        ['infinities alike', of([Infinity]), of([Infinity]), true],
        ['infinities of two signs', of([Infinity]), of([-Infinity]), false],
        ['infinity beside numbers', of([Infinity, 1]), of([Infinity, 2]), false],
        ['integers', of([5], 'int32'), of([6], 'int32'), false],
        ['halves by their values', of([1], 'float16'), of([2], 'float16'), false],
        ['two dtypes', of([1]), of([1], 'float64'), false],
        ['two shapes', of([1, 2]), Tensor.from([[1, 2]]), false],
        ['nothing', of([]), of([]), true],
    ];
    for (const [what, a, b, close] of cases) {
        it(`${what}: ${close}`, () => {
            expect(isClose(a, b, { absolute: 0, relative: 1e-4 })).to.equal(close);
        });
    }
    it('an absolute tolerance comes on top of the relative one', () => {
        expect(isClose(of([0]), of([0.5]), { absolute: 0.4, relative: 0 })).to.equal(false);
        expect(isClose(of([0]), of([0.5]), { absolute: 0.4, relative: 0.2 })).to.equal(true);
        expect(isClose(of([0]), of([0.5]), { absolute: 0.5, relative: 0 })).to.equal(true);
    });
});
