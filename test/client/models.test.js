// The rule follows a recursive type without end.
/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment */
import { basename, extname } from 'node:path';
import { expect } from 'chai';
import { InferenceClient, InferenceConnectionError, InferenceServerError, Tensor, } from '#dist/client/index.js';
import { ModelHost } from '#dist/index.js';
import { createServer } from '#dist/server/index.js';
import { isContainer, childrenOf } from '#dist/tensor/value.js';
import { fixture } from '../support/paths.js';
import { recordedCases } from '../support/recorded.js';
import { until } from '../support/server/http.js';
import { keptLogger } from '../support/server/logs.js';
/** Files of every engine: 1 to 4 inputs; every dtype; strings; dicts and tuples; with and without a signature. */
const files = {
    torchscript: [
        ...[
            'linear.pt',
            'linear_float16.pt',
            'linear_bfloat16.pt',
            'linear_float64.pt',
            'dict_output.pt',
            'tuple_output.pt',
        ],
        ...['dtypes.pt', 'conv2d.pt', 'unsigned.pt', 'divide.pt', 'dynamic.pt', 'layouts.pt', 'named_tuple.pt'],
    ],
    onnx: [
        'linear.onnx',
        'half.onnx',
        'dtypes.onnx',
        'two.onnx',
        'gather.onnx',
        'fixed.onnx',
        'scalar.onnx',
        'rankless.onnx',
    ],
    aoti: ['mlp.pt2', 'dtypes.pt2', 'tokens.pt2', 'conv.pt2', 'scalar.pt2', 'elementwise.pt2'],
};
const nameOf = (folder, file) => `${folder}-${basename(file, extname(file))}`;
const cases = Object.entries(files).flatMap(([folder, names]) => recordedCases(folder)
    .filter(({ file, calls }) => names.includes(basename(file)) && calls.length === 1 && calls[0].method === 'forward')
    .map((one) => ({ ...one, folder, call: one.calls[0] }))
    .filter(({ call }) => call.error === undefined));
