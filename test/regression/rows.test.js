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
/** serving.md §3 row 27: limits that count requests and not their rows. */
import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { predict } from '../support/server/http.js';
import { rejection } from '../support/errors.js';
import { bodyOf, DigitServer, digitRows, expectDigit } from '../support/regression.js';
describe('limits count rows', () => {
    // Requests of 32 rows each went into batches of up to 32 requests: a thousand rows, and out of memory.
    it('BM#3859, BM#3710: requests of several rows make no batch of more rows than maxBatchSize', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_1, await DigitServer.open({ maxBatchSize: 8 }), true);
            const sizes = [3, 3, 3, 5, 1, 8, 2, 6, 7];
            const answers = await Promise.all(sizes.map((rows, i) => digits.run(i, {}, rows)));
            answers.forEach((answer, i) => expectDigit(answer, i, sizes[i]));
            expect(digits.batches.map(({ rows }) => rows)).to.deep.equal([6, 8, 1, 8, 8, 7]);
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
    // A request larger than a batch was run as it came, or refused.
    it('BM#3859: a request of more rows is split, and its answers are rejoined in order', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_2, await DigitServer.open({ maxBatchSize: 8 }), true);
            const order = Array.from({ length: 30 }, (_, i) => (i * 7) % 10);
            const data = Float32Array.from(order.flatMap((digit) => [...digitRows(digit).data]));
            const answer = await digits.host.model().run(new Tensor('float32', data, [30, 784]));
            expect(answer.shape).to.deep.equal([30, 10]);
            for (const [i, digit] of order.entries()) {
                expectDigit(new Tensor('float32', answer.data.slice(i * 10, (i + 1) * 10), [1, 10]), digit);
            }
            expect(digits.batches.map(({ rows }) => rows)).to.deep.equal([8, 8, 8, 6]);
            const { status, body } = await predict(digits.server.url, bodyOf(4, 20));
            expect(status).to.equal(200);
            expect(body['predictions']).to.deep.equal(new Array(20).fill(4));
            expect(Math.max(...digits.batches.map(({ rows }) => rows))).to.equal(8);
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
    // mlserver/batching/adaptive.py bounds its queue by requests: the rows that wait have no bound.
    it('ML adaptive.py: the bound of the queue counts rows', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_3, await DigitServer.open({ maxBatchSize: 4, maxQueueSize: 6 }), true);
            const { free, first } = await digits.occupy();
            const four = digits.run(1, {}, 4);
            await rejection(() => digits.run(2, {}, 3), 'ERR_QUEUE_FULL');
            const two = digits.run(3, {}, 2);
            await rejection(() => digits.run(4), 'ERR_QUEUE_FULL');
            await free();
            expectDigit(await four, 1, 4);
            expectDigit(await two, 3, 2);
            expectDigit(await first, 0);
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
