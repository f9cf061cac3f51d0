import { expect } from 'chai';
import { namedTensors } from '#dist/client/inputs.js';
import { TorchError } from '#dist/errors.js';
import { Tensor } from '#dist/tensor/tensor.js';
const of = (datatype, shape = [-1]) => [
    { name: 'x', datatype, shape },
];
function made(value, metadata) {
    const [tensor] = namedTensors({ x: value }, metadata);
    expect(tensor?.name).to.equal('x');
    return tensor.content;
}
function tensor(value, metadata) {
    const content = made(value, metadata);
    expect(content).to.be.an.instanceOf(Tensor);
    const { dtype, shape, data } = content;
    return { dtype, shape: [...shape], data: [...data] };
}
describe('inputs of a client', () => {
    it('that are tensors stay as they are, whatever the metadata says', () => {
        const own = Tensor.from([1]);
        expect(made(own, of('INT64'))).to.equal(own);
    });
    it('in nested arrays become what the metadata says', () => {
        const rows = [
            [1, 2],
            [3, 4],
        ];
        expect(tensor(rows, of('INT64', [-1, 2]))).to.deep.equal({ dtype: 'int64', shape: [2, 2], data: [1n, 2n, 3n, 4n] });
        expect(tensor(rows, of('FP16', [-1, 2]))).to.include({ dtype: 'float16' });
        expect(tensor([[true, false]], of('BOOL', [-1, 2]))).to.deep.equal({ dtype: 'bool', shape: [1, 2], data: [1, 0] });
        expect(tensor([2n ** 63n], of('UINT64'))).to.deep.equal({ dtype: 'uint64', shape: [1], data: [2n ** 63n] });
    });
    it('are float32, int64, bool or strings where nobody says', () => {
        for (const metadata of [undefined, [], of('')]) {
            expect(tensor([[1.5]], metadata)).to.deep.equal({ dtype: 'float32', shape: [1, 1], data: [1.5] });
            expect(tensor([1n], metadata)).to.include({ dtype: 'int64' });
            expect(tensor([true], metadata)).to.include({ dtype: 'bool' });
            expect(made(['a', 'b'], metadata)).to.deep.equal({ shape: [2], data: ['a', 'b'] });
            expect(tensor(new Int8Array([1, 2]), metadata)).to.deep.equal({ dtype: 'int8', shape: [2], data: [1, 2] });
        }
    });
    it('without nesting get the shape of the metadata', () => {
        const four = new Float32Array(4);
        expect(tensor(four, of('FP32', [-1, 2])).shape).to.deep.equal([2, 2]);
        expect(tensor(four, of('FP32', [4])).shape).to.deep.equal([4]);
        expect(tensor(four, of('FP32', [-1])).shape).to.deep.equal([4]);
        expect(tensor(four, of('FP32', [1, 2, 2])).shape).to.deep.equal([1, 2, 2]);
        expect(tensor([1, 2, 3], of('FP32', [-1, 3])).shape).to.deep.equal([1, 3]);
        expect(tensor(5, of('INT64', [1]))).to.deep.equal({ dtype: 'int64', shape: [1], data: [5n] });
        expect(tensor(5, of('INT64', [-1, -1])).shape).to.deep.equal([1, 1]);
        expect(tensor(5, of('INT64', [])).shape).to.deep.equal([]);
        expect(made('word', of('BYTES', [1, 1]))).to.deep.equal({ shape: [1, 1], data: ['word'] });
    });
    it('with nesting keep their own shape: the server judges it', () => {
        expect(tensor([[1]], of('FP32', [3])).shape).to.deep.equal([1, 1]);
    });
    it('in typed arrays of another kind are converted, and bits of half floats are kept', () => {
        expect(tensor(new Int32Array([1, -2]), of('INT64'))).to.deep.equal({ dtype: 'int64', shape: [2], data: [1n, -2n] });
        expect(tensor(new Float64Array([0.1]), of('FP32')).data).to.deep.equal([Math.fround(0.1)]);
        expect(tensor(new BigInt64Array([3n]), of('INT8'))).to.include({ dtype: 'int8' });
        expect(tensor(new Uint16Array([0x3c00]), of('FP16'))).to.deep.equal({
            dtype: 'float16',
            shape: [1],
            data: [0x3c00],
        });
        expect(tensor(new Float32Array([1]), of('FP16')).data).to.deep.equal([0x3c00]);
        expect(tensor(new Float32Array([1]), of('BF16')).data).to.deep.equal([0x3f80]);
        expect(tensor(new Uint8Array([1, 0]), of('BOOL'))).to.deep.equal({ dtype: 'bool', shape: [2], data: [1, 0] });
    });
    it('that are strings keep every character, in any shape', () => {
        const words = [
            ['', 'ü€😀'],
            ['a\nb', '"'],
        ];
        expect(made(words, of('BYTES', [-1, 2]))).to.deep.equal({ shape: [2, 2], data: words.flat() });
        expect(made([], of('BYTES', [-1]))).to.deep.equal({ shape: [0], data: [] });
        expect(made({ shape: [0, 3], data: [] }, undefined)).to.deep.equal({ shape: [0, 3], data: [] });
    });
    it('that are undefined are left out', () => {
        expect(namedTensors({ x: undefined, y: 1 }, undefined).map(({ name }) => name)).to.deep.equal(['y']);
    });
    const wrong = [
        ['ragged arrays', [[1, 2], [3]], of('FP32', [-1, 2]), 'ERR_INVALID_SHAPE'],
        ['ragged strings', [['a'], ['b', 'c']], undefined, 'ERR_INVALID_SHAPE'],
        ['a fraction for integers', [1.5], of('INT64'), 'ERR_OUT_OF_RANGE'],
        ['a number beyond the dtype', [300], of('UINT8'), 'ERR_OUT_OF_RANGE'],
        ['strings for numbers', ['a'], of('FP32'), 'ERR_INVALID_DTYPE'],
        ['numbers for strings', [1], of('BYTES'), 'ERR_INVALID_INPUT'],
        ['a typed array for strings', new Uint8Array(3), of('BYTES'), 'ERR_INVALID_DTYPE'],
        ['a number among strings', ['a', 1], undefined, 'ERR_INVALID_INPUT'],
        ['a string among numbers', [1, 'a'], undefined, 'ERR_INVALID_INPUT'],
        ['null', null, undefined, 'ERR_INVALID_INPUT'],
        ['an object', { a: 1 }, undefined, 'ERR_INVALID_INPUT'],
        ['a flat array for two free dimensions', new Float32Array(6), of('FP32', [-1, -1, 3]), 'ERR_INVALID_SHAPE'],
        ['elements that do not fill the shape', new Float32Array(5), of('FP32', [-1, 2]), 'ERR_INVALID_SHAPE'],
        ['strings of another number', { shape: [2], data: ['a'] }, undefined, 'ERR_INVALID_SHAPE'],
        ['strings that are none', { shape: [1], data: [1] }, undefined, 'ERR_INVALID_INPUT'],
        ['endless nesting', JSON.parse('['.repeat(40) + ']'.repeat(40)), undefined, 'ERR_INVALID_SHAPE'],
    ];
    for (const [what, value, metadata, code] of wrong) {
        it(`refuses ${what}, and names the input`, () => {
            const error = (() => {
                try {
                    return made(value, metadata);
                }
                catch (caught) {
                    return caught;
                }
            })();
            expect(error).to.be.an.instanceOf(TorchError);
            expect(error.code).to.equal(code);
            expect(error.message).to.match(/^Input "x"|input "x"/);
        });
    }
    it('never shows a text in an error: it may be personal', () => {
        expect(() => made(['secret words', 1], undefined))
            .to.throw(TorchError)
            .with.property('message')
            .not.include('secret');
        expect(() => made([1, 'secret words'], undefined)).to.throw(TorchError);
    });
});
