import { execFileSync, spawn } from 'node:child_process';
import { expect } from 'chai';
import { ModelHost, Tensor } from '#dist/index.js';
import { createServer } from '#dist/server/index.js';
import { bytesOfTensor } from '#dist/protocol/binary/tensor-bytes.js';
import { datatypeOf } from '#dist/protocol/datatype.js';
import { dtypeTable } from '#dist/tensor/dtype.js';
import { seeded } from '../support/random.js';
import { fixture, root } from '../support/paths.js';
const below = seeded(15);
/** Any bits, but no NaN, whose bits a model may change. */
function tensor(dtype, ...shape) {
    const { array, bytes, kind } = dtypeTable[dtype];
    const count = shape.reduce((product, size) => product * size, 1);
    const data = new array(count);
    for (let i = 0; i < count; i++) {
        if (kind === 'bool')
            data[i] = below(2);
        else if (bytes === 8 && kind === 'int')
            data[i] = (BigInt(below(2 ** 31)) << 22n) + 1n;
        // Sixteen bits of either kind: numbers of about 1.
        else if (dtype === 'float16')
            data[i] = 0x3800 + below(0x400);
        else if (dtype === 'bfloat16')
            data[i] = 0x3f00 + below(0x80);
        else
            data[i] = kind === 'int' ? below(100) : (below(2 ** 20) - 2 ** 19) / 2 ** 18;
    }
    return new Tensor(dtype, data, shape);
}
/** Models of three engines; the datatypes that each takes. */
const files = ['torchscript/linear.pt', 'torchscript/linear_bfloat16.pt', 'torchscript/strings.pt']
    .concat(['torchscript/dict_output.pt', 'torchscript/tuple_output.pt', 'aoti/mlp.pt2', 'aoti/tokens.pt2'])
    .concat(['onnx/two.onnx', 'onnx/half.onnx', 'onnx/dtypes.onnx', 'onnx/choice.onnx']);
const nameOf = (path) => path.replace(/.*\/|\..*/g, '');
const ofDtypes = Object.fromEntries([
    'float32',
    'float64',
    'float16',
    'int8',
    'uint8',
    'int16',
    'uint16',
    'int32',
    'uint32',
    'int64',
    'uint64',
    'bool',
].map((dtype) => [`in_${dtype}`, tensor(dtype, 2, 3)]));
const given = {
    'mnist-mlp': {
        input: new Tensor('float32', Float32Array.from({ length: 2352 }, () => below(256) / 255), [3, 784]),
    },
    linear: { x: tensor('float32', 2, 4) },
    linear_bfloat16: { x: tensor('bfloat16', 2, 4) },
    strings: { text: { shape: [1], data: ['grüße, 世界'] } },
    dict_output: { x: tensor('float32', 2, 3) },
    tuple_output: { x: tensor('float32', 2, 3) },
    mlp: { input0: tensor('float32', 5, 4) },
    tokens: { ids: new Tensor('int64', BigInt64Array.of(1n, 2n, 3n, 0n), [2, 2]), mask: tensor('bool', 2, 2) },
    two: { a: tensor('float32', 3, 2), b: tensor('int64', 3, 2) },
    half: { x: tensor('float16', 6) },
    dtypes: ofDtypes,
    choice: { x: tensor('float32', 2, 4), flag: tensor('bool') },
};
/** The tensors of an answer, in order. Scalars and texts are one element each. */
function leaves(value) {
    if (value instanceof Tensor)
        return [value];
    if (typeof value === 'string')
        return [{ shape: [], data: [value] }];
    if (typeof value === 'bigint')
        return [new Tensor('int64', BigInt64Array.of(value), [])];
    if (typeof value === 'boolean')
        return [new Tensor('bool', Uint8Array.of(value ? 1 : 0), [])];
    // Of an argument that is an int; these floats have fractions.
    if (Number.isInteger(value))
        return [new Tensor('int64', BigInt64Array.of(BigInt(value)), [])];
    if (typeof value === 'number')
        return [new Tensor('float64', Float64Array.of(value), [])];
    if (value === null)
        return [];
    const items = Array.isArray(value) ? value : value instanceof Map ? [...value.values()] : Object.values(value);
    return items.flatMap(leaves);
}
const said = (name, content) => ({
    name,
    datatype: content instanceof Tensor ? datatypeOf(content.dtype) : 'BYTES',
    shape: content.shape,
    data: Buffer.from(bytesOfTensor(content)).toString('base64'),
});
describe('gRPC clients of Python', function () {
    this.timeout(240_000);
    let python;
    let host;
    let server;
    let told;
    before(async () => {
        python = execFileSync('bash', [`${root}scripts/clients/env.sh`], { encoding: 'utf8' }).trim();
        const models = files.map((path) => ({ file: fixture(path), name: nameOf(path), warmup: false }));
        host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: { maxBatchSize: 32 } }, ...models] });
        server = await createServer({ host, port: 0, grpcPort: 0, logger: false });
        const cases = await Promise.all(Object.entries(given).map(async ([model, inputs]) => {
            const args = Object.entries(inputs).map(([name, content]) => [
                name,
                content instanceof Tensor ? content : content.data[0],
            ]);
            const value = await host.model(model).run(Object.fromEntries(args));
            return {
                model,
                inputs: Object.entries(inputs).map(([name, content]) => said(name, content)),
                outputs: leaves(value).map((content) => said('', content)),
            };
        }));
        // The first is the digits' model.
        told = { cases };
    });
    after(async () => {
        await server.close();
        await host.close();
    });
    const drive = (script, port = server.grpcPort) => new Promise((resolve, reject) => {
        const child = spawn(python, [`${root}test/clients/${script}`], {
            env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
        });
        let text = '';
        child.stdout.on('data', (chunk) => (text += chunk.toString()));
        child.stderr.on('data', (chunk) => (text += chunk.toString()));
        child.once('error', reject);
        child.once('close', (code) => (code === 0 ? resolve(text) : reject(new Error(text))));
        child.stdin.end(JSON.stringify({ ...told, url: `127.0.0.1:${port}` }));
    });
    it('tritonclient drives every call that it has: bit for bit what the model gave', async () => {
        expect(await drive('grpc_tritonclient.py')).to.include('every call was answered');
    });
    it('kserve drives every call that it has, with raw and with typed inputs', async () => {
        expect(await drive('grpc_kserve.py')).to.include('every call was answered');
    });
});
