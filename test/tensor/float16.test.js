import { expect } from 'chai';
import { decodeBFloat16, decodeFloat16, encodeBFloat16, encodeFloat16 } from '#dist/tensor/float16.js';
const formats = [
    { name: 'float16', encode: encodeFloat16, decode: decodeFloat16, mantissaBits: 10, infinity: 0x7c00, nan: 0x7e00 },
    { name: 'bfloat16', encode: encodeBFloat16, decode: decodeBFloat16, mantissaBits: 7, infinity: 0x7f80, nan: 0x7fc0 },
];
/** The value by the definition of the format, written another way than the code under test. */
function byDefinition(bits, mantissaBits) {
    const exponentBits = 15 - mantissaBits;
    const bias = 2 ** (exponentBits - 1) - 1;
    const sign = bits >= 0x8000 ? -1 : 1;
    const exponent = Math.floor((bits % 0x8000) / 2 ** mantissaBits);
    const fraction = (bits % 2 ** mantissaBits) / 2 ** mantissaBits;
    if (exponent === 2 ** exponentBits - 1)
        return fraction === 0 ? sign * Infinity : NaN;
    return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}
for (const { name, encode, decode, mantissaBits, infinity, nan } of formats) {
    describe(name, () => {
        it('decodes all 65,536 bit patterns to their values and encodes them back, NaN payloads aside', () => {
            for (let bits = 0; bits < 65536; ++bits) {
                const value = decode(bits);
                if (!Object.is(value, byDefinition(bits, mantissaBits)))
                    expect.fail(`${bits.toString(16)} gave ${value}`);
                const back = encode(value);
                const wanted = Number.isNaN(value) ? nan : bits;
                if (back !== wanted)
                    expect.fail(`${value} gave ${back.toString(16)} instead of ${wanted.toString(16)}`);
            }
        });
        it('rounds halfway cases to even and everything else to the nearer, denormals included', () => {
            for (let bits = 0; bits < infinity; ++bits) {
                const low = decode(bits);
                const high = bits + 1 === infinity ? 2 ** 16 * (mantissaBits === 10 ? 1 : 2 ** 112) : decode(bits + 1);
                const middle = (low + high) / 2;
                const even = bits % 2 === 0 ? bits : bits + 1;
                const cases = [
                    [middle, even],
                    [(low + middle) / 2, bits],
                    [(high + middle) / 2, bits + 1],
                ];
                // Every one of these is a float32, or the rounding to float32 that comes first would decide.
                for (const [value, wanted] of cases) {
                    if (Math.fround(value) !== value)
                        continue;
                    if (encode(value) !== wanted)
                        expect.fail(`${value} gave ${encode(value)} instead of ${wanted}`);
                    if (encode(-value) !== wanted + 0x8000)
                        expect.fail(`${-value} gave ${encode(-value)}`);
                }
            }
        });
        it('overflows to infinity, and underflows to a zero with its sign', () => {
            for (const value of [1e39, 1e308, Infinity]) {
                expect(encode(value)).to.equal(infinity);
                expect(encode(-value)).to.equal(infinity + 0x8000);
            }
            expect(encode(Number.MIN_VALUE)).to.equal(0);
            expect(encode(-Number.MIN_VALUE)).to.equal(0x8000);
            expect(encode(-0)).to.equal(0x8000);
            expect(encode(NaN)).to.equal(nan);
        });
    });
}
describe('float16', () => {
    it('overflows from 65520 on, which is halfway to what would come next', () => {
        expect(encodeFloat16(65504)).to.equal(0x7bff);
        expect(encodeFloat16(65519)).to.equal(0x7bff);
        expect(encodeFloat16(65520)).to.equal(0x7c00);
    });
    it('rounds to float32 first, as PyTorch does', () => {
        // A little above the halfway point: float32 loses that little, and the tie then goes to even.
        expect(encodeFloat16(1 + 2 ** -11 + 2 ** -40)).to.equal(0x3c00);
    });
    it("agrees with the runtime's own Float16Array, where there is one", function () {
        const Float16 = globalThis.Float16Array;
        if (!Float16)
            this.skip();
        let state = 1;
        const values = Array.from({ length: 20_000 }, () => {
            state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
            return Math.fround(((state / 2 ** 31 - 1) * 2 ** (state % 41)) / 2 ** 24);
        });
        const { buffer } = new Float16(values);
        expect(Uint16Array.from(values, encodeFloat16)).to.deep.equal(new Uint16Array(buffer));
    });
});
