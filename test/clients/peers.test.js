/** Our client against servers of others, as they come from PyPI: MLServer, and KServe's Python server. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { InferenceClient, InferenceServerError, Tensor } from '#dist/client/index.js';
import { root } from '../support/paths.js';
const environment = (script) => execFileSync('bash', [join(root, 'scripts/clients', script)], { encoding: 'utf8', maxBuffer: 1 << 26 }).trim();
/** Ports that are free now: both servers want to be told theirs. */
async function freePorts(count) {
    const servers = await Promise.all(Array.from({ length: count }, async () => {
        const server = createServer().listen(0, '127.0.0.1');
        await once(server, 'listening');
        return server;
    }));
    const ports = servers.map((server) => server.address().port);
    await Promise.all(servers.map((server) => once(server.close(), 'close')));
    return ports;
}
const quiet = { stdio: ['ignore', 'ignore', 'pipe'] };
const peers = [
    {
        name: 'MLServer',
        start(folder, [http, grpc, metrics]) {
            const python = environment('mlserver-env.sh');
            cpSync(join(root, 'test/clients/peers/mlserver'), folder, { recursive: true });
            mkdirSync(join(folder, 'model'));
            const settings = { host: '127.0.0.1', http_port: http, grpc_port: grpc, metrics_port: metrics };
            writeFileSync(join(folder, 'settings.json'), JSON.stringify({ ...settings, metrics_endpoint: null, parallel_workers: 0, debug: false }));
            const inputs = [
                { name: 'x', datatype: 'FP32', shape: [-1, 3] },
                { name: 'n', datatype: 'INT64', shape: [-1] },
                { name: 's', datatype: 'BYTES', shape: [-1] },
            ];
            const outputs = inputs.map((input) => ({ ...input, name: `out_${input.name}` }));
            const model = {
                name: 'doubler',
                implementation: 'runtime.Doubler',
                parameters: { version: 'v1' },
                inputs,
                outputs,
            };
            writeFileSync(join(folder, 'model/model-settings.json'), JSON.stringify(model));
            const command = 'import sys; from mlserver.cli import main; sys.argv = ["mlserver", "start", "."]; main()';
            return spawn(python, ['-c', command], { ...quiet, cwd: folder, env: { ...process.env, PYTHONPATH: folder } });
        },
        streams: true,
        exact: undefined,
        versions: 'v1',
    },
    {
        name: 'kserve.ModelServer',
        start(folder, [http, grpc]) {
            const script = join(root, 'test/clients/peers/kserve_server.py');
            return spawn(environment('env.sh'), [script, String(http), String(grpc)], { ...quiet, cwd: folder });
        },
        streams: false,
        exact: { binary: true },
        versions: '',
    },
];
const elements = (tensor) => [...tensor.data];
for (const { name, start, streams, exact, versions } of peers) {
    describe(`our client and ${name}`, function () {
        this.timeout(240_000);
        let folder;
        let child;
        let clients;
        before(async () => {
            folder = mkdtempSync(join(tmpdir(), 'node-libtorch-peer-'));
            const ports = await freePorts(3);
            child = start(folder, ports);
            let said = '';
            child.stderr?.on('data', (text) => (said = `${said}${text.toString()}`.slice(-4000)));
            clients = [
                new InferenceClient(`http://127.0.0.1:${ports[0]}`),
                new InferenceClient(`grpc://127.0.0.1:${ports[1]}`),
            ];
            const ended = once(child, 'exit').then(() => {
                throw new Error(`${name} ended: ${said}`);
            });
            const ready = Promise.all(clients.map((client) => client.waitUntilReady({ model: 'doubler', timeoutMs: 120_000 })));
            await Promise.race([ready, ended]);
            ended.catch(() => undefined);
        });
        after(async () => {
            for (const client of clients ?? [])
                client.close();
            if (child?.exitCode === null) {
                child.kill('SIGKILL');
                await once(child, 'exit');
            }
            rmSync(folder, { recursive: true });
        });
        const eachClient = (title, test) => {
            for (const [i, protocol] of ['http', 'grpc'].entries()) {
                it(`${title}, over ${protocol}`, () => test(clients[i]));
            }
        };
        eachClient('health and metadata', async (client) => {
            expect(await client.isLive()).to.equal(true);
            expect(await client.isReady()).to.equal(true);
            expect((await client.metadata()).name).to.be.a('string').that.is.not.empty;
            expect((await client.model('doubler').metadata()).name).to.equal('doubler');
            expect(await client.model('doubler').isReady()).to.equal(true);
            if (client.protocol === 'http' || streams) {
                expect((await client.models()).map((model) => model.name)).to.deep.equal(['doubler']);
            }
        });
        eachClient('numbers, exactly', async (client) => {
            const model = client.model('doubler');
            const { outputs, modelName, modelVersion, id } = await model.infer({ x: [[1, -2.5, 3]] }, { id: 'one' });
            expect(elements(outputs['out_x'])).to.deep.equal([2, -5, 6]);
            expect({ modelName, modelVersion, id }).to.deep.equal({
                modelName: 'doubler',
                modelVersion: versions,
                id: 'one',
            });
            const many = await model.infer({ x: new Float32Array([1, 2, 3]), n: [2n ** 60n + 1n, -1n] }, { timeoutMs: 60_000 });
            expect(elements(many.tensor('out_x'))).to.deep.equal([2, 4, 6]);
            expect(elements(many.tensor('out_n'))).to.deep.equal([2n ** 61n + 2n, -2n]);
            const large = Float32Array.from({ length: 150_000 }, (_, i) => i / 7);
            const doubled = await model.infer({ x: new Tensor('float32', large, [50_000, 3]) });
            expect(doubled.tensor().data).to.deep.equal(large.map((value) => value * 2));
        });
        eachClient('strings', async (client) => {
            const { outputs } = await client.model('doubler').infer({ s: ['ab', 'ü€😀', ''] });
            expect([outputs['out_s']].flat(9)).to.deep.equal(['AB', 'Ü€😀', '']);
        });
        eachClient('half floats', async (client) => {
            const result = await client.model('doubler').infer({ h: Tensor.from([1, 2], 'float16') });
            expect(elements(result.tensor())).to.deep.equal([0x4000, 0x4400]);
        });
        if (exact) {
            it('bytes, which it takes but does not say so', async () => {
                const x = Tensor.from([NaN, -0, Infinity, 1e-40]);
                const { data } = (await clients[0].model('doubler').infer({ x }, exact)).tensor();
                expect([...data]).to.deep.equal([NaN, -0, Infinity, Math.fround(1e-40) * 2]);
            });
        }
        eachClient('errors', async (client) => {
            const error = await client
                .model('none')
                .infer({ x: Tensor.from([1]) })
                .catch((caught) => caught);
            expect(error).to.be.an.instanceOf(InferenceServerError);
            expect(error).to.include({ code: 'ERR_MODEL_NOT_FOUND', status: 404 });
        });
        if (streams) {
            it('a stream', async () => {
                const got = [];
                for await (const result of clients[1].model('doubler').stream([{ inputs: { x: [[1, 2, 3]] }, id: 'a' }])) {
                    got.push([result.id, elements(result.tensor())]);
                }
                expect(got).to.deep.equal([['a', [2, 4, 6]]]);
            });
        }
    });
}
