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
/** Compiled packages that change their buffers: known at the load, left alone by warm-up, never shared by two runs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BatchQueue, loadModel, ModelHost, Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';
import { recordedCases } from '../support/recorded.js';
import { compiled, entriesIn, scratch } from '../support/repack.js';
import { expectValue } from '../support/values.js';
import { zip } from '../support/zip.js';
const folder = 'faults/state-pt2';
const file = (name) => fixture(`${folder}/${name}.pt2`);
const callsOf = (name) => recordedCases(folder).find((recorded) => recorded.name === name)?.calls ?? [];
/** PyTorch's answers, run after run on one model. */
async function expectAnswers(model, name, between) {
    for (const { ways, expected, tolerance } of callsOf(name)) {
        await between?.();
        expectValue(await model.call('forward', ways([])[0]), expected, tolerance);
    }
}
const exampleOf = (name) => callsOf(name)[0]?.ways([])[0];
describe('compiled packages that keep state', function () {
    this.timeout(60_000);
    const temporary = scratch();
    // A cache with index_put and a step in int64, a batch norm in training, a buffer that is exchanged with the input.
    for (const [name, buffers] of [
        ['cache', ['cache', 'step']],
        ['running', ['norm_running_mean', 'norm_running_var', 'norm_num_batches_tracked']],
        ['swap', ['last']],
    ]) {
        describe(name, () => {
            it('is known at the load, with the names of what changes', async () => {
                const env_1 = { stack: [], error: void 0, hasError: false };
                try {
                    const model = __addDisposableResource(env_1, await loadModel(file(name)), true);
                    expect(model.info.stateful).to.equal(true);
                    const named = model.info.statefulReason?.match(/buffers? (.*) when it runs/)?.[1]?.split(', ');
                    expect(named).to.have.members([...buffers]);
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
            it('is refused for two instances and for a queue', async () => {
                const env_2 = { stack: [], error: void 0, hasError: false };
                try {
                    const error = await rejection(() => loadModel(file(name), { instances: 2 }), 'ERR_STATEFUL_MODEL');
                    expect(error.message).to.include(buffers[0]);
                    const model = __addDisposableResource(env_2, await loadModel(file(name)), true);
                    await rejection(() => new BatchQueue(model, { rowIndependent: true }), 'ERR_STATEFUL_MODEL');
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
            it('answers as PyTorch, whatever is warmed up before and between', async () => {
                const env_3 = { stack: [], error: void 0, hasError: false };
                try {
                    const plain = __addDisposableResource(env_3, await loadModel(file(name)), true);
                    await expectAnswers(plain, name);
                    const warm = __addDisposableResource(env_3, await loadModel(file(name)), true);
                    const example = exampleOf(name);
                    await expectAnswers(warm, name, () => warm.warmup({ example }));
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
        });
    }
    it('a host’s own warm-up leaves the state alone', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const host = __addDisposableResource(env_4, await ModelHost.open({ models: [{ file: file('swap'), name: 'swap' }] }), true);
            const [first, second] = callsOf('swap');
            for (const { ways, expected, tolerance } of [first, second]) {
                expectValue(await host.model('swap').run(ways([])[0][0]), expected, tolerance);
            }
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
    });
    it('buffers that are only read, views of them, and inputs that are written to are no state', async () => {
        for (const name of ['reads', 'writes_input']) {
            const env_5 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_5, await loadModel(file(name), { instances: 2 }), true);
                expect(model.info.stateful, model.info.statefulReason).to.equal(false);
                expect(model.info).not.to.have.property('statefulReason');
                await expectAnswers(model, name);
                await expectAnswers(model, name);
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
        }
    });
    it('packages of an exporter that did not write it down: a second copy shows it', async () => {
        for (const name of ['elementwise', 'mlp', 'conv', 'tokens', 'nested', 'derived', 'dtypes']) {
            const env_6 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_6, await loadModel(compiled(name)), true);
                expect(model.info.stateful, `${name}: ${model.info.statefulReason ?? ''}`).to.equal(false);
            }
            catch (e_6) {
                env_6.error = e_6;
                env_6.hasError = true;
            }
            finally {
                const result_6 = __disposeResources(env_6);
                if (result_6)
                    await result_6;
            }
        }
    });
    describe('without a source and without metadata of ours', () => {
        const bare = async (name, signature, options = {}) => {
            const path = join(temporary(), `${name}.pt2`);
            writeFileSync(path, zip((await entriesIn(file(name))).filter((entry) => !/\.cpp$/.test(entry.name))));
            return loadModel(path, { ...options, signature });
        };
        const tensor = (name, dtype, shape) => ({
            name,
            dtype,
            shape,
        });
        const cache = { inputs: [tensor('x', 'float32', [2, 2]), tensor('position', 'int64', [2])], outputs: [] };
        it('runs on made-up inputs show what changes, on a copy', async () => {
            const env_7 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_7, await bare('cache', cache), true);
                expect(model.info.statefulReason).to.match(/changes its buffers when it runs/);
                await expectAnswers(model, 'cache', () => model.warmup({ example: exampleOf('cache') }));
                await rejection(() => bare('cache', cache, { instances: 2 }), 'ERR_STATEFUL_MODEL');
                const running = __addDisposableResource(env_7, await bare('running', { inputs: [tensor('x', 'float32', [4, 3])], outputs: [] }), true);
                expect(running.info.stateful).to.equal(true);
            }
            catch (e_7) {
                env_7.error = e_7;
                env_7.hasError = true;
            }
            finally {
                const result_7 = __disposeResources(env_7);
                if (result_7)
                    await result_7;
            }
        });
        it('and what does not', async () => {
            const env_8 = { stack: [], error: void 0, hasError: false };
            try {
                const bounds = [{ min: 1, max: 8 }, null, null];
                const x = { ...tensor('x', 'float32', [null, 6, 4]), bounds };
                const model = __addDisposableResource(env_8, await bare('reads', { inputs: [x], outputs: [] }, { instances: 2 }), true);
                expect(model.info.stateful, model.info.statefulReason).to.equal(false);
                await expectAnswers(model, 'reads');
            }
            catch (e_8) {
                env_8.error = e_8;
                env_8.hasError = true;
            }
            finally {
                const result_8 = __disposeResources(env_8);
                if (result_8)
                    await result_8;
            }
        });
    });
    it('a constant that an operator of another library is given: the operator’s schema says whether it writes', async () => {
        const env_9 = { stack: [], error: void 0, hasError: false };
        try {
            const calling = async (target) => {
                const entries = await entriesIn(fixture('faults/bounds-pt2/table.pt2'));
                const call = 'aoti_torch_proxy_executor_call_function(proxy_executor, 0, 0, x, 1, std::array<AtenTensorHandle, 1>{table}.data());';
                const node = { target, inputs: [], outputs: [{ as_tensor: { name: 'buf9' } }], metadata: {} };
                const changed = entries.flatMap((entry) => {
                    if (!entry.name.endsWith('.wrapper.cpp'))
                        return [entry];
                    const source = entry.data.toString().replace('inputs.clear();', `inputs.clear();\n${call}`);
                    const list = {
                        name: entry.name.replace(/cpp$/, 'json'),
                        data: Buffer.from(JSON.stringify({ nodes: [{ name: 'buf9', node }] })),
                    };
                    return [{ ...entry, data: Buffer.from(source) }, list];
                });
                const path = join(temporary(), 'operator.pt2');
                writeFileSync(path, zip(changed));
                return loadModel(path);
            };
            const pure = __addDisposableResource(env_9, await calling('mkldnn::_linear_pointwise'), true);
            expect(pure.info.stateful, pure.info.statefulReason).to.equal(false);
            const writing = __addDisposableResource(env_9, await calling('mkldnn::_convolution_pointwise_.binary'), true);
            expect(writing.info.statefulReason).to.match(/operator mkldnn::_convolution_pointwise_\.binary, which writes/);
        }
        catch (e_9) {
            env_9.error = e_9;
            env_9.hasError = true;
        }
        finally {
            const result_9 = __disposeResources(env_9);
            if (result_9)
                await result_9;
        }
    });
    it('a copy whose run fails tells nothing: the package counts as stateful and says why', async () => {
        const env_10 = { stack: [], error: void 0, hasError: false };
        try {
            // The signature is wrong about a size, which an operator of PyTorch's sees before it reads.
            const path = join(temporary(), 'mm.pt2');
            const entries = await entriesIn(compiled('mlp'));
            writeFileSync(path, zip(entries.filter((entry) => !/\.cpp$/.test(entry.name))));
            const signature = { inputs: [{ name: 'x', dtype: 'float32', shape: [2, 7] }], outputs: [] };
            const model = __addDisposableResource(env_10, await loadModel(path, { signature }), true);
            expect(model.info.stateful).to.equal(true);
            expect(model.info.statefulReason).to.match(/could not be told: a run on made-up inputs failed/);
        }
        catch (e_10) {
            env_10.error = e_10;
            env_10.hasError = true;
        }
        finally {
            const result_10 = __disposeResources(env_10);
            if (result_10)
                await result_10;
        }
    });
});
