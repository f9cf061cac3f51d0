import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { TorchError } from 'node-libtorch';
import { readModelProto } from '#dist/engines/onnx/model-proto.js';
import { fields, integers } from '#dist/engines/onnx/protobuf.js';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';
const span = (...bytes) => ({ bytes: Uint8Array.from(bytes), start: 0, end: bytes.length });
/** A field of bytes. */
const delimited = (number, content) => {
    const bytes = Buffer.from(content);
    return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
};
function varint(value) {
    const bytes = [];
    for (let rest = value;; rest = Math.floor(rest / 128)) {
        if (rest < 128)
            return Buffer.from([...bytes, rest]);
        bytes.push((rest % 128) | 0x80);
    }
}
describe('protobuf reader', () => {
    it('reads all wire types that ONNX has', () => {
        const read = [...fields(span(0x08, 0x96, 0x01, 0x12, 2, 7, 8, 0x1d, 1, 2, 3, 4, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, 0x28, 1))];
        expect(read.map(({ number, value }) => [number, value])).to.deep.equal([[1, 150], [2, 0], [5, 1]]);
        expect(read[1]?.span).to.include({ start: 5, end: 7 });
    }); // prettier-ignore
    it('reads integers one by one and packed', () => {
        const [one, packed] = [...fields(span(0x08, 5, 0x0a, 3, 1, 0x80, 1))];
        expect([...integers(one), ...integers(packed)]).to.deep.equal([5, 1, 128]);
    });
    const bad = [
        ['a varint that does not end', [0x08, 0x80]],
        ['a varint of eleven bytes', [0x08, ...new Array(10).fill(0xff), 1]],
        ['a length beyond the end', [0x0a, 5, 1]],
        ['a length near 2^64', [0x0a, ...new Array(9).fill(0xff), 1]],
        ['a group', [0x0b, 0x0c]],
        ['wire type 7', [0x0f]],
        ['field number 0', [0x02, 0]],
        ['four bytes cut off', [0x0d, 1, 2]],
    ];
    for (const [what, bytes] of bad) {
        it(`refuses ${what}`, () => rejection(() => [...fields(span(...bytes))], 'ERR_MODEL_FORMAT'));
    }
});
describe('ONNX file reader', () => {
    const files = readdirSync(fixture('onnx')).filter((name) => name.endsWith('.onnx'));
    it('reads what the fixtures say of themselves', () => {
        const read = (name) => readModelProto(readFileSync(fixture(`onnx/${name}.onnx`)));
        expect(read('two').inputs).to.deep.equal([
            { name: 'a', kind: 'tensor', elementType: 1, shape: [null, 2], symbols: ['batch', null] },
            { name: 'b', kind: 'tensor', elementType: 7, shape: [null, 2], symbols: ['batch', null] },
        ]);
        expect(read('scalar').inputs[0]?.shape).to.deep.equal([]);
        expect(read('rankless').inputs[0]?.shape).to.equal(undefined);
        expect(read('fixed').inputs[0]?.shape).to.deep.equal([2, 3]);
        expect(read('defaulted').defaulted.map(({ name }) => name)).to.deep.equal(['scale']);
        expect(read('defaulted').inputs.map(({ name }) => name)).to.deep.equal(['x']);
        expect(read('external').external).to.deep.equal([
            { location: 'weights.bin', offset: 0, length: 48, outermost: true },
        ]);
        expect(read('external_inside').external.map(({ outermost }) => outermost)).to.deep.equal([false, false]);
        expect(read('refused_sequence').outputs[0]?.kind).to.equal('sequence');
    });
    it('ends in ERR_MODEL_FORMAT or an answer for every truncation and many mutations of every fixture', () => {
        let state = 1;
        const next = (below) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % below;
        const outcome = (bytes) => {
            try {
                readModelProto(bytes);
            }
            catch (error) {
                expect(error).to.be.instanceOf(TorchError).with.property('code', 'ERR_MODEL_FORMAT');
            }
        };
        for (const file of files) {
            const bytes = readFileSync(fixture(`onnx/${file}`));
            for (let length = 0; length < bytes.length; ++length)
                outcome(bytes.subarray(0, length));
            for (let i = 0; i < 500; ++i) {
                const changed = Buffer.from(bytes);
                for (let j = 0; j <= next(4); ++j)
                    changed[next(bytes.length)] = next(256);
                outcome(changed);
            }
        }
    });
    it('refuses graphs within graphs without end', async () => {
        let graph = Buffer.alloc(0);
        for (let depth = 0; depth < 5000; ++depth)
            graph = delimited(1, delimited(5, delimited(6, graph)));
        await rejection(() => readModelProto(delimited(7, graph)), 'ERR_MODEL_FORMAT');
    });
    it('refuses several graphs, none, and one without outputs', async () => {
        const graph = delimited(7, delimited(12, delimited(1, 'y')));
        expect(readModelProto(graph).outputs).to.have.length(1);
        await rejection(() => readModelProto(Buffer.concat([graph, graph])), 'ERR_MODEL_FORMAT');
        await rejection(() => readModelProto(Buffer.alloc(0)), 'ERR_MODEL_FORMAT');
        await rejection(() => readModelProto(delimited(7, '')), 'ERR_MODEL_FORMAT');
    });
    it('lists every location that a tensor names, and refuses places that are none', async () => {
        const entry = (key, value) => delimited(13, Buffer.concat([delimited(1, key), delimited(2, value)]));
        const model = (...parts) => delimited(7, Buffer.concat([delimited(12, delimited(1, 'y')), delimited(5, Buffer.concat(parts))]));
        const twice = model(entry('location', 'a'), entry('location', '../b'));
        expect(readModelProto(twice).external.map(({ location }) => location)).to.deep.equal(['a', '../b']);
        for (const offset of ['-1', '1e3', '99999999999999999999', 'x', ''])
            await rejection(() => readModelProto(model(entry('location', 'a'), entry('offset', offset))), 'ERR_MODEL_FORMAT');
        await rejection(() => readModelProto(model(entry('offset', '0'))), 'ERR_MODEL_FORMAT');
        await rejection(() => readModelProto(model(Buffer.from([14 * 8, 1]))), 'ERR_MODEL_FORMAT'); // external, and no place
    }); // prettier-ignore
});
