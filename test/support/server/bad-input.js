import { gzipSync } from 'node:zlib';
/** Everything that is wrong with a prediction over `features` numbers in [0, 1], sent one by one. */
export function badInputs(features) {
    const good = new Array(features).fill(0.5);
    const wire = (first) => `{"input_data":[${[first, ...good.slice(1)].join(',')}]}`;
    const json = (body) => JSON.stringify(body);
    const invalid = { status: 422, code: 'ERR_VALIDATION' };
    const outOfRange = { status: 422, code: 'ERR_OUT_OF_RANGE', pointer: '/input_data/0' };
    const malformed = { status: 400, code: 'ERR_MALFORMED_JSON' };
    const wrongType = { ...invalid, pointer: '/input_data/0' };
    const wrongShape = { status: 422, code: 'ERR_INVALID_SHAPE', pointer: '/input_data' };
    const mediaType = { body: json({ input_data: good }), status: 415, code: 'ERR_UNSUPPORTED_MEDIA_TYPE' };
    const gzip = { 'content-encoding': 'gzip' };
    const deep = (depth) => `{"input_data":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    return [
        { name: 'one value too few', body: json({ input_data: good.slice(1) }), ...wrongShape },
        { name: 'one value too many', body: json({ input_data: [...good, 0] }), ...wrongShape },
        { name: 'a batch that the values do not fill', body: json({ input_data: good, batch_size: 2 }), ...wrongShape },
        { name: 'a string', body: wire('"0.5"'), ...wrongType },
        { name: 'null', body: wire('null'), ...wrongType },
        { name: 'a boolean', body: wire('true'), ...wrongType },
        { name: 'a nested array', body: wire('[0.5]'), ...wrongType },
        { name: '1e999', body: wire('1e999'), ...outOfRange },
        { name: '-1e999', body: wire('-1e999'), ...outOfRange },
        { name: '1e39', body: wire('1e39'), ...outOfRange },
        { name: 'above the range', body: wire('1.0001'), ...outOfRange },
        { name: 'below the range', body: wire('-0.0001'), ...outOfRange },
        { name: 'the token NaN', body: wire('NaN'), ...malformed },
        { name: 'the token Infinity', body: wire('Infinity'), ...malformed },
        { name: 'cut JSON', body: '{"input_data":[0.5,', ...malformed },
        { name: 'a trailing comma', body: '{"input_data":[0.5,]}', ...malformed },
        { name: 'no body', body: '', ...malformed },
        { name: 'bytes that are not UTF-8', body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), ...malformed },
        { name: 'nesting of 101 levels', body: deep(101), ...malformed },
        { name: 'nesting of 250,000 levels', body: deep(250_000), ...malformed },
        { name: 'nesting of 100 levels', body: deep(100), ...wrongType },
        { name: 'the body null', body: 'null', ...invalid, pointer: '' },
        { name: 'a body that is an array', body: json([good]), ...invalid, pointer: '' },
        { name: 'an empty object', body: '{}', ...invalid, pointer: '/input_data' },
        { name: 'no values', body: '{"input_data":[]}', ...invalid, pointer: '/input_data' },
        { name: 'values that are no array', body: '{"input_data":"0.5"}', ...invalid, pointer: '/input_data' },
        { name: 'an unknown member', body: json({ input_data: good, extra: 1 }), ...invalid, pointer: '/extra' },
        { name: '__proto__', body: '{"__proto__":{"polluted":1},"input_data":[1]}', ...invalid, pointer: '/__proto__' },
        { name: 'constructor', body: '{"constructor":{"a":1},"input_data":[1]}', ...invalid, pointer: '/constructor' },
        ...['0', '-1', '129', '1.5', '"1"', 'null', '1e999', '[1]'].map((size) => ({
            name: `batch_size ${size}`,
            body: `{"input_data":[1],"batch_size":${size}}`,
            ...invalid,
            pointer: '/batch_size',
        })),
        ...['1', 'null', '""', json('v'.repeat(129))].map((version) => ({
            name: `model_version ${version.slice(0, 8)}`,
            body: `{"input_data":[1],"model_version":${version}}`,
            ...invalid,
            pointer: '/model_version',
        })),
        ...['v9.9', '../v1.0', '__proto__', 'v1.0\u0000'].map((version) => ({
            // Of a wrong length too: the version is decided first.
            name: `unknown version ${json(version)}`,
            body: json({ input_data: [0], model_version: version }),
            status: 404,
            code: 'ERR_VERSION_NOT_FOUND',
        })),
        { name: 'text/plain', headers: { 'content-type': 'text/plain' }, ...mediaType },
        { name: 'no content type', headers: { 'content-type': '' }, ...mediaType },
        { name: 'a form', headers: { 'content-type': 'application/x-www-form-urlencoded' }, ...mediaType },
        { name: 'charset latin1', headers: { 'content-type': 'application/json; charset=latin1' }, ...mediaType },
        { name: 'content-encoding br', headers: { 'content-encoding': 'br' }, ...mediaType },
        { name: 'gzip twice', headers: { 'content-encoding': 'gzip, gzip' }, ...mediaType },
        { name: 'gzip that is not', body: json({ input_data: good }), headers: gzip, status: 400, code: 'ERR_BAD_REQUEST' },
        {
            name: 'cut gzip',
            body: gzipSync(json({ input_data: good })).subarray(0, 20),
            headers: gzip,
            status: 400,
            code: 'ERR_BAD_REQUEST',
        },
        {
            name: 'a gzip bomb',
            body: gzipSync(Buffer.alloc(20 * 2 ** 20, ' ')),
            headers: gzip,
            status: 413,
            code: 'ERR_PAYLOAD_TOO_LARGE',
        },
        { name: 'more than 4 MiB', body: ' '.repeat(4 * 2 ** 20 + 1), status: 413, code: 'ERR_PAYLOAD_TOO_LARGE' },
        ...['0', '-1', 'soon', '1.5', '0x10', '1e3', ''].map((limit) => ({
            name: `X-Request-Timeout-Ms "${limit}"`,
            body: json({ input_data: good }),
            headers: { 'x-request-timeout-ms': limit },
            status: 400,
            code: 'ERR_BAD_REQUEST',
        })),
    ];
}
