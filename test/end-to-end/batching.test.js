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
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { BatchQueue, loadModel, ModelHost, Tensor } from 'node-libtorch';
import { digitModel, fixture } from '../support/paths.js';
const { digits } = JSON.parse(readFileSync(fixture('digits.json'), 'utf8'));
const signature = {
    inputs: [{ name: 'input', dtype: 'float32', shape: [null, 784], range: [0, 1] }],
    outputs: [],
};
const tensorOf = ({ input }) => new Tensor('float32', Float32Array.from(input), [1, 784]);
describe('batching on the real engine', () => {
    let model;
    before(async () => {
        model = await loadModel(digitModel, { signature });
        await model.warmup({ batchSizes: [1, 32] });
    });
    after(() => model.dispose());
    const settings = [
        {},
        { allowedBatchSizes: [4, 16, 32] },
        { maxBatchSize: 3 },
        { maxDelayMs: 2 },
    ];
    for (const options of settings) {
        it(`gives 500 mixed callers each PyTorch’s logits of their own digits: ${JSON.stringify(options)}`, async () => {
            const env_1 = { stack: [], error: void 0, hasError: false };
            try {
                const queue = __addDisposableResource(env_1, new BatchQueue(model, { ...options, maxQueueSize: 2000 }), true);
                await Promise.all(Array.from({ length: 500 }, async (_, i) => {
                    const rows = 1 + (i % 5);
                    const own = Array.from({ length: rows }, (_, row) => digits[(i * 3 + row) % digits.length]);
                    const x = new Tensor('float32', Float32Array.from(own.flatMap(({ input }) => input)), [rows, 784]);
                    const y = await queue.run(x);
                    expect(y.shape).to.deep.equal([rows, 10]);
                    for (const [at, wanted] of own.flatMap(({ logits }) => logits).entries()) {
                        expect(y.data[at])
                            .to.be.a('number')
                            .closeTo(wanted, 1e-4 * (1 + Math.abs(wanted)));
                    }
                }));
                expect(queue.stats().requests).to.include({ completed: 500 + extraParts(options), failed: 0 });
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
    }
    it('refuses models that keep state', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const stateful = __addDisposableResource(env_2, await loadModel(fixture('torchscript/stateful.pt')), true);
            expect(() => new BatchQueue(stateful, { rowIndependent: true })).to.throw(/keeps state/);
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
    it('never shares the memory of its slabs: large results that are the input itself stay as they were', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const aliases = __addDisposableResource(env_3, await loadModel(fixture('torchscript/aliases.pt')), true);
            const queue = __addDisposableResource(env_3, new BatchQueue(aliases, { rowIndependent: true, maxBatchSize: 8 }), true);
            const width = 50_000; // 200 KB a row: large enough to be handed over without a copy
            const rows = (value) => new Tensor('float32', new Float32Array(width).fill(value), [1, width]);
            const earlier = await Promise.all([1, 2, 3].map((value) => queue.call('the_input', [rows(value)])));
            const alone = await queue.call('the_input', [rows(4)]);
            await Promise.all([5, 6, 7].map((value) => queue.call('the_input', [rows(value)])));
            for (const [i, tensor] of [...earlier, alone].entries()) {
                expect(tensor.data.every((element) => element === i + 1), `result ${i}`).to.equal(true);
            }
            alone.data.fill(99);
            const after = await queue.call('the_input', [rows(8)]);
            expect(after.data.every((element) => element === 8)).to.equal(true);
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
    it('does not reuse a slab while a run that nobody waits for any more still reads it', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const queue = __addDisposableResource(env_4, new BatchQueue(model, { maxBatchSize: 32 }), true);
            for (let round = 0; round < 30; ++round) {
                const controller = new AbortController();
                const given = Array.from({ length: 64 }, () => queue.run(tensorOf(digits[1]), { signal: controller.signal }).catch(() => undefined));
                await new Promise((resolve) => setImmediate(resolve));
                controller.abort();
                const answers = await Promise.all(digits.map((digit) => queue.run(tensorOf(digit))));
                answers.forEach((answer, i) => {
                    const scores = [...answer.data];
                    expect(scores.indexOf(Math.max(...scores))).to.equal(digits[i].label);
                });
                await Promise.all(given);
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
    it('is one queue for all callers of a host', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const host = __addDisposableResource(env_5, await ModelHost.open({
                models: [{ name: 'mnist-mlp', batching: { maxBatchSize: 16 } }],
            }), true);
            const served = host.model();
            const batches = [];
            host.on('batch', ({ rows }) => batches.push(rows));
            await Promise.all(digits.map((digit) => served.run(tensorOf(digit))));
            expect(batches).to.deep.equal([digits.length]);
            expect(served.notBatched).to.equal(undefined);
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
    it('a host says why a model is not batched, and serves it', async () => {
        const env_6 = { stack: [], error: void 0, hasError: false };
        try {
            const host = __addDisposableResource(env_6, await ModelHost.open({
                models: [{ file: fixture('torchscript/stateful.pt'), batching: {} }],
            }), true);
            expect(host.model().queue).to.equal(undefined);
            expect(host.model().notBatched).to.match(/keeps state/);
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
    });
});
/** Requests of 4 and 5 rows are split in two when a batch has 3; each part counts. */
function extraParts({ maxBatchSize }) {
    return maxBatchSize === 3 ? 200 : 0;
}
