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
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { loadModel, runtime, Tensor } from 'node-libtorch';
import { node } from '../../support/child.js';
import { digitModel, root } from '../../support/paths.js';
const script = `${root}test/engines/torch/children/worker.mjs`;
const row = Array.from({ length: 784 }, (_, i) => (i % 7) / 7);
const runs = 20;
async function work(dispose) {
    const worker = new Worker(script, { workerData: { file: digitModel, row, runs, dispose } });
    const [answer] = (await once(worker, 'message'));
    if (dispose)
        await once(worker, 'exit');
    else
        await worker.terminate();
    return answer;
}
describe('worker threads', function () {
    this.timeout(120_000);
    let expected;
    before(async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await loadModel(digitModel, { device: 'cpu' }), true);
            expected = [];
            for (let i = 0; i < runs; ++i) {
                const x = new Tensor('float32', Float32Array.from(row, (value) => value * (i + 1)), [1, 784]);
                expected.push([...(await model.run(x)).data]);
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
    it('load and run the same model, four at once and the main thread beside them, bit by bit alike', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await loadModel(digitModel, { device: 'cpu' }), true);
            const x = new Tensor('float32', Float32Array.from(row), [1, 784]);
            const answers = Promise.all([work(true), work(false), work(true), work(false)]);
            for (let i = 0; i < 500; ++i)
                expect([...(await model.run(x)).data]).to.deep.equal(expected[0]);
            for (const { results, threads } of await answers) {
                expect(results).to.deep.equal(expected);
                expect(threads, 'the counts are the process’s').to.deep.equal((await runtime.info()).threads);
            }
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
    it('come and go 50 times without memory staying behind, disposed or terminated, with the right results', async () => {
        const cycles = 50;
        const warmUp = 10;
        // A fixed threshold, so that what is freed leaves the process: test/stress/memory.mjs says why.
        const env = { MALLOC_MMAP_THRESHOLD_: String(256 * 1024) };
        const args = ['--expose-gc', 'test/engines/torch/children/worker-cycles.mjs', String(cycles), digitModel, '784'];
        const ended = await node(args, env, 110_000);
        expect(ended, ended.stderr).to.include({ code: 0, signal: null });
        const { resident, answers } = JSON.parse(ended.stdout);
        expect(answers, 'different results').to.equal(1);
        expect(resident).to.have.length(cycles);
        // The least of several: a measurement may fall into the middle of a worker's end.
        const least = (values) => Math.min(...values) / 2 ** 20;
        const growth = least(resident.slice(-5)) - least(resident.slice(warmUp, warmUp + 5));
        expect(growth, `MiB, of ${resident.map((bytes) => Math.round(bytes / 2 ** 20)).join(' ')}`).to.be.below(8);
    });
});
