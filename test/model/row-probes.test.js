import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { multiplied, nudged } from '#dist/model/row-moves.js';
import { probeRows } from '#dist/model/row-probes.js';
import { realsOf } from '#dist/tensor/reals.js';
const free = () => undefined;
const within = (range) => () => range;
const numbers = ({ args }, position = 0) => [...realsOf(args[position])];
const ofKind = (probes, kind) => {
    const found = probes.find((probe) => probe.kind === kind);
    return found && numbers(found);
};
describe('rows to ask a model about', () => {
    it('are of other scale, sign and order than the example’s, which comes first', async () => {
        const probes = await probeRows([Tensor.from([[1, 2, 4]])], free);
        expect(numbers(probes[0])).to.deep.equal([1, 2, 4]);
        expect(ofKind(probes, 'second')).to.deep.equal([4, 2, 1]);
        expect(ofKind(probes, 'loud')).to.deep.equal([1000, 2000, 4000]);
        expect(ofKind(probes, 'negative')).to.deep.equal([-1, -2, -4]);
        expect(ofKind(probes, 'loudNegative')).to.deep.equal([-4000, -2000, -1000]);
        expect(ofKind(probes, 'zero')).to.deep.equal([0, 0, 0]);
        expect(ofKind(probes, 'loudest')).to.deep.equal([1e6, 2e6, 4e6]);
        expect(ofKind(probes, 'quiet').map((x) => Number(x.toFixed(6)))).to.deep.equal([0.001, 0.002, 0.004]);
        expect(probes.filter(({ isOrdinary }) => isOrdinary).map(({ kind }) => kind)).to.deep.equal([
            'first',
            'second',
            'spread',
        ]);
    });
    it('are those of the example where it has several', async () => {
        const probes = await probeRows([Tensor.from([[1], [1], [3], [5], [7]])], free);
        expect(ofKind(probes, 'second')).to.deep.equal([3]);
        expect(probes.filter(({ kind }) => kind === 'example').map((probe) => numbers(probe))).to.deep.equal([[5]]);
    });
    it('are each another, of zeros and of equal numbers too', async () => {
        for (const row of [[0, 0, 0], [1, 1, 1], [-1, -1], [0.5]]) {
            const probes = await probeRows([Tensor.from([row])], free);
            const texts = probes.map((probe) => numbers(probe).join());
            expect(new Set(texts).size).to.equal(texts.length);
            expect(texts.length).to.be.at.least(6);
        }
    });
    it('keep to ranges', async () => {
        for (const range of [
            [0, 1],
            [-1, 1],
            [2, 3],
            [-3, -2],
            [0, 255],
        ]) {
            const [min, max] = range;
            const probes = await probeRows([Tensor.from([[min, (min + max) / 2, max]])], within(range));
            for (const probe of probes)
                for (const x of numbers(probe))
                    expect(x, probe.kind).to.be.within(min, max);
            expect(probes.length).to.be.at.least(5);
        }
    });
    const ids = (dtype, ...values) => dtype === 'int64'
        ? new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])
        : Tensor.from([values], dtype);
    it('keep to the integers of the example, for they may be indices, and make no zero to divide by', async () => {
        for (const dtype of ['int64', 'int32']) {
            for (const probe of await probeRows([ids(dtype, 3, 7, 5)], free)) {
                for (const x of numbers(probe))
                    expect(x).to.be.within(1, 7).and.satisfy(Number.isInteger);
            }
        }
        const signed = (await probeRows([ids('int32', -3, 5, 0)], free)).flatMap((probe) => numbers(probe));
        expect(Math.min(...signed)).to.equal(-3);
        expect(Math.max(...signed)).to.equal(5);
        expect((await probeRows([ids('int64', 5)], within([0, 100]))).flatMap((probe) => numbers(probe)).some((x) => x > 5)).to.equal(true);
    });
    it('open and close a mask of ones, and take all the levels of a picture', async () => {
        const mask = (await probeRows([ids('int64', 1, 1, 1, 1)], free)).flatMap((probe) => numbers(probe));
        expect(new Set(mask)).to.deep.equal(new Set([0, 1]));
        const flags = (await probeRows([Tensor.from([[true, true]])], free)).map((probe) => numbers(probe).join());
        expect(flags).to.include.members(['1,1', '0,0']);
        const pixels = (await probeRows([ids('uint8', 0, 9)], free)).flatMap((probe) => numbers(probe));
        expect(Math.max(...pixels)).to.equal(255);
        const sound = (await probeRows([ids('int16', 3, 7)], free)).flatMap((probe) => numbers(probe));
        expect([Math.min(...sound), Math.max(...sound)]).to.deep.equal([-32768, 32767]);
    });
    it('keep big integers exactly, and halves from overflow', async () => {
        const huge = new Tensor('int64', BigInt64Array.of(2n ** 62n + 1n, 5n), [1, 2]);
        for (const { args } of await probeRows([huge], free)) {
            for (const x of args[0].data)
                expect([2n ** 62n + 1n, 5n]).to.include(x);
        }
        for (const dtype of ['float16', 'float32']) {
            const probes = await probeRows([Tensor.from([[2000, -1]], dtype)], free);
            for (const probe of probes) {
                if (probe.kind === 'notANumber')
                    continue;
                for (const x of numbers(probe))
                    expect(x).to.satisfy(Number.isFinite);
            }
        }
    });
    it('leave other arguments alone, and have a form with the example’s own integers', async () => {
        const probes = await probeRows([Tensor.from([[1, 2]]), ids('int64', 3, 7), 5], free);
        for (const { args, calm } of probes) {
            expect(args[2]).to.equal(5);
            if (calm)
                expect([...realsOf(calm[1])]).to.deep.equal([3, 7]);
        }
        expect(probes.some(({ calm }) => calm !== undefined)).to.equal(true);
    });
    it('are moved by a hair, and made larger within their range, where they have floats', async () => {
        const row = [Tensor.from([[1, -2, 0]])];
        for (const [i, x] of [...realsOf(nudged(row, 1e-3)[0])].entries()) {
            expect(Math.abs(x - [1, -2, 0][i])).to.be.closeTo([1e-3, 2e-3, 0][i], 1e-6);
        }
        expect([...realsOf(multiplied(row, 2, within([-3, 3]))[0])]).to.deep.equal([2, -3, 0]);
        expect(nudged([ids('int64', 3)], 1e-3)).to.equal(undefined);
        expect(multiplied([Tensor.from([[0, 0]])], 2, free)).to.equal(undefined);
    });
});
