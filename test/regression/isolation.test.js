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
/** serving.md §3 row 10: one bad request fails the batch. */
import { expect } from 'chai';
import { BatchQueue, Tensor } from 'node-libtorch';
import { expectProblem, predict } from '../support/server/http.js';
import { rejection } from '../support/errors.js';
import { DigitServer, expectDigit, expectPrediction, fixtureModel, row } from '../support/regression.js';
describe('one bad request fails alone', () => {
    // An exception for one request of a batch was the answer to all of them.
    it('LS#340: of a batch in which the model raises, only the requests at fault fail', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await fixtureModel('raises'), true);
            const queue = __addDisposableResource(env_1, new BatchQueue(model, { rowIndependent: true }), true);
            const answers = [4, -1, 9, -2, 16].map((value) => queue.run(row(value)));
            const settled = await Promise.allSettled(answers);
            expect(settled.map(({ status }) => status[0]).join('')).to.equal('frfrf');
            expect(settled.filter(({ status }) => status === 'fulfilled').map((each) => first(each.value))).to.deep.equal([2, 3, 4]);
            for (const each of settled) {
                if (each.status === 'rejected')
                    expect(each.reason).to.have.property('code', 'ERR_MODEL_EXECUTION');
            }
            expect(queue.stats().requests).to.include({ completed: 3, failed: 2 });
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
    it('LS#340: over HTTP a bad request is refused before it is anybody’s neighbour', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_2, await DigitServer.open({}), true);
            const { free, first: running } = await digits.occupy();
            const good = [1, 2].map((digit) => digits.post(digit));
            const bad = JSON.stringify({ input_data: [2, ...new Array(783).fill(0)] });
            expectProblem(await predict(digits.server.url, bad), { status: 422, code: 'ERR_OUT_OF_RANGE' });
            const short = JSON.stringify({ input_data: new Array(783).fill(0) });
            expectProblem(await predict(digits.server.url, short), { status: 422, code: 'ERR_INVALID_SHAPE' });
            await digits.waiting(2);
            await free();
            for (const [i, answer] of (await Promise.all(good)).entries())
                expectPrediction(answer, i + 1);
            expectDigit(await running, 0);
            expect(digits.batches.map(({ requests }) => requests)).to.deep.equal([1, 2]);
            expect(digits.queue.stats()).to.include({ isolated: 0 });
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
    it('LS#340: a large request that is split fails as one, and takes nobody with it', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_3, await fixtureModel('raises'), true);
            const queue = __addDisposableResource(env_3, new BatchQueue(model, { rowIndependent: true, maxBatchSize: 4 }), true);
            const data = Float32Array.from({ length: 10 }, (_, i) => (i === 9 ? -1 : 4));
            const large = rejection(() => queue.run(new Tensor('float32', data, [10, 1])), 'ERR_MODEL_EXECUTION');
            const small = [9, 16].map((value) => queue.run(row(value, 1)));
            expect((await Promise.all(small)).map(first)).to.deep.equal([3, 4]);
            await large;
            expect(queue.stats().batchSizes, 'they shared the last batch').to.deep.equal({ 4: 3 });
            expect(queue.stats()).to.include({ waitingRows: 0, isolated: 3 });
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
const first = (tensor) => Number(tensor.data[0]);
