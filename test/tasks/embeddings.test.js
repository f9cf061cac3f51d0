import { expect } from 'chai';
import fc from 'fast-check';
import { Tensor } from 'node-libtorch';
import { clsPool, cosineSimilarity, meanPool, normalize } from 'node-libtorch/tasks';
import { rejection } from '../support/errors.js';
const numbers = (tensor) => Array.from(tensor.data);
const refused = (action, code) => rejection(action, code);
const row = (values, dtype = 'float32') => Tensor.from([values], dtype);
describe('pooling', () => {
    const tokens = Tensor.from([
        [
            [1, 2],
            [3, 6],
            [100, 100],
        ],
        [
            [-4, 0],
            [9, 9],
            [9, 9],
        ],
    ]);
    const mask = [
        [1, 1, 0],
        [1, 0, 0],
    ];
    it('means over the tokens that are there, whatever the mask is made of', () => {
        for (const dtype of ['int64', 'int32', 'uint8', 'bool', 'float32']) {
            const pooled = meanPool(tokens, Tensor.from(mask, dtype));
            expect(pooled.shape).to.deep.equal([2, 2]);
            expect(numbers(pooled)).to.deep.equal([2, 4, -4, 0]);
        }
    });
    it('does not look at padding', () => {
        const vector = fc.tuple(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.double({ min: -1e9, max: 1e9, noNaN: true }));
        const text = fc.array(vector, { minLength: 1, maxLength: 5 });
        const anything = fc.array(fc.tuple(fc.double(), fc.double()), { maxLength: 5 });
        const pooledOf = (vectors, ones) => numbers(meanPool(new Tensor('float64', Float64Array.from(vectors.flat()), [1, vectors.length, 2]), Tensor.from([vectors.map((_, i) => Number(i < ones))], 'int64')));
        fc.assert(fc.property(text, anything, (vectors, padding) => {
            const plain = pooledOf(vectors, vectors.length);
            expect(pooledOf([...vectors, ...padding], vectors.length)).to.deep.equal(plain);
        }));
    });
    it('takes the first token for cls', () => {
        expect(numbers(clsPool(tokens))).to.deep.equal([1, 2, -4, 0]);
    });
    it('refuses other shapes, masks and numbers', async () => {
        const good = Tensor.from(mask, 'int64');
        await refused(() => meanPool(Tensor.from([[1, 2]]), good), 'ERR_INVALID_SHAPE');
        await refused(() => meanPool(tokens, Tensor.from([[1, 1, 0]], 'int64')), 'ERR_INVALID_SHAPE');
        await refused(() => meanPool(tokens, Tensor.from([
            [1, 1, 2],
            [1, 0, 0],
        ], 'int64')), 'ERR_OUT_OF_RANGE');
        const empty = await refused(() => meanPool(tokens, Tensor.from([
            [1, 1, 0],
            [0, 0, 0],
        ], 'int64')), 'ERR_OUT_OF_RANGE');
        expect(empty.message).to.include('row 1');
        await refused(() => meanPool(tokens, Tensor.from(mask, 'bfloat16')), 'ERR_INVALID_DTYPE');
        await refused(() => meanPool(tokens, undefined), 'ERR_INVALID_ARGUMENT');
        await refused(() => meanPool(Tensor.from([[[NaN]]]), Tensor.from([[1]], 'int64')), 'ERR_NOT_FINITE');
        await refused(() => clsPool(new Tensor('float32', new Float32Array(0), [2, 0, 3])), 'ERR_INVALID_SHAPE');
        await refused(() => clsPool(Tensor.from([[1]])), 'ERR_INVALID_SHAPE');
    });
});
describe('normalize and cosineSimilarity', () => {
    it('divides by the length; zero stays zero', () => {
        expect(numbers(normalize(Tensor.from([
            [3, 4],
            [0, 0],
        ])))).to.deep.equal([0.6, 0.8, 0, 0].map(Math.fround));
        const [x, y] = numbers(normalize(row([3e200, 4e200], 'float64')));
        expect(x).to.be.closeTo(0.6, 1e-15);
        expect(y).to.be.closeTo(0.8, 1e-15);
    });
    it('makes vectors of length 1 in the same direction', () => {
        const vector = fc.array(fc.double({ min: -1e200, max: 1e200, noNaN: true }), { minLength: 1, maxLength: 8 });
        fc.assert(fc.property(vector, (values) => {
            fc.pre(Math.hypot(...values) > 1e-10);
            const unit = numbers(normalize(row(values, 'float64')));
            expect(Math.hypot(...unit)).to.be.closeTo(1, 1e-12);
            for (const [i, value] of unit.entries())
                expect(Math.sign(value) * Math.sign(values[i])).to.be.at.least(0);
        }));
    });
    it('compares every vector with every other', () => {
        const similarity = cosineSimilarity(Tensor.from([
            [1, 0],
            [1, 1],
        ]), Tensor.from([
            [5, 0],
            [0, 2],
            [-1, 0],
        ]));
        expect(similarity.shape).to.deep.equal([2, 3]);
        const half = Math.SQRT1_2;
        for (const [i, cosine] of [1, 0, -1, half, half, -half].entries()) {
            expect(numbers(similarity)[i]).to.be.closeTo(cosine, 1e-7);
        }
        expect(numbers(cosineSimilarity(Tensor.from([2, 0]), Tensor.from([7, 0])))).to.deep.equal([1]);
        expect(numbers(cosineSimilarity(Tensor.from([0, 0]), Tensor.from([7, 0])))).to.deep.equal([0]);
    });
    it('refuses other sizes, ranks and numbers', async () => {
        await refused(() => cosineSimilarity(row([1, 2]), row([1, 2, 3])), 'ERR_INVALID_SHAPE');
        await refused(() => cosineSimilarity(Tensor.from([[[1]]]), row([1])), 'ERR_INVALID_SHAPE');
        await refused(() => cosineSimilarity(row([NaN]), row([1])), 'ERR_NOT_FINITE');
        for (const value of [NaN, Infinity])
            await refused(() => normalize(row([value])), 'ERR_NOT_FINITE');
        await refused(() => normalize(Tensor.from(1)), 'ERR_INVALID_SHAPE');
        await refused(() => normalize(Tensor.from([1n])), 'ERR_INVALID_DTYPE');
    });
});
