import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { argumentsToWire, fromWire, toWire } from '#dist/engines/torch/wire.js';
import { rejection } from '../../support/errors.js';
const tensor = new Tensor('float32', new Float32Array(2), [2]);
const nested = (levels) => (levels === 0 ? 1 : [nested(levels - 1)]);
describe('values on the wire', () => {
    const same = [null, true, false, 0, -0, NaN, 1.5, 2n ** 70n, '', 'é\u0000', tensor, [], [1, [tensor, null]]];
    for (const [i, value] of same.entries()) {
        it(`goes as it is and comes back: #${i}`, () => {
            const wire = toWire(value, 'x');
            expect(wire).to.deep.equal(value);
            expect(fromWire(wire)).to.deep.equal(value);
        });
    }
    it('gives an array of this realm, over the memory of the addon’s', () => {
        const data = runInNewContext('new Int16Array([0, 1, 2]).subarray(1)');
        const output = fromWire({ dtype: 'int16', shape: [2], data });
        expect(output.data)
            .to.be.instanceOf(Int16Array)
            .and.deep.equal(new Int16Array([1, 2]));
        expect(output.data.buffer).to.equal(data.buffer);
        const own = new Int16Array(2);
        expect(fromWire({ dtype: 'int16', shape: [2], data: own }).data).to.equal(own);
    });
    const dicts = [
        ['an object', { b: 1, a: [tensor] }, { keys: ['b', 'a'], values: [1, [tensor]] }],
        ['an object that looks like a dict', { keys: [1], values: [2] }, { keys: ['keys', 'values'], values: [[1], [2]] }],
        ['an empty object', {}, { keys: [], values: [] }],
        [
            'an object without prototype',
            Object.assign(Object.create(null), { a: 1 }),
            { keys: ['a'], values: [1] },
        ],
        [
            'a Map of ints',
            new Map([
                [2n, 'x'],
                [1n, 'y'],
            ]),
            { keys: [2n, 1n], values: ['x', 'y'] },
        ],
        ['a Map of strings', new Map([['a', 1]]), { keys: ['a'], values: [1] }],
    ];
    for (const [what, value, wire] of dicts) {
        it(`sends ${what} as two lists`, () => {
            expect(toWire(value, 'x')).to.deep.equal(wire);
        });
    }
    it('brings dicts with string keys back as objects and others as Maps, in order', () => {
        expect(fromWire({ keys: ['b', 'a'], values: [1, 2] })).to.deep.equal({ b: 1, a: 2 });
        const map = fromWire({ keys: [2, 1n, true], values: [[], null, 'x'] });
        expect([...map]).to.deep.equal([
            [2, []],
            [1n, null],
            [true, 'x'],
        ]);
        expect(fromWire({ keys: [], values: [] })).to.deep.equal({});
    });
    it('keeps __proto__ an ordinary key, both ways', () => {
        const value = fromWire({
            keys: ['__proto__', 'constructor'],
            values: [{ keys: ['evil'], values: [1] }, 2],
        });
        expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
        expect(Object.keys(value)).to.deep.equal(['__proto__', 'constructor']);
        expect(value.evil).to.equal(undefined);
        expect(toWire(JSON.parse('{"__proto__": 1}'), 'x')).to.deep.equal({ keys: ['__proto__'], values: [1] });
    });
    it('makes tensors of tensors', () => {
        const value = fromWire({ dtype: 'int8', shape: [2, 1], data: new Int8Array([1, -1]) });
        expect(value).to.be.instanceOf(Tensor);
        expect(value.toArray()).to.deep.equal([[1], [-1]]);
    });
    const cycle = [];
    cycle.push([cycle]);
    const ring = {};
    ring.ring = ring;
    const refused = [
        ['undefined', /undefined/, undefined],
        ['a function', /a function/, () => 1],
        ['a symbol', /x but received/, Symbol('s')],
        ['a Date', /instance of Date/, new Date()],
        ['a Set', /instance of Set/, new Set()],
        ['a typed array', /instance of Float32Array/, new Float32Array(1)],
        ['a class instance', /instance of URL/, new URL('file:///')],
        ['a Promise', /instance of Promise/, Promise.resolve(1)],
        ['undefined inside', /x\[1\]\.a but received undefined/, [1, { a: undefined }]],
        ['a bad key of a Map', /x's key/, new Map([[undefined, 1]])],
        ['a key that no dict has', /x's key but received an object/, new Map([[Object.create(null), 1]])],
        ['a bad value behind a key', /x\.5/, new Map([[5, undefined]])],
        ['65 levels', /at most 64 levels/, nested(65)],
        ['a cycle of arrays', /at most 64 levels/, cycle],
        ['a cycle of objects', /at most 64 levels/, ring],
    ];
    for (const [what, why, value] of refused) {
        it(`refuses ${what}`, async () => {
            expect((await rejection(() => toWire(value, 'x'), 'ERR_INVALID_INPUT')).message).to.match(why);
        });
    }
    it('takes 64 levels', () => {
        expect(() => toWire(nested(64), 'x')).to.not.throw();
    });
});
describe('arguments on the wire', () => {
    it('go by position, and a default stays undefined', () => {
        expect(argumentsToWire([1, [tensor]], ['a', 'b'])).to.deep.equal([1, [tensor]]);
        expect(argumentsToWire([1, undefined, null], ['a', 'b', 'c'])).to.deep.equal([1, undefined, null]);
        expect(argumentsToWire([], [])).to.deep.equal([]);
    });
    it('are called by their names in messages', async () => {
        const error = await rejection(() => argumentsToWire([1, (() => 1)], ['a', 'b']), 'ERR_INVALID_INPUT');
        expect(error.message).to.match(/for b but received a function/);
    });
});
