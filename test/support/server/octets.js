import { gzipSync } from 'node:zlib';
export const octetStream = { 'content-type': 'application/octet-stream' };
/** Numbers as a body of raw float32. */
export function octets(values) {
    return Buffer.from(Float32Array.from(values).buffer);
}
/** Everything that is wrong with a prediction over raw `features` numbers in [0, 1]. `query` goes behind the path. */
export function badOctets(features) {
    const good = new Array(features).fill(0.5);
    const wrongShape = { status: 422, code: 'ERR_INVALID_SHAPE', pointer: '/input_data' };
    const first = (value) => octets([value, ...good.slice(1)]);
    const last = { pointer: `/input_data/${features - 1}` };
    const outOfRange = { status: 422, code: 'ERR_OUT_OF_RANGE', pointer: '/input_data/0' };
    const query = { body: octets(good), status: 422, code: 'ERR_VALIDATION' };
    const unknown = { body: octets([0]), status: 404, code: 'ERR_VERSION_NOT_FOUND' };
    const inputs = [
        { name: 'no bytes', body: '', ...wrongShape },
        { name: 'a byte too few', body: octets(good).subarray(1), ...wrongShape },
        { name: 'a byte too many', body: Buffer.concat([octets(good), Buffer.alloc(1)]), ...wrongShape },
        { name: 'a number too few', body: octets(good.slice(1)), ...wrongShape },
        { name: 'a row and a half', body: octets([...good, ...good.slice(features / 2)]), ...wrongShape },
        { name: '129 rows', body: Buffer.concat(new Array(129).fill(octets(good))), ...wrongShape },
        { name: 'JSON', body: JSON.stringify({ input_data: good, a: 'x' }), ...wrongShape },
        { name: 'NaN', body: first(NaN), status: 422, code: 'ERR_NOT_FINITE', pointer: '/input_data/0' },
        { name: 'Infinity', body: first(Infinity), ...outOfRange },
        { name: '-Infinity', body: first(-Infinity), ...outOfRange },
        { name: 'above the range', body: first(1.0001), ...outOfRange },
        { name: 'below the range', body: first(-1e-30), ...outOfRange },
        { name: 'a last number out of range', body: octets([...good.slice(1), 2]), ...outOfRange, ...last },
        { name: 'another query', query: '?model_versions=v1.0', ...query },
        { name: 'batch_size in the query', query: '?model_version=v1.0&batch_size=1', ...query },
        { name: 'a version twice', query: '?model_version=v1.0&model_version=v1.0', ...query },
        { name: 'an empty version', query: '?model_version=', ...query },
        { name: 'a version of 129 characters', query: `?model_version=${'v'.repeat(129)}`, ...query },
        // Of a wrong length too: the version is decided first.
        { name: 'an unknown version', query: '?model_version=v9.9', ...unknown },
        { name: 'a version with %00', query: '?model_version=v1.0%00', ...unknown },
        {
            name: 'gzip that is not',
            body: octets(good),
            headers: { 'content-encoding': 'gzip' },
            status: 400,
            code: 'ERR_BAD_REQUEST',
        },
        {
            name: 'a gzip bomb',
            body: gzipSync(Buffer.alloc(65 * 2 ** 20)),
            headers: { 'content-encoding': 'gzip' },
            status: 413,
            code: 'ERR_PAYLOAD_TOO_LARGE',
        },
        { name: 'more than 64 MiB', body: Buffer.alloc(64 * 2 ** 20 + 4), status: 413, code: 'ERR_PAYLOAD_TOO_LARGE' },
    ];
    return inputs.map((input) => ({ ...input, headers: { ...octetStream, ...input.headers } }));
}
