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
import { ModelHost, Tensor } from 'node-libtorch';
import { Statistics } from '#dist/serving/statistics.js';
import { fixture } from '../support/paths.js';
import { rejection } from '../support/rejection.js';
const row = (rows = 1) => new Tensor('float32', new Float32Array(4 * rows), [rows, 4]);
const ms = 1e6;
describe('statistics', () => {
    it('split a call into parts that make up the whole', () => {
        const statistics = new Statistics();
        const before = Date.now();
        statistics.succeeded(3, 2, { queueMs: 5, runMs: 10 }, 20, true);
        statistics.succeeded(1, 1, { queueMs: 0, runMs: 4 }, 6, false);
        statistics.failed(7);
        const found = statistics.snapshot();
        expect(found.last_inference).to.be.within(before, Date.now());
        expect(found).to.include({ inference_count: 4, execution_count: 1 });
        expect(found.inference_stats).to.deep.equal({
            success: { count: 2, ns: 26 * ms },
            fail: { count: 1, ns: 7 * ms },
            queue: { count: 2, ns: 5 * ms },
            compute_input: { count: 2, ns: 3 * ms },
            compute_infer: { count: 2, ns: 14 * ms },
            compute_output: { count: 2, ns: 4 * ms },
            cache_hit: { count: 0, ns: 0 },
            cache_miss: { count: 0, ns: 0 },
        });
        expect(found.batch_stats).to.deep.equal([
            {
                batch_size: 3,
                compute_input: { count: 1, ns: 2 * ms },
                compute_infer: { count: 1, ns: 10 * ms },
                compute_output: { count: 1, ns: 3 * ms },
            },
        ]);
    });
    it('count a wait that began while the arguments were copied once', () => {
        const statistics = new Statistics();
        statistics.succeeded(1, 8, { queueMs: 5, runMs: 3 }, 10, true);
        const { compute_input, compute_output } = statistics.snapshot().inference_stats;
        expect([compute_input.ns, compute_output.ns]).to.deep.equal([2 * ms, 0]);
    });
    it('have a bounded number of batch sizes, and lose no run', () => {
        const statistics = new Statistics();
        for (let rows = 0; rows < 100_000; ++rows)
            statistics.ran(rows, 0, 1, 0);
        const { batch_stats, execution_count } = statistics.snapshot();
        expect(batch_stats.length).to.be.at.most(128 + 54);
        expect(batch_stats.reduce((sum, { compute_infer }) => sum + compute_infer.count, 0)).to.equal(100_000);
        expect(execution_count).to.equal(100_000);
        const sizes = batch_stats.map(({ batch_size }) => batch_size);
        expect(sizes).to.deep.equal([...sizes].sort((a, b) => a - b));
        expect(sizes.at(-1)).to.equal(2 ** 17);
    });
    const counts = ({ inference_stats }) => Object.fromEntries(Object.entries(inference_stats).map(([name, { count }]) => [name, count]));
    it('of a model say what happened to its calls', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const host = __addDisposableResource(env_1, await ModelHost.open({ models: [{ file: fixture('torchscript/raises.pt') }] }), true);
            const served = host.model();
            expect(served.statistics()).to.include({ name: 'raises', version: '1', last_inference: 0, inference_count: 0 });
            const input = (...values) => new Tensor('float32', Float32Array.from(values), [values.length]);
            for (const values of [[1], [2, 3], [4, 5]])
                await served.run(input(...values));
            await rejection(served.run(input(-1)));
            await rejection(served.run(input(1), { signal: AbortSignal.abort() }));
            const found = served.statistics();
            expect(found).to.include({ inference_count: 5, execution_count: 3 });
            expect(counts(found)).to.deep.equal({
                ...{ success: 3, fail: 2, queue: 3, compute_input: 3, compute_infer: 3, compute_output: 3 },
                ...{ cache_hit: 0, cache_miss: 0 },
            });
            expect(found.batch_stats.map((each) => [each.batch_size, each.compute_infer.count])).to.deep.equal([
                [1, 1],
                [2, 2],
            ]);
            const { success, queue, compute_input, compute_infer, compute_output } = found.inference_stats;
            const parts = queue.ns + compute_input.ns + compute_infer.ns + compute_output.ns;
            expect(parts).to.be.within(success.ns - 5, success.ns + 5);
            expect(Math.min(compute_input.ns, compute_infer.ns)).to.be.greaterThan(0);
            expect(found.memory_usage).to.deep.equal([{ type: 'CPU', id: 0, byte_size: served.model.info.parameterBytes }]);
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
    it('of a batching model count a shared run once', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const file = fixture('torchscript/linear.pt');
            const warmup = { example: row(), batchSizes: [1, 8] };
            const host = __addDisposableResource(env_2, await ModelHost.open({
                models: [{ file, warmup, batching: { maxBatchSize: 8, checkRows: 0 } }],
            }), true);
            const served = host.model();
            expect(served.notBatched).to.equal(undefined);
            await Promise.all([1, 2, 3].map((rows) => served.run(row(rows))));
            const found = served.statistics();
            expect(found).to.include({ inference_count: 6, execution_count: 1 });
            expect(counts(found)).to.include({ success: 3, fail: 0, queue: 3, compute_infer: 3 });
            expect(found.batch_stats.map((each) => [each.batch_size, each.compute_infer.count])).to.deep.equal([[6, 1]]);
            const shared = found.batch_stats[0]?.compute_infer.ns ?? 0;
            expect(found.inference_stats.compute_infer.ns, 'each call has the whole of the run').to.be.closeTo(3 * shared, 5);
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
    it('go on over a reload, and begin anew after an unload', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const file = fixture('torchscript/linear.pt');
            const host = __addDisposableResource(env_3, await ModelHost.open({ models: [{ file, warmup: false }] }), true);
            const before = host.model();
            await before.run(row());
            await host.load({ name: 'linear' });
            await host.model().run(row(2));
            expect(host.model().statistics()).to.include({ inference_count: 3, execution_count: 2 });
            await host.unload('linear');
            await host.load({ name: 'linear' });
            expect(host.model().statistics()).to.include({ inference_count: 0, last_inference: 0 });
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