const ways = [
    { name: 'JSON', protocol: 'http', options: { binary: false } },
    { name: 'binary', protocol: 'http', options: {} },
    { name: 'binary, gzip', protocol: 'http', options: { compression: 'gzip' } },
    { name: 'gRPC', protocol: 'grpc', options: {} },
    { name: 'gRPC, gzip', protocol: 'grpc', options: { compression: 'gzip' } },
];
/** What a server answers: tensors, strings, and scalars as tensors of one element. */
function flat(value) {
    if (value === null)
        return [];
    return isContainer(value) ? childrenOf(value).flatMap(flat) : [value];
}
const bytesOf = (tensor) => ({
    dtype: tensor.dtype,
    shape: [...tensor.shape],
    bytes: Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength).toString('hex'),
});
function comparable(value) {
    if (!(value instanceof Tensor))
        return typeof value === 'string' ? value : Number(value);
    return isScalar(value) ? Number(value.item()) : bytesOf(value);
}
const isScalar = ({ dtype, shape }) => shape.length === 0 && ['int64', 'float64', 'bool'].includes(dtype);
const rows = (name) => Object.fromEntries([[name, [[1, 2, 3, 4]]]]);
/** The inputs of a call as a client names them; undefined where one of them has no name on a server. */
function inputsOf(args, names) {
    const entries = Array.isArray(args)
        ? args.map((value, i) => [names[i] ?? '', value])
        : Object.entries(args);
    const isNamed = entries.every(([name, value]) => names.includes(name) && value instanceof Tensor);
    return isNamed ? Object.fromEntries(entries) : undefined;
}
describe('a client of the real server, over every engine', function () {
    this.timeout(120_000);
    let host;
    let server;
    let clients;
    before(async () => {
        const models = Object.entries(files).flatMap(([folder, names]) => names.map((file) => ({ name: nameOf(folder, file), file: fixture(`${folder}/${file}`) })));
        host = await ModelHost.open({ models, warmupBatchSizes: [1] });
        server = await createServer({ host, port: 0, grpcPort: 0, logger: keptLogger().logger });
        clients = {
            http: new InferenceClient(server.url),
            grpc: new InferenceClient(`grpc://127.0.0.1:${server.grpcPort}`),
        };
    });
    after(async () => {
        for (const client of Object.values(clients ?? {}))
            client.close();
        await server?.close();
        await host?.close();
    });
    for (const { name: way, protocol, options } of ways) {
        it(`over ${way}: every answer is that of model.run, bit for bit`, async () => {
            let compared = 0;
            for (const { name, file, folder, call } of cases) {
                const model = nameOf(folder, file);
                const served = host.model(model);
                const names = served.model.signature?.inputs.map((input) => input.name) ?? [];
                for (const args of call.ways(names)) {
                    const inputs = inputsOf(args, names);
                    if (!inputs)
                        continue;
                    const { value } = await served.execute('forward', inputs);
                    const { outputs, modelName } = await clients[protocol].model(model).infer(inputs, options);
                    const said = Object.values(outputs).flatMap((output) => flat(output));
                    expect(said.map(comparable), `${model} ${name}`).to.deep.equal(flat(value).map(comparable));
                    expect(modelName).to.equal(model);
                    compared++;
                }
            }
            expect(compared).to.be.above(40);
        });
    }
    it('converts nested arrays by the metadata of the server', async () => {
        for (const client of Object.values(clients)) {
            const model = client.model('onnx-linear');
            const { inputs } = await model.metadata();
            const { outputs } = await model.infer(rows(inputs[0].name));
            const value = await host.model('onnx-linear').execute('forward', [Tensor.from([[1, 2, 3, 4]])]);
            expect(Object.values(outputs).flatMap(flat).map(comparable)).to.deep.equal(flat(value.value).map(comparable));
            const flatArray = await model.infer({ [inputs[0].name]: Float32Array.of(1, 2, 3, 4) });
            expect(flatArray.tensor().toArray()).to.deep.equal(Object.values(outputs)[0].toArray());
        }
    });
    it('tells the same of the server over both protocols', async () => {
        const about = async (client) => {
            const model = client.model('torchscript-linear');
            const { model_transaction_policy: policy, ...config } = await model.config();
            const { name, version, extensions } = await client.metadata();
            // Over gRPC there is nothing else than bytes.
            const same = extensions.filter((extension) => extension !== 'binary_tensor_data');
            return {
                ...{ live: await client.isLive(), ready: await client.isReady(), server: [name, version, same] },
                ...{ models: await client.models(), modelReady: await model.isReady(), metadata: await model.metadata() },
                ...{
                    none: await client.model('none').isReady(),
                    config: [config.name, config.max_batch_size, policy?.decoupled],
                },
                statistics: (await model.statistics()).map(({ name, version }) => [name, version]),
                all: (await client.statistics()).length,
            };
        };
        const http = await about(clients.http);
        expect(await about(clients.grpc)).to.deep.equal(http);
        expect(http).to.include({ live: true, ready: true, modelReady: true, none: false, all: host.list().length });
    });
    it('ends every bad call with a code, and answers the next good one', async () => {
        const x = Tensor.from([[1, 2, 3, 4]]);
        for (const client of Object.values(clients)) {
            const model = client.model('onnx-linear');
            const input = (await model.metadata()).inputs[0].name;
            const bad = [
                [() => client.model('none').infer({ [input]: x }), 'ERR_MODEL_NOT_FOUND'],
                [() => client.model('onnx-linear', '99').infer({ [input]: x }), 'ERR_VERSION_NOT_FOUND'],
                [() => model.infer({ nothing: x }), 'ERR_INVALID_INPUT'],
                [() => model.infer({ [input]: x, more: x }), 'ERR_INVALID_INPUT'],
                [() => model.infer({}), 'ERR_INVALID_INPUT'],
                [() => model.infer({ [input]: Tensor.from([[1, 2]]) }), 'ERR_INVALID_SHAPE'],
                [() => model.infer({ [input]: Tensor.from([[1n, 2n, 3n, 4n]]) }), 'ERR_INVALID_DTYPE'],
                [() => model.infer({ [input]: x }, { outputs: ['none'] }), 'ERR_INVALID_INPUT'],
                [() => client.load('onnx-linear'), '4xx or 501'],
            ];
            for (const [call, code] of bad) {
                const error = await call().then(() => expect.fail(`${client.protocol}: no ${code}`), (caught) => caught);
                expect(error, `${client.protocol} ${code}`).to.be.an.instanceOf(InferenceServerError);
                if (code === '4xx or 501')
                    expect([404, 501]).to.include(error.status);
                else
                    expect(error, error.message).to.have.property('code', code);
                expect((await model.infer({ [input]: x })).tensor().shape).to.deep.equal([1, 3]);
            }
        }
    });
    it('streams over gRPC: many requests, their ids, one after the other', async () => {
        const rows = Array.from({ length: 20 }, (_, i) => Tensor.from([[i, 1, 2, 3]]));
        const model = clients.grpc.model('torchscript-linear');
        const got = [];
        const requests = rows.map((x, i) => ({ inputs: { x }, id: `r${i}` }));
        for await (const result of model.stream(requests))
            got.push([result.id, result.tensor().toArray()]);
        const wanted = await Promise.all(rows.map(async (x, i) => [
            `r${i}`,
            (await clients.http.model('torchscript-linear').infer({ x })).tensor().toArray(),
        ]));
        expect(got).to.have.deep.members(wanted);
    });
    it('ends a stream that the caller leaves, that fails, or whose requests fail', async () => {
        const model = clients.grpc.model('torchscript-linear');
        const x = Tensor.from([[1, 2, 3, 4]]);
        let given = 0;
        let ended = false;
        async function* endless() {
            try {
                for (;;) {
                    yield { inputs: { x }, id: String(given++) };
                    await new Promise(setImmediate);
                }
            }
            finally {
                ended = true;
            }
        }
        for await (const result of model.stream(endless())) {
            expect(result.id).to.equal('0');
            break;
        }
        await until('the requests are no longer asked for', () => ended);
        const failing = (async () => {
            for await (const _ of model.stream([{ inputs: { x } }, { inputs: { y: x } }]))
                void _;
        })();
        expect(await failing.catch((error) => error)).to.be.an.instanceOf(InferenceServerError);
        const own = new Error('no more');
        async function* broken() {
            yield { inputs: { x } };
            throw own;
        }
        const broke = (async () => {
            for await (const _ of model.stream(broken()))
                void _;
        })();
        expect(await broke.catch((error) => error)).to.equal(own);
        const aborter = new AbortController();
        const aborted = (async () => {
            for await (const _ of model.stream(endless(), { signal: aborter.signal }))
                aborter.abort(own);
        })();
        expect(await aborted.catch((error) => error)).to.equal(own);
        expect((await model.infer({ x })).tensor().shape).to.deep.equal([1, 3]);
    });
    it('is not there: over gRPC as over HTTP', async () => {
        const client = new InferenceClient('grpc://127.0.0.1:1', { retries: 1, timeoutMs: 10_000 });
        const error = await client.isLive().catch((caught) => caught);
        expect(error).to.be.an.instanceOf(InferenceConnectionError);
        client.close();
    });
});
