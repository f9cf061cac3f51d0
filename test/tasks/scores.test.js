import { expect } from 'chai';
import fc from 'fast-check';
import { Tensor } from 'node-libtorch';
import { multiLabel, postprocessorFor, sigmoid, softmax, topK } from 'node-libtorch/tasks';
import { rejection } from '../support/errors.js';
const numbers = (tensor) => Array.from(tensor.data);
const refused = (action, code) => rejection(action, code);
const row = (values, dtype = 'float32') => Tensor.from([values], dtype);
/** Finite float32 numbers of moderate size. */
const scores = (minLength = 1) => fc.array(fc.float({ min: -80, max: 80, noNaN: true }), { minLength, maxLength: 12 });
describe('softmax', () => {
    it('is exp(x) over its sum, for every row by itself', () => {
        const result = softmax(Tensor.from([
            [0, Math.log(3)],
            [Math.log(4), Math.log(1)],
        ]));
        expect(result).to.include({ dtype: 'float32' });
        expect(result.shape).to.deep.equal([2, 2]);
        for (const [i, share] of [0.25, 0.75, 0.8, 0.2].entries())
            expect(numbers(result)[i]).to.be.closeTo(share, 1e-6);
    });
    it('sums to 1, keeps the order, and does not change with a shift', () => {
        fc.assert(fc.property(scores(), fc.float({ min: -50, max: 50, noNaN: true }), (values, shift) => {
            const result = numbers(softmax(row(values, 'float64')));
            expect(result.reduce((sum, value) => sum + value, 0)).to.be.closeTo(1, 1e-12);
            const shifted = numbers(softmax(row(values.map((value) => value + shift), 'float64')));
            for (const [i, value] of result.entries()) {
                expect(shifted[i]).to.be.closeTo(value, 1e-12);
                for (const [j, other] of result.entries())
                    if (values[i] > values[j])
                        expect(value).to.be.at.least(other);
            }
        }));
    });
    it('takes logits whose exponentials overflow, and masked ones', () => {
        expect(numbers(softmax(row([1e30, 0])))).to.deep.equal([1, 0]);
        expect(numbers(softmax(row([-Infinity, 5])))).to.deep.equal([0, 1]);
    });
    it('takes every floating-point dtype; float64 stays float64', () => {
        for (const dtype of ['float16', 'bfloat16', 'float32', 'float64']) {
            const result = softmax(row([1, 1, 1, 1], dtype));
            expect(result.dtype).to.equal(dtype === 'float64' ? 'float64' : 'float32');
            expect(numbers(result)).to.deep.equal([0.25, 0.25, 0.25, 0.25]);
        }
    });
    it('takes any rank above 0, and nothing at all', () => {
        expect(softmax(Tensor.from([[[1, 2]], [[3, 4]]])).shape).to.deep.equal([2, 1, 2]);
        expect(softmax(new Tensor('float32', new Float32Array(0), [0, 3])).shape).to.deep.equal([0, 3]);
        expect(softmax(new Tensor('float32', new Float32Array(0), [2, 0])).shape).to.deep.equal([2, 0]);
    });
    it('refuses what has no probabilities', async () => {
        for (const values of [
            [NaN, 1],
            [1, Infinity],
            [-Infinity, -Infinity],
        ]) {
            const error = await refused(() => softmax(Tensor.from([[0, 0], values])), 'ERR_NOT_FINITE');
            expect(error.message).to.include('row 1');
        }
        await refused(() => softmax(Tensor.from(1)), 'ERR_INVALID_SHAPE');
        await refused(() => softmax(Tensor.from([1n])), 'ERR_INVALID_DTYPE');
        await refused(() => softmax([1, 2]), 'ERR_INVALID_ARGUMENT');
    });
    it('refuses a detached buffer', async () => {
        const data = new Float32Array(4);
        const tensor = new Tensor('float32', data, [2, 2]);
        structuredClone(data, { transfer: [data.buffer] });
        await refused(() => softmax(tensor), 'ERR_INVALID_SHAPE');
    });
});
describe('topK', () => {
    it('gives the highest first, with labels', () => {
        expect(topK(Tensor.from([
            [1, 3, 2],
            [9, 7, 8],
        ]), 2, ['a', 'b', 'c'])).to.deep.equal([
            [
                { index: 1, label: 'b', score: 3 },
                { index: 2, label: 'c', score: 2 },
            ],
            [
                { index: 0, label: 'a', score: 9 },
                { index: 2, label: 'c', score: 8 },
            ],
        ]);
        expect(topK(Tensor.from([4, 5]), 1)).to.deep.equal([[{ index: 1, label: undefined, score: 5 }]]);
    });
    it('equals a stable sort, however many are asked for', () => {
        const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(Infinity, -Infinity));
        fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), fc.double({ min: 0, max: 1 }), (values, share) => {
            const k = Math.max(1, Math.ceil(share * values.length) || 1);
            const sorted = [...values.keys()].sort((a, b) => values[a] === values[b] ? a - b : values[b] > values[a] ? 1 : -1);
            expect(topK(row(values), k)[0].map(({ index }) => index)).to.deep.equal(sorted.slice(0, k));
        }));
    });
    it('refuses a k that there is not, other labels, and NaN', async () => {
        for (const k of [0, -1, 4, 1.5, NaN, '1']) {
            await refused(() => topK(row([1, 2, 3]), k), 'ERR_OUT_OF_RANGE');
        }
        for (const labels of [['a'], ['a', 'b', 3], 'abc']) {
            await refused(() => topK(row([1, 2, 3]), 1, labels), 'ERR_INVALID_ARGUMENT');
        }
        expect((await refused(() => topK(row([1, NaN]), 1), 'ERR_NOT_FINITE')).message).to.include('row 0');
        await refused(() => topK(Tensor.from(1), 1), 'ERR_INVALID_SHAPE');
        await refused(() => topK(Tensor.from([1, 0], 'int32'), 1), 'ERR_INVALID_DTYPE');
    });
});
describe('sigmoid', () => {
    it('is 1 / (1 + exp(−x)), and keeps small probabilities', () => {
        const [zero, three, tiny, one, none, all] = numbers(sigmoid(row([0, Math.log(3), -700, 700, -Infinity, Infinity], 'float64')));
        expect(zero).to.equal(0.5);
        expect(three).to.be.closeTo(0.75, 1e-15);
        expect(tiny / Math.exp(-700)).to.be.closeTo(1, 1e-12);
        expect([one, none, all]).to.deep.equal([1, 0, 1]);
    });
    it('of x and of −x are 1 together', () => {
        fc.assert(fc.property(scores(), (values) => {
            const [plus, minus] = [1, -1].map((sign) => numbers(sigmoid(row(values.map((v) => v * sign), 'float64'))));
            for (const [i, value] of plus.entries())
                expect(value + minus[i]).to.be.closeTo(1, 1e-15);
        }));
    });
    it('takes any rank, and refuses NaN and integers', async () => {
        expect(sigmoid(Tensor.from(0)).shape).to.deep.equal([]);
        await refused(() => sigmoid(row([0, NaN])), 'ERR_NOT_FINITE');
        await refused(() => sigmoid(Tensor.from([1n])), 'ERR_INVALID_DTYPE');
    });
});
describe('multiLabel', () => {
    const labels = ['a', 'b', 'c'];
    it('gives the labels from the threshold on, the most probable first, equal ones by index', () => {
        const found = multiLabel(Tensor.from([
            [0.5, 0.9, 0.5],
            [0.1, 0.2, 0.3],
        ]), { labels });
        expect(found[0].map(({ label }) => label)).to.deep.equal(['b', 'a', 'c']);
        expect(found[1]).to.deep.equal([]);
        expect(multiLabel(row([0, 1, 0]), { threshold: 0 })[0]).to.have.length(3);
        expect(multiLabel(row([0.25]), { threshold: 0.2 })).to.deep.equal([[{ index: 0, label: undefined, score: 0.25 }]]);
    });
    it('gives exactly those at or above it', () => {
        const share = fc.double({ min: 0, max: 1, noNaN: true });
        fc.assert(fc.property(fc.array(share, { maxLength: 20 }), share, (values, threshold) => {
            const tensor = new Tensor('float64', Float64Array.from(values), [1, values.length]);
            const found = multiLabel(tensor, { threshold })[0].map(({ index }) => index);
            expect(found.sort((a, b) => a - b)).to.deep.equal([...values.keys()].filter((i) => values[i] >= threshold));
        }));
    });
    it('refuses what is no probability, another threshold, other labels', async () => {
        for (const value of [1.5, -0.1])
            await refused(() => multiLabel(row([value])), 'ERR_OUT_OF_RANGE');
        for (const value of [NaN, Infinity])
            await refused(() => multiLabel(row([value])), 'ERR_NOT_FINITE');
        for (const threshold of [-0.1, 1.1, NaN, '0.5']) {
            await refused(() => multiLabel(row([0]), { threshold: threshold }), 'ERR_INVALID_ARGUMENT');
        }
        await refused(() => multiLabel(row([0]), { labels }), 'ERR_INVALID_ARGUMENT');
        await refused(() => multiLabel(Tensor.from(0)), 'ERR_INVALID_SHAPE');
    });
});
describe('postprocessorFor', () => {
    it('chooses by the task', () => {
        const logits = row([0, Math.log(3)], 'float64');
        const classes = postprocessorFor({ type: 'classification', activation: 'softmax', labels: ['no', 'yes'] })(logits);
        expect(classes.rows[0].map(({ label }) => label)).to.deep.equal(['yes', 'no']);
        expect(classes.rows[0][0].score).to.be.closeTo(0.75, 1e-12);
        const labels = postprocessorFor({ type: 'multi-label', activation: 'sigmoid', labels: ['a', 'b'], threshold: 0.6 })(logits);
        expect(labels.rows[0].map(({ label }) => label)).to.deep.equal(['b']);
        const plain = postprocessorFor({ type: 'classification', activation: 'none', labels: ['no', 'yes'] });
        expect(plain(row([0.25, 0.75]), { topK: 1 }).rows).to.deep.equal([[{ index: 1, label: 'yes', score: 0.75 }]]);
    });
    it('pools and normalises as the task says', () => {
        const tokens = Tensor.from([
            [
                [3, 4],
                [6, 8],
            ],
        ]);
        const attentionMask = Tensor.from([[1, 1]], 'int64');
        const of = (pooling, unit, output = tokens) => numbers(postprocessorFor({ type: 'embedding', pooling, normalize: unit })(output, { attentionMask }).embeddings);
        expect(of('mean', false)).to.deep.equal([4.5, 6]);
        expect(of('cls', false)).to.deep.equal([3, 4]);
        expect(of('cls', true)).to.deep.equal([0.6, 0.8].map(Math.fround));
        expect(of('none', false, row([3, 4]))).to.deep.equal([3, 4]);
    });
    it('has nothing for other tasks', async () => {
        for (const task of [{ type: 'other' }, { type: 'toString' }, undefined]) {
            await refused(() => postprocessorFor(task), 'ERR_TASK');
        }
    });
});
