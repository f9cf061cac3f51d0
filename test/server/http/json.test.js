import { expect } from 'chai';
import { jsonFaultPosition } from '#dist/server/http/json-fault.js';
import { parseJson } from '#dist/server/http/json.js';
describe('JSON of a request', () => {
    const faults = [
        ['', 0],
        ['nul', 0],
        ['[1,2', 4],
        ['[1 2]', 3],
        ['[01]', 2],
        ['[1.]', 2],
        ['[+1]', 1],
        ['[.5]', 1],
        ['[1e]', 2],
        ['[NaN]', 1],
        ['[-]', 1],
        ['[-Infinity]', 1],
        ['{"a":1,}', 7],
        ['{"a" 1}', 5],
        ['{a:1}', 1],
        ["['a']", 1],
        ['"\\x"', 1],
        ['"\\u12"', 1],
        ['"a\tb"', 2],
        ['"open', 5],
        ['[1]x', 3],
        ['[1]]', 3],
        ['\ufeff[1]', 0],
    ];
    for (const [text, position] of faults) {
        it(`finds the fault of ${JSON.stringify(text)} at ${position}`, () => {
            expect(() => JSON.parse(text)).to.throw();
            expect(jsonFaultPosition(text)).to.equal(position);
        });
    }
    it('finds none where there is none', () => {
        for (const value of [null, true, -0.5e-7, 'a\n"\\\u0000é', [], {}, [[1, { a: [] }]], { '': ' ' }]) {
            const text = JSON.stringify(value, null, 1);
            expect(jsonFaultPosition(text)).to.equal(text.length);
        }
    });
    it('finds a fault behind megabytes', () => {
        const text = `["${'a'.repeat(8 * 2 ** 20)}",]`;
        expect(jsonFaultPosition(text)).to.equal(text.length - 1);
    });
    it('counts nesting outside of strings only', () => {
        const brackets = JSON.stringify({ text: '[{'.repeat(1000) + '"\\' });
        expect(parseJson(Buffer.from(brackets)))
            .to.have.property('text')
            .with.length(2002);
        const wide = `[${'[],'.repeat(1000)}[]]`;
        expect(parseJson(Buffer.from(wide))).to.have.length(1001);
    });
    it('makes own members of dangerous names, and nothing else', () => {
        const value = parseJson(Buffer.from('{"__proto__":{"polluted":1}}'));
        expect(Object.hasOwn(value, '__proto__')).to.equal(true);
        expect('polluted' in {}).to.equal(false);
    });
});
