import { expect } from 'chai';
import { Tensor } from '#dist/index.js';
import { inRequestTerms } from '#dist/server/codec/row-model.js';
import { octetRows, parseRows } from '#dist/server/codec/rows.js';
import { checkRange } from '#dist/signature/range.js';
import { caught } from '../../support/caught.js';
import { octets } from '../../support/server/octets.js';
/** Values through the codec and the model's door, which holds them to the range. */
function rowsThroughDoor(values, spec) {
    const parsed = parseRows(values, spec);
    try {
        const tensor = new Tensor('float32', parsed.rows, [spec.batchSize, spec.features]);
        if (spec.range)
            checkRange('input', spec.range, tensor, parsed.bounds);
        return parsed;
    }
    catch (error) {
        throw inRequestTerms(error, parsed, spec.range);
    }
}
describe('rows of a request', () => {
    const spec = { features: 2, batchSize: 2, range: [0, 1] };
    it('makes one float32 array of the rows', () => {
        expect(parseRows([0, 1, 0.5, -0], spec).rows).to.deep.equal(Float32Array.of(0, 1, 0.5, -0));
        expect(parseRows(Float64Array.of(0, 1, 0.25, 1), spec).rows).to.deep.equal(Float32Array.of(0, 1, 0.25, 1));
        expect(parseRows([0, 1, 0.5, 0], spec).rows).to.have.length(4);
    });
    for (const values of [[], [0, 1, 0], [0, 1, 0, 1, 0]]) {
        it(`refuses ${values.length} values for 2 rows of 2`, () => {
            const error = caught(() => parseRows(values, spec), 'ERR_INVALID_SHAPE');
            expect(error.errors).to.deep.equal([{ pointer: '/input_data', detail: error.message }]);
            expect(error.message).to.include('Expected 4 numbers').and.include(`received ${values.length}`);
        });
    }
    const bad = [
        [NaN, 'ERR_NOT_FINITE', 'NaN'],
        [Infinity, 'ERR_OUT_OF_RANGE', 'larger'],
        [-Infinity, 'ERR_OUT_OF_RANGE', 'smaller'],
        [1.0000001, 'ERR_OUT_OF_RANGE', 'larger'],
        [-Number.MIN_VALUE, 'ERR_OUT_OF_RANGE', 'smaller'],
        ['secret', 'ERR_INVALID_INPUT', 'a string'],
        [true, 'ERR_INVALID_INPUT', 'a boolean'],
        [null, 'ERR_INVALID_INPUT', 'null'],
        [[0.5], 'ERR_INVALID_INPUT', 'an array'],
        [undefined, 'ERR_INVALID_INPUT', 'undefined'],
    ];
    for (const [value, code, words] of bad) {
        it(`refuses ${String(value)} as ${code}`, () => {
            const { errors, message } = caught(() => rowsThroughDoor([0, 0, value, 0], spec), code);
            expect(errors).to.have.length(1);
            expect(errors?.[0]).to.have.property('pointer', '/input_data/2');
            expect(message).to.include(words).and.not.include('secret');
        });
    }
    it('measures what was given, before it is rounded', () => {
        expect(parseRows([0.1, 1.0000001, 0, 0.5], spec).bounds).to.deep.equal([0, 1.0000001]);
        expect(parseRows([0.1, NaN, 0, 0.5], spec).bounds).to.equal(undefined);
    });
    it('takes what float32 can hold where there is no range', () => {
        const free = { features: 1, batchSize: 1 };
        expect(parseRows([-3.4e38], free).rows).to.have.length(1);
        for (const value of [1e39, Infinity, -Infinity])
            caught(() => parseRows([value], free), 'ERR_OUT_OF_RANGE');
        caught(() => parseRows([NaN], free), 'ERR_NOT_FINITE');
    });
    it('lists at most 16 faults, however many there are', () => {
        const many = { features: 1000, batchSize: 100, range: [0, 1] };
        const values = new Array(100_000).fill(2);
        expect(caught(() => rowsThroughDoor(values, many), 'ERR_OUT_OF_RANGE').errors).to.have.length(16);
    });
});
describe('rows of raw numbers', () => {
    it('are read at any offset of their memory', () => {
        const bytes = octets([0.25, 1]);
        for (let offset = 0; offset < 8; offset++) {
            const placed = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset);
            expect([...octetRows(placed, { features: 2 }, 1).rows]).to.deep.equal([0.25, 1]);
        }
    });
    it('are rounded, and so are their bounds', () => {
        const { rows } = octetRows(octets([0.1]), { features: 1, range: [0, 0.1] }, 1);
        expect(rows[0]).to.equal(Math.fround(0.1));
        checkRange('input', [0, 0.1], new Tensor('float32', rows, [1, 1]));
    });
});
