import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { compareRow, isRounding, leavesOf, scaleOf } from '#dist/model/row-compare.js';
const tolerance = { absolute: 0, relative: 1e-4 };
const of = (rows, dtype = 'float32') => Tensor.from(rows, dtype);
const compare = (joint, at, alone, more = {}) => compareRow(joint, at, alone, { tolerance, ...more });
describe('one row of a batch beside the same alone', () => {
    const joint = of([
        [1000, 2000],
        [1, 2.001],
    ]);
    it('is measured by its own scale, not by that of a loud one', () => {
        expect(compare(joint, 1, of([[1, 2]]))).to.include({ differs: true, compared: 2 });
        expect(compare(joint, 0, of([[1000, 2000.001]]))).to.include({ differs: false });
        expect(compare(joint, 1, of([[1, 2]])).share).to.be.closeTo(5e-4, 1e-6);
    });
    it('is measured by what is usual where it is next to nothing', () => {
        const small = of([[1e-9, 0]]);
        expect(compare(small, 0, of([[2e-9, 0]])).differs).to.equal(true);
        expect(compare(small, 0, of([[2e-9, 0]]), { least: 1e-3 }).differs).to.equal(false);
    });
    it('is another in another shape or dtype', () => {
        expect(compare(joint, 0, of([[1000]]))).to.include({ differs: true, share: Infinity });
        expect(compare(joint, 0, of([[1000, 2000]], 'float64')).differs).to.equal(true);
    });
    it('is equal in what is no number, and says nothing by it where it is extreme', () => {
        const odd = of([[NaN, Infinity, 1]]);
        expect(compare(odd, 0, of([[NaN, Infinity, 1]]))).to.include({ differs: false, compared: 1 });
        expect(compare(of([[3, Infinity, 1]]), 0, odd).differs).to.equal(true);
        expect(compare(of([[3, Infinity, 1]]), 0, odd, { isLenient: true }).differs).to.equal(false);
        expect(compare(odd, 0, of([[3, Infinity, 1]]), { isLenient: true }).differs).to.equal(true);
    });
    it('is exact for integers and flags', () => {
        const ids = of([[1, 2, 3]], 'int32');
        expect(compare(ids, 0, of([[1, 5, 3]], 'int32'))).to.deep.include({ differs: true, size: 1, at: [1] });
        expect(compare(ids, 0, ids).differs).to.equal(false);
    });
    it('may be a rounding: where the row moves as much by itself', () => {
        const alone = of([[1, 0]]);
        const found = compare(of([[1.01, 0]]), 0, alone);
        expect(isRounding(found, alone, [of([[1.005, 0]]), of([[1, 0]])])).to.equal(true);
        expect(isRounding(found, alone, [of([[1.000001, 0]]), of([[1, 0]])])).to.equal(false);
        expect(isRounding(found, alone, [])).to.equal(false);
        const best = of([[3]], 'int32');
        const other = compare(of([[5]], 'int32'), 0, best);
        expect(isRounding(other, best, [best, best, of([[5]], 'int32')])).to.equal(true);
        expect(isRounding(other, best, [best, best])).to.equal(false);
        const lost = compare(of([[1]]), 0, of([[1, 2]]));
        expect(isRounding(lost, alone, [alone])).to.equal(false);
    });
});
describe('the tensors of a result', () => {
    it('are those that have the rows, or none', () => {
        const x = of([[1], [2]]);
        expect(leavesOf(x, 2)).to.deep.equal([x]);
        expect(leavesOf({ a: x, b: [x, x] }, 2)).to.have.length(3);
        expect(leavesOf({ a: x, b: 5 }, 2)).to.equal(undefined);
        expect(leavesOf(x, 3)).to.equal(undefined);
        expect(leavesOf([], 2)).to.equal(undefined);
        expect(scaleOf(of([[-3, 2, Infinity]]))).to.equal(3);
    });
});
