import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { digitModel, fixture, onnx, root } from '../../support/paths.js';
import { ask, digitBody, serveProcess } from '../../support/server/serve-process.js';
const record = JSON.parse(readFileSync(`${root}model-registry/mnist-mlp/v1.0/metadata.json`, 'utf8'));
describe('node-libtorch serve of several models', function () {
    this.timeout(120_000);
    let folder;
    let server;
    before(() => {
        folder = mkdtempSync(join(tmpdir(), 'node-libtorch-several-'));
        for (const version of ['v1.0', 'v1.1']) {
            cpSync(`${root}models/mnist-mlp/v1.0`, join(folder, 'models/mnist-mlp', version), { recursive: true });
            cpSync(`${root}model-registry/mnist-mlp/v1.0`, join(folder, 'registry/mnist-mlp', version), { recursive: true });
            writeFileSync(join(folder, `registry/mnist-mlp/${version}/metadata.json`), JSON.stringify({ ...record, version }));
        }
        cpSync(digitModel, join(folder, 'my model.pt'));
    });
    after(() => rmSync(folder, { recursive: true }));
    afterEach(async () => {
        server?.child.kill('SIGKILL');
        await server?.ended;
        server = undefined;
    });
    const folders = () => ['--registry', join(folder, 'registry'), '--models', join(folder, 'models')];
    const start = (...args) => (server = serveProcess(args));
    const settings = (content) => {
        const path = join(folder, 'settings.json');
        writeFileSync(path, JSON.stringify(content));
        return path;
    };
    const json = async (path, body) => {
        const answer = await ask(await server.port(), path, body ? { body: Buffer.from(JSON.stringify(body)) } : {});
        return { status: answer.status, body: JSON.parse(answer.body) };
    };
    const inputs = (name, datatype, shape, data) => ({
        inputs: [{ name, datatype, shape, data }],
    });
    it('serves files of three engines and two versions of the registry, each at its URL', async () => {
        start('mnist-mlp@v1.1', 'mnist-mlp@v1.0', `digits=${join(folder, 'my model.pt')}`, fixture('aoti/mlp.pt2'), onnx('linear'), ...folders());
        const ready = await server.seen('ready', 5);
        const names = ready.map(({ model, version }) => `${String(model)} ${String(version)}`);
        expect(names).to.deep.equal(['mnist-mlp v1.1', 'mnist-mlp v1.0', 'digits 1', 'mlp 1', 'linear 1']);
        const url = await server.url();
        expect(ready.map(({ modelUrl }) => modelUrl)).to.include(`${url}/v2/models/mnist-mlp/versions/v1.0`);
        const predicted = await ask(await server.port(), '/predict', { body: digitBody });
        expect(predicted.status).to.equal(200);
        expect(predicted.headers).to.include({ 'x-model-name': 'mnist-mlp', 'x-model-version': 'v1.1' });
        for (const { model, version, modelUrl } of ready) {
            const { status, body } = await json(new URL(String(modelUrl)).pathname);
            expect({ status, name: body.name }).to.deep.equal({ status: 200, name: model });
            expect(body.versions, String(model)).to.include(version);
        }
        const image = inputs('input', 'FP32', [1, 784], Array(784).fill(0.5));
        const answers = await Promise.all(['mnist-mlp', 'mnist-mlp/versions/v1.0', 'digits', 'digits/versions/1'].map((model) => json(`/v2/models/${model}/infer`, model.startsWith('digits') ? renamed(image, 'INPUT__0') : image)));
        const outputs = answers.map(({ body }) => body.outputs[0]?.data);
        expect(outputs[0]).to.have.length(10);
        for (const output of outputs)
            expect(output).to.deep.equal(outputs[0]);
        const missing = await json('/v2/models/mnist-mlp/versions/v9/infer', image);
        expect(missing.status).to.equal(404);
        server.child.kill('SIGTERM');
        expect(await server.ended).to.deep.equal([0, null]);
    });
    it('serves what the settings file says, each model with its own settings', async () => {
        const config = settings({
            registryDir: 'registry',
            modelsDir: 'models',
            maxBatchSize: 8,
            models: [
                { name: 'digits', file: 'my model.pt', batching: 'off' },
                { name: 'mnist-mlp', versions: ['v1.0', 'v1.1'], maxBatchSize: 4 },
                { name: 'other', file: 'my model.pt', version: '2.0-beta', warmup: 'off' },
            ],
        });
        start('--config', config);
        const ready = await server.seen('ready', 4);
        const facts = ready.map(({ model, version, maxBatchSize }) => ({ model, version, maxBatchSize }));
        expect(facts).to.deep.equal([
            { model: 'digits', version: '1', maxBatchSize: 1 },
            { model: 'mnist-mlp', version: 'v1.0', maxBatchSize: 4 },
            { model: 'mnist-mlp', version: 'v1.1', maxBatchSize: 4 },
            { model: 'other', version: '2.0-beta', maxBatchSize: 1 },
        ]);
        const { body } = await json('/v2/models/digits');
        expect(body).to.include({ name: 'digits' });
        server.child.kill('SIGTERM');
        expect(await server.ended).to.deep.equal([0, null]);
    });
    it('takes the settings of a model that is named as an argument', async () => {
        const config = settings({ models: { digits: { file: 'my model.pt' }, 'mnist-mlp': { maxBatchSize: 4 } } });
        start('mnist-mlp@v1.1', '--config', config, ...folders());
        const [ready] = await server.seen('ready');
        expect(ready).to.include({ model: 'mnist-mlp', version: 'v1.1', maxBatchSize: 4 });
        expect(server.of('ready')).to.have.length(1);
    });
    it('serves the settings file of docs/serving.md', async () => {
        const page = readFileSync(`${root}docs/serving.md`, 'utf8');
        const shown = JSON.parse(/```json\n(\{[^]*?\n\})\n```/.exec(page)?.[1] ?? '');
        cpSync(digitModel, join(folder, 'model.pt'));
        start('--config', settings(shown), ...folders());
        const ready = await server.seen('ready', 3);
        const facts = ready.map(({ model, version, maxBatchSize }) => [model, version, maxBatchSize].join(' '));
        expect(facts).to.deep.equal(['mnist-mlp v1.0 16', 'digits 1 1', 'digits 2 1']);
        expect((await json('/v2/models/digits/versions/2')).status).to.equal(200);
    });
    it('ends when a model cannot be loaded, and says which', async () => {
        start('mnist-mlp@v1.0', `broken=${fixture('torchscript/truncated.pt')}`, ...folders());
        expect(await server.ended).to.deep.equal([1, null]);
        const [line] = server.of('could not start');
        expect((line?.['err']).message).to.include('broken 1');
    });
    it('serves the others with --exit-on-model-error=false, and names the one that failed', async () => {
        const broken = `broken=${fixture('torchscript/truncated.pt')}`;
        start(broken, 'mnist-mlp@v1.0', ...folders(), '--exit-on-model-error=false');
        const [failed] = await server.seen('model is not served');
        expect(failed).to.include({ model: 'broken', version: '1', code: 'ERR_MODEL_FORMAT' });
        expect(server.of('ready').map(({ model }) => model)).to.deep.equal(['mnist-mlp']);
        const image = inputs('input', 'FP32', [1, 784], Array(784).fill(0.5));
        expect((await json('/v2/models/mnist-mlp/infer', image)).status).to.equal(200);
        expect((await json('/v2/models/broken/infer', image)).status).to.be.oneOf([404, 503]);
    });
    it('ends with --exit-on-model-error=false, too, when no model can be loaded', async () => {
        start(fixture('torchscript/truncated.pt'), fixture('torchscript/plain_zip.pt'), '--exit-on-model-error=false');
        expect(await server.ended).to.deep.equal([1, null]);
    });
});
const renamed = ({ inputs: [input] }, name) => ({ inputs: [{ ...input, name }] });
