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
/** serving.md §3 row 6: batches do not form, or have another size than was asked for. */
import { expect } from 'chai';
import { BatchQueue } from 'node-libtorch';
import { DigitServer, expectDigit, expectPrediction, fixtureModel, row } from '../support/regression.js';
const range = (count) => Array.from({ length: count }, (_, i) => i % 10);
describe('batches form as documented', () => {
    // Five requests ran as 1, 1, 1 and 2: those that came during a run were dealt out before it ended.
    it('T#3624: all that queued during a run goes into the next batch', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_1, await DigitServer.open({}), true);
            const { free, first } = await digits.occupy();
            const answers = [first, ...[1, 2, 3, 4].map((digit) => digits.run(digit))];
            await free();
            (await Promise.all(answers)).forEach((answer, i) => expectDigit(answer, i));
            expect(digits.batches.map(({ rows }) => rows)).to.deep.equal([1, 4]);
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
    // A hundred requests at once, batches of ten and no delay gave batches of all sizes up to ten.
    it('T#8094: a hundred requests at once fill ten batches of ten, without a delay', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_2, await DigitServer.open({ maxBatchSize: 10 }), true);
            const answers = await Promise.all(range(100).map((digit) => digits.run(digit)));
            answers.forEach((answer, i) => expectDigit(answer, i % 10));
            expect(digits.queue.stats().batchSizes).to.deep.equal({ 10: 10 });
            expect(digits.queue.stats().closed).to.include({ size: 10, idle: 0, delay: 0 });
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
    // Nobody could tell whether the batcher that was configured did anything.
    it('T#3327: the sizes of the batches and why each was closed can be read', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_3, await DigitServer.open({ maxBatchSize: 4 }), true);
            await Promise.all(range(6).map((digit) => digits.run(digit)));
            expect(digits.queue.stats()).to.deep.include({ batchSizes: { 4: 1, 2: 1 }, rows: 6 });
            const text = await (await fetch(`${digits.server.url}/metrics`)).text();
            expect(text)
                .to.match(/^batch_rows_sum\{.*\} 6$/m)
                .and.match(/^batch_rows_count\{.*\} 2$/m);
            expect(text)
                .to.match(/^batches_total\{.*reason="size"\} 1$/m)
                .and.match(/^batches_total\{.*reason="idle"\} 1$/m);
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
    // Batches of a size that is none of the preferred ones (the largest and one more), slow where sizes are compiled.
    it('T#8141: the model sees no other sizes than those allowed', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const model = (await fixtureModel('row_independent', row(1)));
            const ran = [];
            // The real model; only what reaches it is noted.
            const runBatch = model.runBatch.bind(model);
            model.runBatch = (calls, padTo) => {
                ran.push(Math.max(padTo ?? 0, calls.reduce((sum, call) => sum + call.rows, 0)));
                return runBatch(calls, padTo);
            };
            const _ = __addDisposableResource(env_4, model, true);
            const queue = __addDisposableResource(env_4, new BatchQueue(model, { maxBatchSize: 8, allowedBatchSizes: [1, 4, 8] }), true);
            for (let count = 1; count <= 20; ++count) {
                const answers = await Promise.all(Array.from({ length: count }, (_, i) => queue.run(row(i))));
                answers.forEach((answer, i) => expect(Number(answer.data[0])).to.be.closeTo(2 * Math.tanh(i), 1e-5));
            }
            expect(new Set(ran)).to.deep.equal(new Set([1, 4, 8]));
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
    // maxBatchDelay was added to every request, a lone one too.
    it('TS#1699: a lone request waits for no company, however long the delay', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_5, await DigitServer.open({ maxDelayMs: 20_000 }), true);
            const started = performance.now();
            expectPrediction(await digits.post(7), 7);
            expect(performance.now() - started).to.be.below(5000);
            expect(digits.queue.stats().closed).to.deep.include({ idle: 1, delay: 0 });
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
    // Behind the KServe wrapper each HTTP request was one of its own for TorchServe.
    it('TS#2373: requests of separate connections and callers in process share a batch', async () => {
        const env_6 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_6, await DigitServer.open({}), true);
            const { free, first } = await digits.occupy();
            const posted = [1, 2, 3].map((digit) => digits.post(digit));
            const called = digits.run(4);
            await digits.waiting(4);
            await free();
            for (const [i, answer] of (await Promise.all(posted)).entries())
                expectPrediction(answer, i + 1);
            expectDigit(await called, 4);
            expectDigit(await first, 0);
            expect(digits.batches).to.deep.equal([
                { rows: 1, paddedRows: 0, requests: 1 },
                { rows: 4, paddedRows: 0, requests: 4 },
            ]);
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
    // The envelope took the first of five requests, and the batch failed: "expect: 5, got: 1".
    it('TS#2158: a batch of five HTTP requests has five answers, each its own', async () => {
        const env_7 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_7, await DigitServer.open({ maxBatchSize: 5 }), true);
            const { free, first } = await digits.occupy();
            const posted = [5, 6, 7, 8, 9].map((digit) => digits.post(digit));
            await digits.waiting(5);
            await free();
            for (const [i, answer] of (await Promise.all(posted)).entries())
                expectPrediction(answer, i + 5);
            expectDigit(await first, 0);
            expect(digits.batches.at(-1)).to.include({ requests: 5, rows: 5 });
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
    // The agent's batcher knew one body format of the two, and let the other through unbatched.
    it('KS#2275: requests of both body formats share a batch', async () => {
        const env_8 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_8, await DigitServer.open({}), true);
            const { free, first } = await digits.occupy();
            const posted = [digits.post(3), digits.postOctets(8)];
            await digits.waiting(2);
            await free();
            const [json, octets] = await Promise.all(posted);
            expectPrediction(json, 3);
            expectPrediction(octets, 8);
            expectDigit(await first, 0);
            expect(digits.batches.at(-1)).to.include({ requests: 2, rows: 2 });
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
