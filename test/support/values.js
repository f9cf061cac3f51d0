/** Values as the fixtures have them, and how answers are compared with them. */
import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { dtypeTable } from '#dist/tensor/dtype.js';
import { decodeBFloat16, decodeFloat16 } from '#dist/tensor/float16.js';
/** An int comes back as a number when that is exact, so that is how it is expected. */
export function decode(value) {
    if (value === null || typeof value !== 'object')
        return value;
    if (Array.isArray(value))
        return value.map(decode);
    if ('$tensor' in value) {
        const { dtype, shape, base64 } = value.$tensor;
        const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
        const { array, bytes: size } = dtypeTable[dtype];
        return new Tensor(dtype, new array(bytes.buffer, 0, bytes.byteLength / size), shape);
    }
    if ('$int' in value) {
        const exact = BigInt(value.$int);
        return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
    }
    if ('$float' in value)
        return Number(value.$float);
    if ('$tuple' in value)
        return value.$tuple.map(decode);
    const { $dict } = value;
    const entries = $dict.map(([key, item]) => [decode(key), decode(item)]);
    return entries.every(([key]) => typeof key === 'string')
        ? Object.fromEntries(entries)
        : new Map(entries);
}
/** Equal in structure, dtypes and shapes; floats within tolerance × (1 + |expected|), everything else exactly. */
export function expectValue(actual, expected, tolerance, path = 'result') {
    if (expected instanceof Tensor) {
        expect(actual, path).to.be.instanceOf(Tensor);
        const tensor = actual;
        expect(tensor.dtype, `${path}.dtype`).to.equal(expected.dtype);
        expect(tensor.shape, `${path}.shape`).to.deep.equal(expected.shape);
        const real = tensor.dtype === 'float16' ? decodeFloat16 : tensor.dtype === 'bfloat16' ? decodeBFloat16 : undefined;
        for (let i = 0; i < expected.data.length; ++i) {
            const got = tensor.data[i];
            const wanted = expected.data[i];
            if (real)
                expectNumber(real(got), real(wanted), tolerance, `${path}[${i}]`);
            else
                expectNumber(got, wanted, tolerance, `${path}[${i}]`);
        }
    }
    else if (Array.isArray(expected)) {
        expect(actual, path).to.be.an('array').with.length(expected.length);
        expected.forEach((item, i) => {
            expectValue(actual[i], item, tolerance, `${path}[${i}]`);
        });
    }
    else if (expected instanceof Map) {
        expect(actual, path).to.be.instanceOf(Map);
        const map = actual;
        expect([...map.keys()], `${path} keys`).to.deep.equal([...expected.keys()]);
        for (const [key, item] of expected)
            expectValue(map.get(key), item, tolerance, `${path}[${String(key)}]`);
    }
    else if (typeof expected === 'object' && expected !== null) {
        expect(Object.keys(actual), `${path} keys`).to.deep.equal(Object.keys(expected));
        for (const [key, item] of Object.entries(expected)) {
            expectValue(actual[key], item, tolerance, `${path}.${key}`);
        }
    }
    else if (typeof expected === 'number') {
        expectNumber(actual, expected, tolerance, path);
    }
    else {
        expect(actual, path).to.equal(expected);
    }
}
function expectNumber(actual, expected, tolerance, path) {
    if (typeof expected === 'bigint' || tolerance === 0 || !Number.isFinite(expected)) {
        expect(Object.is(actual, expected), `${path}: ${String(actual)} is ${String(expected)}`).to.equal(true);
    }
    else {
        expect(actual, path)
            .to.be.a('number')
            .closeTo(expected, tolerance * (1 + Math.abs(expected)));
    }
}
