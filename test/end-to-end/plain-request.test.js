import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { TorchError } from '#dist/errors.js';
import { parseJson } from '#dist/server/http/json.js';
import * as plainRequest from '#dist/server/codec/plain-request.js';
import * as prediction from '#dist/server/codec/prediction.js';
import { fixture } from '../support/paths.js';
import { seeded } from '../support/random.js';
import { mutated, numberToken, randomBody } from '../support/server/random-json.js';
const models = [
    { features: 4, range: [0, 1] },
    { features: 2, range: undefined },
    { features: 3, range: [-1000, 1e20] },
];
/** All that can be told of what a reader makes of a body. */
function outcome(read, model) {
    try {
        const input = read();
        if (input.form !== 'rows')
            throw new Error('Expected rows');
        const { rows, batchSize } = input.rows(model);
        const bits = [...new Uint32Array(rows.buffer, rows.byteOffset, rows.length)];
        return { version: input.version, bits, batchSize };
    }
    catch (error) {
        if (!(error instanceof TorchError))
            throw error;
        return { code: error.code, message: error.message, errors: error.errors };
    }
}
describe('numbers read natively', function () {
    this.timeout(120_000);
    let host;
    before(async () => {
        host = await ModelHost.open({ models: [{ file: fixture('torchscript/linear.pt') }] });
    });
    after(() => host?.close());
    const parseNumberArray = (bytes, begin) => plainRequest.parseNumberArray(bytes, begin, host);
    const parsePlainRequest = (bytes) => plainRequest.parsePlainRequest(bytes, host);
    const jsonPrediction = (bytes) => prediction.jsonPrediction(bytes, host);
    const expectSame = (bytes) => {
        for (const model of models) {
            expect(outcome(() => jsonPrediction(bytes), model), bytes.toString('latin1')).to.deep.equal(outcome(() => prediction.parsedPrediction(parseJson(bytes)), model));
        }
    };
    it('make the same request or the same problem as JSON.parse: 20,000 random bodies, whole and broken', () => {
        const below = seeded(20261122);
        let plain = 0;
        for (let round = 0; round < 10_000; round++) {
            const body = randomBody(below);
            if (parsePlainRequest(Buffer.from(body)))
                plain++;
            expectSame(Buffer.from(body));
            expectSame(mutated(Buffer.from(body), below));
        }
        expect(plain, 'bodies that took the native way').to.be.within(3000, 9000);
    });
    it('are what JSON.parse and Math.fround make of them, to the bit', () => {
        const below = seeded(7);
        const tokens = Array.from({ length: 100_000 }, () => numberToken(below)).filter(
        // What underflows to 0 is left to JSON.parse, as what overflows is.
        (token) => Math.abs(Number(token)) < 3.4e38 && (Math.abs(Number(token)) > 1e-300 || /^-?[0.]+$/.test(token)));
        const text = `[${tokens.join(',')}]`;
        const numbers = parseNumberArray(Buffer.from(text), 0);
        const expected = JSON.parse(text);
        expect(numbers).to.include({ end: text.length, min: Math.min(...expected), max: Math.max(...expected) });
        for (const [index, value] of expected.entries()) {
            if (!Object.is(numbers?.values[index], Math.fround(value)))
                expect.fail(tokens[index]);
        }
    });
    for (const text of [
        ...['', '[', '[]', '[ ]', '[,1]', '[1,]', '[1 2]', '[1', '[1,', '1', '[1}', '{"a":1}', '[[1]]', '["1"]', '[null]'],
        ...['[01]', '[+1]', '[.5]', '[1.]', '[1.e1]', '[1e]', '[1e+]', '[-]', '[--1]', '[0x1]', '[1_0]', '[1n]', '[1,,2]'],
        ...['[NaN]', '[Infinity]', '[-Infinity]', '[nan]', '[inf]', '[1e999]', '[-1e999]', '[1e39]', '[1e-999]'],
        ...['[1\u00a0]', '[\u000b1]', '[\u00001]', '[1\ufeff]', '[\u0661]'],
    ]) {
        it(`leaves ${JSON.stringify(text)} to JSON.parse`, () => {
            expect(parseNumberArray(Buffer.from(text), 0)).to.equal(undefined);
        });
    }
    for (const body of [
        '{"input_data":[0.5],"input_data":[0.5,0.5]}',
        '{"input_data":[0.5],"input\\u005fdata":[0.5,0.5]}',
        '{"inpu\\u0074_data":[0.5],"input_data":[0.5,0.5]}',
        '{"model_version":{"input_data":[0.5,0.5]}}',
        '{"model_version":"é","input_data":[0.5,0.5]}',
        '{"model_version":"v1","batch_size":2,"input_data":[0.5,0.5],"x":1}',
        '{"model_version":"input_data","input_data":[0.5,0.5]}',
        '{"input_data" [0.5,0.5]}',
        '{"input_data":[0.5,0.5]}}',
        '{"input_data":[0.5,0.5]',
        '[{"input_data":[0.5,0.5]}]',
        '"input_data":[0.5,0.5]',
        '{"a":"\\"input_data":[0.5,0.5]}',
        `{"input_data":[0.5,0.5]${' '.repeat(2000)}}`,
        `{${' '.repeat(2000)}"input_data":[0.5,0.5]}`,
        '\ufeff{"input_data":[0.5,0.5]}',
    ]) {
        it(`does not read ${body.trim().slice(0, 60)} natively`, () => {
            expect(parsePlainRequest(Buffer.from(body))).to.equal(undefined);
            expectSame(Buffer.from(body));
        });
    }
    it('read ahead of and behind the other members, whatever the blanks', () => {
        for (const body of [
            '{"input_data":[0.5,1]}',
            ' {\n\t"input_data" :\r [ 0.5 , 1 ] } ',
            '{"batch_size":2,"model_version":"v2.0","input_data":[0.5,1]}',
        ]) {
            expect([...(parsePlainRequest(Buffer.from(body))?.numbers.values ?? [])], body).to.deep.equal([0.5, 1]);
        }
    });
    it('read many numbers too, each array in memory of its own', () => {
        const many = Array.from({ length: 200_000 }, (_, index) => index / 2);
        const first = parseNumberArray(Buffer.from('[1,2]'), 0);
        expect(parseNumberArray(Buffer.from(JSON.stringify(many)), 0)?.values.at(-1)).to.equal(99_999.5);
        expect([...(first?.values ?? [])]).to.deep.equal([1, 2]);
    });
});
