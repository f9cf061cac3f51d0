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
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, ModelHost, ModelRegistry, runtime, Tensor } from 'node-libtorch';
import { isClose } from '#dist/model/row-compare.js';
import { fixture, root } from '../../support/paths.js';
const x = Tensor.from([
    [0.5, -1, 2, 0.25],
    [1, 2, 3, 4],
]);
const { bfloat16 } = await runtime.info();
describe('precision', () => {
    const why = bfloat16 ? '' : ' (skipped: this CPU has neither AVX512_BF16 nor AMX)';
    it(`bf16 answers as fp32 does, within 1e-2, in float32 and in its own dtype${why}`, async function () {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            if (!bfloat16)
                this.skip();
            const exact = __addDisposableResource(env_1, await loadModel(fixture('torchscript/linear.pt'), { device: 'cpu' }), true);
            const expected = await exact.run(x);
            for (const [outputDtype, dtype] of [
                ['float32', 'float32'],
                ['native', 'bfloat16'],
            ]) {
                const env_2 = { stack: [], error: void 0, hasError: false };
                try {
                    const options = { device: 'cpu', precision: 'bf16', outputDtype };
                    const model = __addDisposableResource(env_2, await loadModel(fixture('torchscript/linear.pt'), options), true);
                    const y = await model.run(x);
                    expect(y.dtype).to.equal(dtype);
                    expect(isClose(y.toFloat32(), expected, { absolute: 0, relative: 1e-2 })).to.equal(true);
                    expect(model.info.precision).to.equal('bf16');
                    expect(model.info.parameterBytes).to.equal(exact.info.parameterBytes / 2);
                }
                catch (e_1) {
                    env_2.error = e_1;
                    env_2.hasError = true;
                }
                finally {
                    const result_1 = __disposeResources(env_2);
                    if (result_1)
                        await result_1;
                }
            }
        }
        catch (e_2) {
            env_1.error = e_2;
            env_1.hasError = true;
        }
        finally {
            const result_2 = __disposeResources(env_1);
            if (result_2)
                await result_2;
        }
    });
    it('fp32 of a half-precision model: inputs of any float dtype, outputs float32, twice the bytes', async () => {
        for (const file of ['linear_float16.pt', 'linear_bfloat16.pt']) {
            const env_3 = { stack: [], error: void 0, hasError: false };
            try {
                const half = __addDisposableResource(env_3, await loadModel(fixture(`torchscript/${file}`), { device: 'cpu' }), true);
                const full = __addDisposableResource(env_3, await loadModel(fixture(`torchscript/${file}`), { device: 'cpu', precision: 'fp32' }), true);
                expect(full.info.parameterBytes).to.equal(2 * half.info.parameterBytes);
                const dtype = file.includes('bfloat16') ? 'bfloat16' : 'float16';
                const expected = (await half.run(Tensor.from(x.toArray(), dtype))).toFloat32();
                for (const input of ['float32', 'float64', 'float16', 'bfloat16']) {
                    const y = await full.run(Tensor.from(x.toArray(), input));
                    expect(y.dtype).to.equal('float32');
                    expect(isClose(y, expected, { absolute: 0, relative: 1e-2 }), `${file} ${input}`).to.equal(true);
                }
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
        }
    });
    it('a record’s tolerance decides whether rows count as independent', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'node-libtorch-tolerance-'));
        try {
            const verdictWith = async (tolerance) => {
                const env_4 = { stack: [], error: void 0, hasError: false };
                try {
                    const registry = await registryWith(folder, tolerance);
                    const host = __addDisposableResource(env_4, await ModelHost.open({ registry, models: [{ name: 'mixing', batching: {} }] }), true);
                    return host.model().queue !== undefined;
                }
                catch (e_4) {
                    env_4.error = e_4;
                    env_4.hasError = true;
                }
                finally {
                    const result_4 = __disposeResources(env_4);
                    if (result_4)
                        await result_4;
                }
            };
            expect(await verdictWith(undefined), 'the default').to.equal(false);
            expect(await verdictWith({ auto: { absolute: 1e9, relative: 0 } }), 'of the precision').to.equal(true);
            expect(await verdictWith({ fp32: { absolute: 1e9, relative: 0 } }), 'fp32 stands for auto').to.equal(true);
            expect(await verdictWith({ bf16: { absolute: 1e9, relative: 0 } }), 'of another precision').to.equal(false);
        }
        finally {
            await rm(folder, { recursive: true });
        }
    });
});
/** A registry whose one model mixes the rows of a batch. */
async function registryWith(folder, tolerance) {
    const artifact = fixture('torchscript/row_mixing.pt');
    const bytes = await readFile(artifact);
    const digits = JSON.parse(await readFile(`${root}model-registry/mnist-mlp/v1.0/metadata.json`, 'utf8'));
    const record = {
        ...digits,
        name: 'mixing',
        artifact: { file: 'model.pt', sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length },
        signature: {
            inputs: [{ name: 'x', dtype: 'float32', shape: [null, 4] }],
            outputs: [{ name: 'y', dtype: 'float32', shape: [null, 4] }],
        },
        task: { type: 'other' },
        inputStatistics: undefined,
        tolerance,
    };
    const [registryDir, modelsDir] = [join(folder, 'registry'), join(folder, 'models')];
    for (const dir of [registryDir, modelsDir])
        await mkdir(join(dir, 'mixing/v1.0'), { recursive: true });
    await writeFile(join(registryDir, 'mixing/v1.0/metadata.json'), JSON.stringify(record));
    await cp(artifact, join(modelsDir, 'mixing/v1.0/model.pt'));
    return ModelRegistry.open({ registryDir, modelsDir });
}
