var __addDisposableResource = (this && this.__addDisposableResource) || function (env, value, async) {
    if (value !== null && value !== void 0) {
        if (typeof value !== "object" && typeof value !== "function") throw new TypeError("Object expected.");
        var dispose, inner;
        if (async) {
            if (!Symbol.asyncDispose) throw new TypeError("Symbol.asyncDispose is not defined.");
            dispose = value[Symbol.asyncDispose];
        }
        if (dispose === void 0) {
            if (!Symbol.dispose) throw new TypeError("Symbol.dispose is not defined.");
            dispose = value[Symbol.dispose];
            if (async) inner = dispose;
        }
        if (typeof dispose !== "function") throw new TypeError("Object not disposable.");
        if (inner) dispose = function() { try { inner.call(this); } catch (e) { return Promise.reject(e); } };
        env.stack.push({ value: value, dispose: dispose, async: async });
    }
    else if (async) {
        env.stack.push({ async: true });
    }
    return value;
};
var __disposeResources = (this && this.__disposeResources) || (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
            env.hasError = true;
        }
        var r, s = 0;
        function next() {
            while (r = env.stack.pop()) {
                try {
                    if (!r.async && s === 1) return s = 0, env.stack.push(r), Promise.resolve().then(next);
                    if (r.dispose) {
                        var result = r.dispose.call(r.value);
                        if (r.async) return s |= 2, Promise.resolve(result).then(next, function(e) { fail(e); return next(); });
                    }
                    else s |= 1;
                }
                catch (e) {
                    fail(e);
                }
            }
            if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
            if (env.hasError) throw env.error;
        }
        return next();
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});
import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { ModelHost, ModelRegistry, Tensor } from 'node-libtorch';
import { postprocessorFor } from 'node-libtorch/tasks';
import { rowModel } from '#dist/server/codec/row-model.js';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';
const recorded = JSON.parse(await readFile(fixture('tasks/encoder.json'), 'utf8'));
const spec = (name, dtype, ...shape) => ({ name, dtype, shape });
const encoderInputs = [spec('input_ids', 'int64', null, null), spec('attention_mask', 'int64', null, null)];
const encoderOutputs = [spec('tokens', 'float32', null, null, 4)];
const ids = Tensor.from(recorded.input_ids, 'int64');
const mask = Tensor.from(recorded.attention_mask, 'int64');
describe('ServedModel.predict', () => {
    let folder;
    let registry;
    const models = [];
    /** Registers a fixture under a task of its own. */
    async function add(name, file, task, inputs, outputs) {
        const bytes = await readFile(fixture(file));
        for (const kind of ['models', 'registry'])
            await mkdir(join(folder, kind, name, 'v1.0'), { recursive: true });
        await writeFile(join(folder, 'models', name, 'v1.0', 'model.pt'), bytes);
        const record = {
            ...{ schemaVersion: 1, name, version: 'v1.0', created: '2026-01-02T03:04:05Z', sourceCommit: 'a'.repeat(40) },
            engine: 'torchscript',
            artifact: {
                file: 'model.pt',
                sha256: createHash('sha256').update(bytes).digest('hex'),
                bytes: bytes.length,
            },
            framework: { torch: '2.15.0', python: '3.11' },
            ...{ signature: { inputs, outputs }, task, metrics: {}, training: { dataset: 'none' } },
        };
        await writeFile(join(folder, 'registry', name, 'v1.0', 'metadata.json'), JSON.stringify(record));
        models.push({ name, warmup: false });
    }
    let host;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), 'node-libtorch-tasks-'));
        const [x, y] = [[spec('x', 'float32', null, 4)], [spec('y', 'float32', null, 3)]];
        const labels = ['a', 'b', 'c'];
        const pictures = [[spec('pixels', 'float32', null, 3, 8, 8)], [spec('logits', 'float32', null, 2)]];
        const image = { size: 8, background: [255, 255, 255] };
        const linear = 'torchscript/linear.pt';
        await add('mean', 'tasks/encoder.pt', { type: 'embedding', pooling: 'mean', normalize: true }, encoderInputs, encoderOutputs);
        await add('cls', 'tasks/encoder.pt', { type: 'embedding', pooling: 'cls', normalize: false }, encoderInputs, encoderOutputs);
        await add('several', linear, { type: 'multi-label', activation: 'sigmoid', labels, threshold: 0.5 }, x, y);
        await add('none', linear, { type: 'multi-label', activation: 'none', labels, threshold: 0.5 }, x, y);
        await add('other', linear, { type: 'other' }, x, y);
        await add('pictures', 'tasks/pictures.pt', { type: 'classification', activation: 'softmax', labels: ['red', 'blue'], image }, ...pictures);
        registry = await ModelRegistry.open({ registryDir: join(folder, 'registry'), modelsDir: join(folder, 'models') });
        host = await ModelHost.open({ registry, models: [...models, { file: fixture(linear), name: 'bare' }] });
    });
    after(async () => {
        await host?.close();
        await rm(folder, { recursive: true });
    });
    const embeddings = async (name, args) => (await host.model(name).predict(args)).embeddings;
    const compare = (got, wanted) => {
        expect(got.shape).to.deep.equal([wanted.length, wanted[0].length]);
        for (const [i, value] of wanted.flat().entries())
            expect(Number(got.data[i])).to.be.closeTo(value, 1e-6);
    };
    it('pools and normalises as PyTorch recorded it, arguments by name or in order', async () => {
        compare(await embeddings('mean', { attention_mask: mask, input_ids: ids }), recorded.mean);
        compare(await embeddings('mean', [ids, mask]), recorded.mean);
        compare(await embeddings('cls', [ids, mask]), recorded.cls);
    });
    it('answers labels with the functions of node-libtorch/tasks', async () => {
        const served = host.model('several');
        const x = Tensor.from([
            [1, 2, 3, 4],
            [-4, -3, -2, -1],
        ]);
        const { timings, ...answer } = await served.predict(x);
        expect(answer).to.deep.equal(postprocessorFor(served.record.task)(await served.run(x)));
        expect(answer.rows).to.have.length(2);
        expect(timings.runMs).to.be.greaterThan(0);
    });
    it('takes encoded images where the record says how they become an input', async () => {
        const [red, blue] = await Promise.all([
            { r: 255, g: 0, b: 0 },
            { r: 0, g: 0, b: 255 },
        ].map((background) => sharp({ create: { width: 20, height: 10, channels: 3, background } })
            .jpeg()
            .toBuffer()));
        const served = host.model('pictures');
        const { rows } = (await served.predict([red, blue]));
        expect(rows.map(([best]) => best.label)).to.deep.equal(['red', 'blue']);
        expect(rows[0][0].score).to.be.closeTo(1 / (1 + Math.exp(-4)), 0.01);
        const one = (await served.predict(blue, { topK: 1 }));
        expect(one.rows).to.have.length(1);
        expect(one.rows[0]).to.have.length(1);
        await rejection(() => served.predict(Buffer.from('nothing')), 'ERR_INVALID_IMAGE');
        await rejection(() => served.predict(red, { maxPixels: 199 }), 'ERR_OUT_OF_RANGE');
        await rejection(() => served.predict(red, { timeoutMs: 1e-6 }), 'ERR_TIMEOUT');
        const stop = AbortSignal.abort(new Error('nobody waits'));
        expect(await served.predict(red, { signal: stop }).catch((error) => error)).to.equal(stop.reason);
    });
    it('answers the digit model as /predict does', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_1, await ModelHost.open({ models: [{ name: 'mnist-mlp' }], warmupBatchSizes: [1] }), true);
            const served = digits.model();
            const values = Float32Array.from({ length: 784 * 2 }, (_, i) => (i % 29) / 28);
            const { predictions, confidenceScores } = await rowModel(served).predict({ rows: values, batchSize: 2 });
            const { rows } = (await served.predict(new Tensor('float32', values, [2, 784]), {
                topK: 10,
            }));
            expect(rows.map(([best]) => best.index)).to.deep.equal(predictions);
            for (const [i, row] of rows.entries()) {
                expect(row[0].score).to.be.closeTo(confidenceScores[i], 1e-6);
                expect(row.reduce((sum, { score }) => sum + score, 0)).to.be.closeTo(1, 1e-5);
            }
        }
        catch (e_1) {
            env_1.error = e_1;
            env_1.hasError = true;
        }
        finally {
            const result_1 = __disposeResources(env_1);
            if (result_1)
                await result_1;
        }
    });
    it('takes the task of a file without a record from its host', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const labels = ['a', 'b', 'c'];
            const file = fixture('torchscript/linear.pt');
            const own = __addDisposableResource(env_2, await ModelHost.open({ models: [{ file, name: 'mine', task: { type: 'multi-label', labels } }] }), true);
            const x = Tensor.from([[1, 2, 3, 4]]);
            const { timings: _, ...answer } = await own.model().predict(x);
            const { timings: __, ...registered } = await host.model('several').predict(x);
            expect(answer).to.deep.equal(registered);
            expect(own.model().task).to.deep.equal({ type: 'multi-label', activation: 'sigmoid', threshold: 0.5, labels });
            const open = (task) => ModelHost.open({ models: [{ file, task: task, warmup: false }] });
            for (const [task, what] of [
                [{ type: 'nothing' }, 'one of classification'],
                [{ type: 'classification' }, 'labels'],
                [{ type: 'classification', labels, activation: 'sigmoid' }, '/task/activation'],
                [{ type: 'classification', labels, extra: 1 }, '/task/extra'],
                [{ type: 'classification', labels: [] }, '/task/labels'],
                [{ type: 'classification', labels, image: { size: 0 } }, '/task/image/size'],
            ]) {
                expect((await rejection(() => open(task), 'ERR_INVALID_ARGUMENT')).message, what).to.include(what);
            }
            await rejection(() => ModelHost.open({ models: [{ name: 'x', task: { type: 'other' } }] }), 'ERR_INVALID_ARGUMENT');
        }
        catch (e_2) {
            env_2.error = e_2;
            env_2.hasError = true;
        }
        finally {
            const result_2 = __disposeResources(env_2);
            if (result_2)
                await result_2;
        }
    });
    it('numbers the classes of a file that says how many there are', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const file = fixture('onnx/linear.onnx');
            const own = __addDisposableResource(env_3, await ModelHost.open({ models: [{ file, task: { type: 'classification' }, warmup: false }] }), true);
            const { task, signature } = own.model();
            const classes = signature?.outputs[0]?.shape?.at(-1);
            expect(task).to.deep.include({ type: 'classification', activation: 'softmax' });
            expect(task.labels).to.deep.equal([...Array(classes).keys()].map(String));
            // More or fewer than there are is a mistake.
            const wrong = { type: 'classification', labels: ['only'] };
            await rejection(() => ModelHost.open({ models: [{ file, task: wrong, warmup: false }] }), 'ERR_INVALID_ARGUMENT');
        }
        catch (e_3) {
            env_3.error = e_3;
            env_3.hasError = true;
        }
        finally {
            const result_3 = __disposeResources(env_3);
            if (result_3)
                await result_3;
        }
    });
    it('decodes no image for a caller that gave up while it waited', async () => {
        const picture = await sharp({ create: { width: 20, height: 10, channels: 3, background: 'red' } })
            .png()
            .toBuffer();
        const served = host.model('pictures');
        const stop = new AbortController();
        const reason = new Error('gone');
        const calls = Array.from({ length: 8 }, () => served.predict(picture, { signal: stop.signal }).catch((error) => error));
        const other = served.predict(picture);
        stop.abort(reason);
        expect(await Promise.all(calls)).to.deep.equal(Array(8).fill(reason));
        expect((await other).rows).to.have.length(1);
    });
    it('refuses other tasks, inputs and options', async () => {
        const x = Tensor.from([[1, 2, 3, 4]]);
        for (const name of ['other', 'bare'])
            await rejection(() => host.model(name).predict(x), 'ERR_TASK');
        const several = host.model('several');
        await rejection(() => several.predict(Buffer.alloc(4)), 'ERR_TASK');
        await rejection(() => several.predict(Tensor.from([[1, 2]])), 'ERR_INVALID_SHAPE');
        await rejection(() => several.predict(x, { topK: 2 }), 'ERR_INVALID_ARGUMENT');
        const pictures = host.model('pictures');
        const pixels = new Tensor('float32', new Float32Array(192), [1, 3, 8, 8]);
        for (const topK of [0, 3, 1.5])
            await rejection(() => pictures.predict(pixels, { topK }), 'ERR_OUT_OF_RANGE');
        const empty = Tensor.from([
            [0, 0, 0, 0],
            [1, 1, 0, 0],
        ], 'int64');
        // Before the run: afterwards nothing would tell it from a fault of the model.
        const runs = [];
        host.on('run', ({ outcome }) => runs.push(outcome));
        await rejection(() => host.model('mean').predict([ids, empty]), 'ERR_OUT_OF_RANGE');
        await rejection(() => host.model('mean').predict({ input_ids: ids, attention_mask: empty }), 'ERR_OUT_OF_RANGE');
        expect(runs).to.deep.equal([]);
        await rejection(() => host.model('mean').predict([ids]), 'ERR_INVALID_INPUT');
    });
    it('says that the model is to blame for an output that cannot be its task’s', async () => {
        const nan = Tensor.from([[NaN, 0, 0, 0]]);
        await rejection(() => host.model('several').predict(nan), 'ERR_BAD_OUTPUT');
        await rejection(() => host.model('none').predict(Tensor.from([[100, 100, -100, 100]])), 'ERR_BAD_OUTPUT');
    });
});
