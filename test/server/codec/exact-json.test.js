import { expect } from 'chai';
import { parseExactJson } from '#dist/server/codec/exact-json.js';
import { requireModest } from '#dist/server/codec/json-size.js';
import { caught } from '../../support/caught.js';
import { seeded } from '../../support/random.js';
const parse = (text, nonFinite = false) => parseExactJson(Buffer.from(text), { nonFinite });
describe('JSON with exact integers', () => {
    it('keeps integers beyond 2^53, and makes nothing else of other numbers', () => {
        expect(parse('[9007199254740993,-9223372036854775808, 18446744073709551615]')).to.deep.equal([
            9007199254740993n,
            -9223372036854775808n,
            18446744073709551615n,
        ]);
        expect(parse('{"a":{"b":[1,1234567890123456]}}')).to.deep.equal({ a: { b: [1, 1234567890123456] } });
        for (const number of [
            '0.12345678901234567890',
            '1.5e1234567890123456',
            '1e+1234567890123456',
            '-0.1234567890123456e-7',
            '12345678901234567890.5',
        ]) {
            expect(parse(`[${number}]`), number).to.deep.equal([Number(number)]);
        }
        expect(parse('[1234567890123456e2]')).to.deep.equal([123456789012345600]);
    });
    it('leaves strings alone, whatever is in them', () => {
        for (const text of [
            '9007199254740993',
            'NaN',
            '\\"9007199254740993',
            '\\\\',
            ' [9007199254740993] ',
            'é9007199254740993Infinity',
        ]) {
            const json = `{"${text}":["${text}",9007199254740993]}`;
            const wanted = JSON.parse(json);
            const key = Object.keys(wanted)[0] ?? '';
            expect(parse(json, true), json).to.deep.equal({ [key]: [wanted[key]?.[0], 9007199254740993n] });
        }
        expect(parse('["\\u00009007199254740993x", 9007199254740993]')).to.deep.equal([
            '\u00009007199254740993x',
            9007199254740993n,
        ]);
    });
    it('takes NaN and the infinities only where it is told to', () => {
        expect(parse('[NaN, -Infinity, Infinity, 1]', true)).to.deep.equal([NaN, -Infinity, Infinity, 1]);
        for (const text of ['[NaN]', '[Infinity]', '[-Infinity]'])
            caught(() => parse(text), 'ERR_MALFORMED_JSON');
        for (const text of ['[-NaN]', '[+Infinity]', '[NaNs]', '[xNaN]', '[nan]', '{NaN:1}', 'NaN 1']) {
            caught(() => parse(text, true), 'ERR_MALFORMED_JSON');
        }
        expect(parse('NaN', true)).to.deep.equal(NaN);
    });
    it('refuses what JSON.parse refuses', () => {
        for (const text of [
            '',
            '[9007199254740993',
            '[09007199254740993]',
            '[--9007199254740993]',
            '["9007199254740993]',
            '[1e]',
        ]) {
            caught(() => parse(text, true), 'ERR_MALFORMED_JSON');
        }
        caught(() => parse(`${'['.repeat(101)}9007199254740993`), 'ERR_MALFORMED_JSON');
    });
    it('is JSON.parse for texts without such numbers', () => {
        const random = seeded(3);
        for (let i = 0; i < 300; i++) {
            const value = Array.from({ length: 5 }, () => [
                random(1e15),
                (random(1e9) / 1e9) * 10 ** (random(30) - 20),
                `${random(99)}"\\`,
            ]);
            expect(parse(JSON.stringify(value))).to.deep.equal(value);
        }
    });
    // A pattern that looks again behind each quote takes hours for these; one pass takes milliseconds, so the limit of a test holds.
    it('takes one pass over texts that are made to take many', () => {
        const size = 2 ** 21;
        for (const text of [
            '"'.repeat(size),
            '\\"'.repeat(size),
            '"\\'.repeat(size),
            '9'.repeat(size),
            '-'.repeat(size),
            '[NaN,'.repeat(2 ** 15),
        ]) {
            caught(() => parse(`[NaN, 9007199254740993, "${text}`, true), 'ERR_MALFORMED_JSON');
            caught(() => parse(`[NaN, 9007199254740993, ${text}`, true), 'ERR_MALFORMED_JSON');
        }
        expect(parse(`[${'9'.repeat(size)}]`)).to.deep.equal([Infinity]);
        caught(() => parse(`[${'NaN,'.repeat(2 ** 16)}NaN]`, true), 'ERR_PAYLOAD_TOO_LARGE');
    });
});
describe('how much a JSON text holds', () => {
    const modest = (text) => requireModest(Buffer.from(text));
    it('is asked before it is parsed', () => {
        modest(`[${'[0],'.repeat(2 ** 17 - 2)}[0]]`);
        modest(JSON.stringify({ a: '[{:'.repeat(2 ** 18), b: [`\\"[`, { c: 1 }] }));
        for (const text of ['[0],', '{},', '[],', '['])
            caught(() => modest(`[${text.repeat(2 ** 17)}`), 'ERR_PAYLOAD_TOO_LARGE');
        caught(() => modest(`{${'"a":1,'.repeat(2 ** 17 + 1)}`), 'ERR_PAYLOAD_TOO_LARGE');
    });
});
