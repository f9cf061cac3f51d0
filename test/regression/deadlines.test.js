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
/** serving.md §3 row 8: time limits and queue bounds that do not hold while the model runs. */
import { expect } from 'chai';
import { expectProblem } from '../support/server/http.js';
import { rejection } from '../support/errors.js';
import { DigitServer, expectDigit, expectPrediction } from '../support/regression.js';
describe('time limits and bounds hold while the model runs', () => {
    // The time limit of B, which waited, was looked at only once A, which ran for 90 s, had ended.
    it('T#7512: a waiting request times out in its own time, not when the run before it ends', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_1, await DigitServer.open({ timeoutMs: 10_000 }), true);
            const { free, first } = await digits.occupy();
            const started = performance.now();
            expectProblem(await digits.post(1, { 'x-request-timeout-ms': '40' }), { status: 504, code: 'ERR_TIMEOUT' });
            await rejection(() => digits.run(2, { timeoutMs: 40 }), 'ERR_TIMEOUT');
            expect(performance.now() - started).to.be.above(75);
            expect(digits.queue.stats()).to.include({ waitingRows: 0, batchesInFlight: 1 });
            await free();
            expectDigit(await first, 0);
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
    // Requests sent with pauses between them were let in beyond max_queue_size: the bound held in a burst only.
    it('T#6796: the bound is the same for requests that come one by one', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_2, await DigitServer.open({ maxQueueSize: 3, maxBatchSize: 2 }), true);
            const { free, first } = await digits.occupy();
            const accepted = [];
            for (let digit = 1; digit <= 3; ++digit) {
                accepted.push(digits.run(digit));
                await new Promise((resolve) => setTimeout(resolve, 15));
            }
            for (let i = 0; i < 3; ++i) {
                expectProblem(await digits.post(9), { status: 429, code: 'ERR_QUEUE_FULL' });
                await rejection(() => digits.run(9), 'ERR_QUEUE_FULL');
            }
            expect(digits.queue.stats()).to.include({ waitingRows: 3, batchesInFlight: 1 });
            await free();
            (await Promise.all([first, ...accepted])).forEach((answer, i) => expectDigit(answer, i));
            expectPrediction(await digits.post(9), 9); // and there is room again
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
    // "Timeout expired" came long before the limit that the client had set: two limits, in units of their own.
    it('T#5348: nothing expires before its limit, and the shorter of the two limits is the one', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_3, await DigitServer.open({ timeoutMs: 20_000 }), true);
            const { free, first } = await digits.occupy();
            const patient = [digits.run(1), digits.run(2, { timeoutMs: 10_000 }), digits.run(3, { timeoutMs: 1e9 })];
            const started = performance.now();
            await rejection(() => digits.run(4, { timeoutMs: 60 }), 'ERR_TIMEOUT');
            expect(performance.now() - started).to.be.at.least(60);
            await free();
            (await Promise.all([first, ...patient])).forEach((answer, i) => expectDigit(answer, i));
            expect(digits.queue.stats().requests.timedOut).to.equal(1);
            const strict = __addDisposableResource(env_3, await DigitServer.open({ timeoutMs: 50 }), true);
            const { free: release, first: cut } = await strict.occupy();
            await rejection(() => strict.run(4, { timeoutMs: 30_000 }), 'ERR_TIMEOUT');
            await rejection(() => cut, 'ERR_TIMEOUT');
            await release();
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
