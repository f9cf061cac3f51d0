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
/** P3: values of other realms (vm, Jest) are what they are, at every public function; and the package runs inside one. */
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { expect } from 'chai';
import { BatchQueue, float32ToFloat16, loadModel, ModelHost, runtime, Tensor } from 'node-libtorch';
import { imageToTensor, softmax } from 'node-libtorch/tasks';
import { scrub } from '#dist/monitoring/scrub.js';
import { isError, warnOf } from '#dist/errors.js';
import { toJson } from '#dist/cli/output.js';
import { node } from '../support/child.js';
import { fixture } from '../support/paths.js';
import { rejection } from '../support/errors.js';
const context = createContext({ Buffer, bytes: readFileSync(fixture('torchscript/linear.pt')) });
/** What an expression is in the other realm. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what it is, only the caller knows
const foreign = (expression) => runInContext(expression, context);
describe('values of another realm', () => {
    const data = foreign('new Float32Array([1, 2, 3, 4])');
    const x = () => new Tensor('float32', data, foreign('[1, 4]'));
    it('are foreign to instanceof, which is what this is about', () => {
        expect(data).to.not.be.instanceOf(Float32Array);
        expect(foreign('[]')).to.not.be.instanceOf(Array);
        expect(foreign('new Map()')).to.not.be.instanceOf(Map);
    });
    it('make tensors: data, shapes, nested arrays, JSON', () => {
        expect(x().toArray()).to.deep.equal([[1, 2, 3, 4]]);
        expect(Tensor.from(foreign('[[1, 2], [3, 4]]')).shape).to.deep.equal([2, 2]);
        expect(Tensor.zeros(foreign('[2, 3]')).shape).to.deep.equal([2, 3]);
        expect(Tensor.full(foreign('[2]'), 1n).toArray()).to.deep.equal([1n, 1n]);
        expect(x().reshape(foreign('[2, -1]')).shape).to.deep.equal([2, 2]);
        const json = foreign('({ dtype: "int64", shape: [2], data: [1, "9223372036854775807"] })');
        expect(Tensor.fromJSON(json).toArray()).to.deep.equal([1n, 9223372036854775807n]);
        expect([...float32ToFloat16(data)]).to.deep.equal([0x3c00, 0x4000, 0x4200, 0x4400]);
        expect(softmax(x()).shape).to.deep.equal([1, 4]);
    });
    it('load models: options, bytes, an ArrayBuffer, a digest, a signal', async () => {
        const options = foreign('({ engine: "torchscript", device: "cpu" })');
        for (const source of ['new Uint8Array(bytes)', 'new Uint8Array(bytes).buffer', 'bytes']) {
            const env_1 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_1, await loadModel(foreign(source), options), true);
                expect((await model.run(x())).shape).to.deep.equal([1, 3]);
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
        }
        await rejection(() => loadModel(foreign('new Float32Array(4)'), options), 'ERR_INVALID_ARGUMENT');
    });
    it('are arguments: arrays, objects, Maps, options', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await loadModel(fixture('torchscript/linear.pt')), true);
            const args = foreign('[]');
            args.push(x());
            expect((await model.run(args, foreign('({ timeoutMs: 60000 })'))).shape).to.deep.equal([1, 3]);
            const named = foreign('({})');
            named['x'] = x();
            expect((await model.call('forward', named)).shape).to.deep.equal([1, 3]);
            await model.warmup({ example: args, batchSizes: foreign('[1, 2]') });
            const queue = __addDisposableResource(env_2, new BatchQueue(model, foreign('({ maxBatchSize: 4, rowIndependent: true })')), true);
            expect((await queue.run(x(), foreign('({ priority: 1 })'))).shape).to.deep.equal([1, 3]);
            const dicts = __addDisposableResource(env_2, await loadModel(fixture('torchscript/int_keys.pt')), true);
            const { name } = dicts.info.methods[0];
            const map = foreign('new Map()');
            for (const key of [1, 2])
                map.set(key, Tensor.from([key]));
            const own = new Map(map);
            const answer = async (given) => dicts.call(name, [given]).then((value) => JSON.stringify(toJson(value)), (error) => error.message);
            expect(await answer(map)).to.equal(await answer(own));
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
    it('open a host, and ask it', async () => {
        const options = foreign('({ models: [{ name: "linear", warmup: false }] })');
        options.models[0].file = fixture('torchscript/linear.pt');
        const host = await ModelHost.open(options);
        expect((await host.model('linear').run(x())).shape).to.deep.equal([1, 3]);
        await host.close();
        // Encoded images are known by what they are: they are refused as such, and not as arguments.
        const digits = await ModelHost.open({ models: [{ name: 'mnist-mlp' }] });
        const image = foreign('new Uint8Array(4)');
        for (const input of [image, [image], new Uint8Array(4)]) {
            const { message } = await rejection(() => digits.model().predict(input), 'ERR_TASK');
            expect(message).to.include('for encoded images');
        }
        await digits.close();
    });
    it('are bytes of images', async () => {
        const given = { file: readFileSync(fixture('images/rgb.png')) };
        const other = foreign('new Uint8Array(100000)').subarray(0, given.file.length);
        other.set(given.file);
        const options = { size: [2, 2] };
        const [own, same] = await Promise.all([given.file, other].map((bytes) => imageToTensor(bytes, options)));
        expect(same.toArray()).to.deep.equal(own.toArray());
    });
    it('are settings, and errors that are logged', async () => {
        await rejection(() => {
            runtime.configure(foreign('({ intraOpThreads: 0 })'));
        }, 'ERR_INVALID_ARGUMENT');
        const error = foreign('new RangeError("there", { cause: new Error("before") })');
        expect(isError(error)).to.equal(true);
        const own = new RangeError('there', { cause: new Error('before') });
        const plain = (thrown) => JSON.parse(JSON.stringify(scrub({ err: thrown }), (key, v) => (key === 'stack' ? '' : v)));
        expect(plain(error)).to.deep.equal(plain(own));
        const kinds = ['new Map([[1, "secret"]])', 'new Set(["secret"])', 'new Uint8Array(8)', 'new ArrayBuffer(8)'];
        for (const kind of kinds)
            expect(JSON.stringify(scrub({ given: foreign(kind) }))).to.not.include('secret');
        expect(scrub({ given: foreign('new ArrayBuffer(8)') })).to.deep.equal(scrub({ given: new ArrayBuffer(8) }));
        const warned = new Promise((resolve) => process.once('warning', resolve));
        warnOf(error);
        expect((await warned).message).to.include('there');
    });
    it('print as ours do', () => {
        const map = foreign('new Map([["a", 1]])');
        expect(toJson(map)).to.deep.equal([['a', 1]]);
    });
});
describe('the package inside another realm, as Jest runs it', () => {
    it('loads, runs, batches, serves and fails as elsewhere', async () => {
        const script = ['test/faults/children/in-context.mjs', 'test/faults/children/context-script.mjs'];
        const { code, stdout, stderr } = await node(['--no-warnings', '--experimental-vm-modules', ...script], {}, 110_000);
        expect(code, stderr).to.equal(0);
        const { missing, ...found } = JSON.parse(stdout);
        expect(missing[0]).to.equal('ERR_MODEL_LOAD');
        expect(missing[1]).to.include('No such file');
        const engine = (wrong) => [
            [2, 3],
            [2, 3],
            true,
            2,
            'float32',
            'Error: given up',
            wrong,
            'ERR_DISPOSED',
        ];
        expect(found).to.deep.equal({
            isForeign: true,
            pt: engine('ERR_MODEL_EXECUTION'),
            pt2: engine('ERR_INVALID_SHAPE'),
            onnx: engine('ERR_INVALID_SHAPE'),
            bytes: [
                [2, 3],
                [2, 3],
                [2, 3],
                [2, 3],
            ],
            dict: 'none',
            softmax: [[0.5, 0.5]],
            devices: true,
            host: [2, 3],
            server: 200,
        });
    }).timeout(120_000);
});
