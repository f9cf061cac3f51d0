import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { readArguments } from '#dist/cli/input.js';
import { toJson } from '#dist/cli/output.js';
import { dtypes, dtypeTable } from '#dist/tensor/dtype.js';
import { rejection } from '../support/errors.js';
import { detach } from '../support/memory.js';
const samples = dtypes.flatMap((dtype) => {
    const { kind, min = 0n, max = 0n } = dtypeTable[dtype];
    if (kind === 'bool')
        return [Tensor.from([[true, false]], dtype)];
    if (kind === 'int')
        return [Tensor.from([[min, 0n, max]], dtype), Tensor.from(1n, dtype)];
    const floats = [0.1, -1.5, NaN, Infinity, -Infinity, 2 ** -24, 65504];
    return [Tensor.from([floats, floats], dtype), Tensor.zeros([0, 3], dtype), Tensor.from(2, dtype)];
});
describe('a tensor as JSON', () => {
    it('has its dtype, its shape and its elements in one row', () => {
        expect(JSON.stringify({ x: Tensor.from([[1, NaN]]) })).to.equal('{"x":{"dtype":"float32","shape":[1,2],"data":[1,"NaN"]}}');
        expect(Tensor.from([2n ** 53n, 5n]).toJSON().data).to.deep.equal(['9007199254740992', 5]);
        expect(Tensor.from([true]).toJSON()).to.deep.equal({ dtype: 'bool', shape: [1], data: [true] });
        expect(Tensor.from([0.1], 'float16').toJSON().data).to.deep.equal([0.0999755859375]);
    });
    it('comes back as it was, in every dtype', () => {
        for (const tensor of samples) {
            const back = Tensor.fromJSON(JSON.parse(JSON.stringify(tensor)));
            expect(back, JSON.stringify(tensor)).to.deep.equal(tensor);
        }
    });
    it('is what run --input reads and run --json writes', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'node-libtorch-json-'));
        try {
            for (const tensor of samples) {
                const file = join(folder, 'input.json');
                await writeFile(file, JSON.stringify(tensor));
                expect(await readArguments([file], { method: undefined, signature: undefined })).to.deep.equal([tensor]);
                expect(toJson(tensor)).to.deep.equal(tensor.toJSON());
            }
        }
        finally {
            await rm(folder, { recursive: true });
        }
    });
    it('may be nested, and then needs no shape', () => {
        expect(Tensor.fromJSON({ dtype: 'int8', data: [[1, '2']] })).to.deep.equal(Tensor.from([[1, 2]], 'int8'));
    });
    const wrong = [
        ['null', 'ERR_INVALID_INPUT', null],
        ['a number', 'ERR_INVALID_INPUT', 5],
        ['no dtype', 'ERR_INVALID_DTYPE', { shape: [1], data: [1] }],
        ['an inherited name as dtype', 'ERR_INVALID_DTYPE', { dtype: 'toString', data: [1] }],
        ['no data', 'ERR_INVALID_INPUT', { dtype: 'float32', shape: [1] }],
        ['a string for a number', 'ERR_INVALID_INPUT', { dtype: 'float32', data: ['0x10'] }],
        ['null for a number', 'ERR_INVALID_INPUT', { dtype: 'float32', data: [null] }],
        ['NaN for an integer', 'ERR_OUT_OF_RANGE', { dtype: 'int32', data: ['NaN'] }],
        ['2^63 for int64', 'ERR_OUT_OF_RANGE', { dtype: 'int64', data: ['9223372036854775808'] }],
        ['another number of elements', 'ERR_INVALID_SHAPE', { dtype: 'float32', shape: [2], data: [1] }],
        ['a shape that is a string', 'ERR_INVALID_ARGUMENT', { dtype: 'float32', shape: '1', data: [1] }],
    ];
    for (const [what, code, json] of wrong) {
        it(`refuses ${what} with ${code}`, () => rejection(() => Tensor.fromJSON(json), code));
    }
    it('refuses a detached buffer', async () => {
        const tensor = Tensor.zeros([2]);
        detach(tensor.data.buffer);
        await rejection(() => JSON.stringify(tensor), 'ERR_INVALID_SHAPE');
    });
});
