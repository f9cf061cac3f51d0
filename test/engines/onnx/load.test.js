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
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadModel, Tensor, TorchError } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { fixture, onnx } from '../../support/paths.js';
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
describe('loading ONNX', function () {
    this.timeout(60_000);
    let folder;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), 'node-libtorch-onnx-'));
    });
    afterEach(() => rm(folder, { recursive: true }));
    const written = async (bytes, name = 'model.onnx') => {
        const path = join(folder, name);
        await writeFile(path, bytes);
        return path;
    };
    describe('refuses', () => {
        const types = {
            ...{ bfloat16: 'bfloat16', complex64: 'complex64', float8: 'float8e4m3fn', int4: 'int4' },
            ...{ sequence: 'a sequence', optional: 'an optional', map: 'a map', sparse: 'a sparse tensor' },
        };
        for (const [name, said] of Object.entries(types)) {
            it(`${name} inputs or outputs`, async () => {
                const { message } = await rejection(() => loadModel(onnx(`refused_${name}`)), 'ERR_UNSUPPORTED_TYPE');
                expect(message)
                    .to.include(said)
                    .and.match(/(input x|output y) is/);
            });
        }
        it('an operator and an opset that ONNX Runtime does not know', async () => {
            expect((await rejection(() => loadModel(onnx('unknown_operator')), 'ERR_MODEL_LOAD')).message).to.include('NoSuchOperator');
            await rejection(() => loadModel(onnx('unknown_opset')), 'ERR_MODEL_LOAD');
        });
        it('devices and precisions that are not there', async () => {
            const env_1 = { stack: [], error: void 0, hasError: false };
            try {
                await rejection(() => loadModel(onnx('linear'), { device: 'cuda' }), 'ERR_DEVICE_UNAVAILABLE');
                await rejection(() => loadModel(onnx('linear'), { device: 'cuda:1' }), 'ERR_DEVICE_UNAVAILABLE');
                await rejection(() => loadModel(onnx('linear'), { device: 'tpu' }), 'ERR_INVALID_ARGUMENT');
                await rejection(() => loadModel(onnx('linear'), { precision: 'fp16' }), 'ERR_PRECISION_UNSUPPORTED');
                await rejection(() => loadModel(onnx('linear'), { precision: 'bf16' }), 'ERR_PRECISION_UNSUPPORTED');
                await rejection(() => loadModel(onnx('half'), { precision: 'fp32' }), 'ERR_PRECISION_UNSUPPORTED');
                const model = __addDisposableResource(env_1, await loadModel(onnx('linear'), { precision: 'fp32', device: 'cpu' }), true);
                expect(model.info.precision).to.equal('fp32');
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
        it('a file of PyTorch’s', async () => {
            const torch = await readFile(fixture('torchscript/linear.pt'));
            const { message } = await rejection(async () => loadModel(await written(torch)), 'ERR_MODEL_FORMAT');
            expect(message).to.include('zip');
        });
    });
    it('refuses every truncation, and lives through every flipped bit, with a coded error or a model', async () => {
        const bytes = await readFile(onnx('linear'));
        for (let length = 1; length < bytes.length; length += 17) {
            const error = await loadModel(await written(bytes.subarray(0, length))).catch((reason) => reason);
            expect(error, `${length} bytes`).to.be.instanceOf(TorchError);
            expect(error.code).to.be.oneOf(['ERR_MODEL_FORMAT', 'ERR_MODEL_LOAD', 'ERR_UNSUPPORTED_TYPE']);
        }
        for (let at = 0; at < bytes.length; at += 5) {
            const flipped = Buffer.from(bytes);
            flipped[at] = flipped[at] ^ (1 << (at % 8));
            const outcome = await loadModel(await written(flipped)).catch((reason) => reason);
            if (outcome instanceof Error)
                expect(outcome, `byte ${at}`).to.be.instanceOf(TorchError);
            else
                await outcome[Symbol.asyncDispose]();
        }
    });
    describe('external data', () => {
        const withLocation = async (location) => {
            const bytes = await readFile(onnx('external'));
            const at = bytes.indexOf('weights.bin');
            expect(location).to.have.length('weights.bin'.length);
            bytes.write(location, at, 'latin1');
            return written(bytes);
        };
        const inFolder = async () => {
            await copyFile(fixture('onnx/weights.bin'), join(folder, 'weights.bin'));
            return written(await readFile(onnx('external')));
        };
        it('is read from beside the model, whatever the current directory, and reported', async () => {
            const env_2 = { stack: [], error: void 0, hasError: false };
            try {
                const path = await inFolder();
                const model = __addDisposableResource(env_2, await loadModel(path), true);
                const weights = await readFile(fixture('onnx/weights.bin'));
                expect(model.info.externalFiles).to.deep.equal([{ name: 'weights.bin', bytes: 48, sha256: sha256(weights) }]);
                expect(model.info.parameterBytes).to.equal(60);
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
        for (const location of ['../hts1.bin', '/etc/passwd', 'a/../../w.b', 'a\\weight.bi', 'C:weights.b', '*/_ORT_M/_*', 'weights.b\0n']) {
            it(`outside of the model's folder is refused: ${JSON.stringify(location)}`, async () => {
                const path = await withLocation(location);
                await rejection(() => loadModel(path), 'ERR_UNSAFE_ARCHIVE');
            });
        } // prettier-ignore
        it('of a graph within the graph is refused: ONNX Runtime would look for it in the current directory', async () => {
            await copyFile(fixture('onnx/weights.bin'), join(folder, 'weights.bin'));
            await rejection(async () => loadModel(await written(await readFile(onnx('external_inside')))), 'ERR_UNSAFE_ARCHIVE');
        });
        it('is not taken from a file of that name in the current directory', async () => {
            const env_3 = { stack: [], error: void 0, hasError: false };
            try {
                const path = await inFolder();
                const x = new Tensor('float32', Float32Array.of(1, 2, 3, 4), [1, 4]);
                const here = __addDisposableResource(env_3, await loadModel(path), true);
                const wanted = (await here.run(x)).toArray();
                const elsewhere = join(folder, 'elsewhere');
                await mkdir(elsewhere);
                await writeFile(join(elsewhere, 'weights.bin'), new Uint8Array(48));
                const before = process.cwd();
                process.chdir(elsewhere);
                try {
                    const env_4 = { stack: [], error: void 0, hasError: false };
                    try {
                        const model = __addDisposableResource(env_4, await loadModel(path), true);
                        expect((await model.run(x)).toArray()).to.deep.equal(wanted);
                    }
                    catch (e_3) {
                        env_4.error = e_3;
                        env_4.hasError = true;
                    }
                    finally {
                        const result_3 = __disposeResources(env_4);
                        if (result_3)
                            await result_3;
                    }
                }
                finally {
                    process.chdir(before);
                }
            }
            catch (e_4) {
                env_3.error = e_4;
                env_3.hasError = true;
            }
            finally {
                const result_4 = __disposeResources(env_3);
                if (result_4)
                    await result_4;
            }
        });
        it('behind a symbolic link is refused', async () => {
            await symlink(fixture('onnx/weights.bin'), join(folder, 'weights.bin'));
            await rejection(async () => loadModel(await written(await readFile(onnx('external')))), 'ERR_UNSAFE_ARCHIVE');
        });
        it('that is missing or too short is refused', async () => {
            const path = await inFolder();
            await truncate(join(folder, 'weights.bin'), 47);
            expect((await rejection(() => loadModel(path), 'ERR_MODEL_FORMAT')).message).to.include('48 bytes');
            await rm(join(folder, 'weights.bin'));
            await rejection(() => loadModel(path), 'ERR_MODEL_LOAD');
        });
        it('needs a digest of its own where the model has one', async () => {
            const env_5 = { stack: [], error: void 0, hasError: false };
            try {
                const path = await inFolder();
                const model = sha256(await readFile(path));
                const weights = sha256(await readFile(join(folder, 'weights.bin')));
                await rejection(() => loadModel(path, { sha256: model }), 'ERR_INTEGRITY');
                const wrong = { 'weights.bin': model };
                await rejection(() => loadModel(path, { sha256: model, externalSha256: wrong }), 'ERR_INTEGRITY');
                const loaded = __addDisposableResource(env_5, await loadModel(path, { sha256: model, externalSha256: { 'weights.bin': weights } }), true);
                expect(loaded.info.sha256).to.equal(model);
                await rejection(() => loadModel(path, { externalSha256: { 'weights.bin': 'x' } }), 'ERR_INVALID_ARGUMENT');
            }
            catch (e_5) {
                env_5.error = e_5;
                env_5.hasError = true;
            }
            finally {
                const result_5 = __disposeResources(env_5);
                if (result_5)
                    await result_5;
            }
        });
    });
});
