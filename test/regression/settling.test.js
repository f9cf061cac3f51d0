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
/** serving.md §3 row 7: batchers that hang, lose requests, or give one request's rows to another. */
import { expect } from 'chai';
import { BatchQueue, Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { seeded } from '../support/random.js';
import { DigitServer, expectDigit, expectPrediction, fixtureModel, row } from '../support/regression.js';
const tanh2 = (value) => 2 * Math.tanh(value);
describe('every request settles, once, with its own rows', () => {
    // An exception of the sizing callback ended the batching task: this request and all after it hung.
    it('RAY#66140: what throws while a call is sized or copied fails that call alone', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await fixtureModel('row_independent', row(1)), true);
            const queue = __addDisposableResource(env_1, new BatchQueue(model), true);
            const trap = Object.defineProperty({}, 'x', {
                enumerable: true,
                get: () => {
                    throw new TypeError('trap');
                },
            });
            const answers = await Promise.allSettled([
                queue.run(row(1)),
                queue.call('forward', trap),
                queue.run(null),
                queue.run(new Tensor('float32', new Float32Array(0), [0, 4])),
                queue.run(row(2)),
            ]);
            expect(answers.map(({ status }) => status[0]).join('')).to.equal('frrrf');
            expect(answers[1].reason).to.have.property('message', 'trap');
            expect(Number((await queue.run(row(3))).data[0])).to.be.closeTo(tanh2(3), 1e-5);
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
    // A request put between the look at the queue and the reset of its event waited for the next one, for ever.
    it('RAY#42593: a request that comes in at any moment of a batch’s end is seen', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await fixtureModel('row_independent', row(1)), true);
            const queue = __addDisposableResource(env_2, new BatchQueue(model, { maxBatchSize: 4 }), true);
            const random = seeded(42593);
            const pauses = [
                () => Promise.resolve(),
                () => new Promise((resolve) => process.nextTick(resolve)),
                () => new Promise((resolve) => setImmediate(resolve)),
                () => new Promise((resolve) => setTimeout(resolve, 1)),
            ];
            // Each caller submits as soon as its last answer is there, or a moment later: at the very end of a batch.
            await Promise.all(Array.from({ length: 6 }, async (_, caller) => {
                for (let i = 0; i < 100; ++i) {
                    const values = [0, 1, 2, 3, 4].map((each) => each + caller + i / 256); // more than a batch takes
                    const answers = await Promise.all(values.map((value) => queue.run(row(value))));
                    answers.forEach(({ data }, at) => expect(Number(data[0])).to.be.closeTo(tanh2(values[at]), 1e-5));
                    await pauses[random(pauses.length)]();
                }
            }));
            expect(queue.stats()).to.include({ waitingRequests: 0, batchesInFlight: 0 });
            expect(queue.stats().requests.completed).to.equal(3000);
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
    // After weeks of failures and cancellations requests were accepted and no batch ran any more.
    it('RAY#38249: failures, aborts and time-outs by the hundred leave nothing behind', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_3, await fixtureModel('raises'), true);
            const queue = __addDisposableResource(env_3, new BatchQueue(model, { rowIndependent: true, maxBatchSize: 8, maxQueueSize: 64 }), true);
            const random = seeded(38249);
            const endings = {};
            const count = (ending) => void (endings[ending] = (endings[ending] ?? 0) + 1);
            for (let round = 0; round < 60; ++round) {
                await Promise.all(Array.from({ length: 30 }, async () => {
                    const kind = random(5);
                    const controller = new AbortController();
                    const answer = queue.run(row(kind === 0 ? -1 : 4), {
                        signal: controller.signal,
                        ...(kind === 1 && { timeoutMs: 1e-3 }),
                    });
                    if (kind === 2)
                        controller.abort('gone');
                    if (kind === 3)
                        setImmediate(() => controller.abort('gone'));
                    await answer.then(() => count('fulfilled'), (error) => count(error.code ?? String(error)));
                }));
            }
            expect(endings).to.include.keys('fulfilled', 'gone', 'ERR_MODEL_EXECUTION', 'ERR_TIMEOUT');
            expect(Object.values(endings).reduce((sum, each) => sum + each)).to.equal(1800);
            expect(Number((await queue.run(row(9))).data[0])).to.equal(3);
            const { waitingRequests, waitingRows, waitingBytes, batchesInFlight } = queue.stats();
            expect([waitingRequests, waitingRows, waitingBytes, batchesInFlight]).to.deep.equal([0, 0, 0, 0]);
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
    // A result set on a future that its client had cancelled ended the batching loop: later requests failed or hung.
    it('RAY#41057, RAY#50046: clients that gave up do no harm to those that come after', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_4, await DigitServer.open({ maxBatchSize: 4, maxQueueSize: 64 }), true);
            const all = async () => {
                const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((digit) => digits.post(digit)));
                answers.forEach((answer, i) => expectPrediction(answer, i + 1));
            };
            await all();
            for (let round = 0; round < 5; ++round) {
                const running = await digits.occupyBriefly();
                const leavers = Array.from({ length: 20 }, (_, i) => fetch(`${digits.server.url}/predict`, {
                    method: 'POST',
                    headers: { 'content-type': 'application/json' },
                    body: JSON.stringify({ input_data: new Array(784).fill(0) }),
                    signal: AbortSignal.timeout(1 + 5 * i), // some while they wait, some while they run, some never
                }).then(() => 'answered', () => 'left'));
                await Promise.all([...leavers, ...running]);
            }
            await all();
            expect(digits.queue.stats()).to.include({ waitingRequests: 0, batchesInFlight: 0 });
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
    // Of three requests of a batch the first was answered with all three predictions, the others with none.
    it('ML#1306: three requests of a batch have one prediction each', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_5, await DigitServer.open({}), true);
            const { free, first } = await digits.occupy();
            const posted = [1, 1, 1].map((digit) => digits.post(digit)); // equal inputs, as there
            await digits.waiting(3);
            await free();
            for (const answer of await Promise.all(posted))
                expectPrediction(answer, 1);
            expectDigit(await first, 0);
            expect(digits.batches.at(-1)).to.include({ requests: 3 });
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
    // Outputs of another number of rows than the inputs were dealt out all the same: the last requests got none.
    it('ML#1306, ML#1911: an output with too few rows is an error for all, and nobody’s empty answer', async () => {
        const env_6 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_6, await fixtureModel('narrow'), true);
            const queue = __addDisposableResource(env_6, new BatchQueue(model, { rowIndependent: true }), true);
            const answers = [1, 2, 3].map((value) => rejection(() => queue.run(row(value)), 'ERR_NOT_BATCHABLE'));
            expect((await Promise.all(answers))[0].message).to.match(/3 rows .*\[2, 4\]/);
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
    // The second of two parallel requests was answered with empty data.
    it('ML#1911: two parallel requests get their own rows of every output', async () => {
        const env_7 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_7, await fixtureModel('dict_output', row(1)), true);
            const queue = __addDisposableResource(env_7, new BatchQueue(model), true);
            const x = (...values) => new Tensor('float32', Float32Array.from(values), [values.length / 2, 2]);
            const answers = await Promise.all([queue.run(x(1, 2)), queue.run(x(40, 3, 5, 6))]);
            const [one, two] = answers;
            expect(queue.stats().batches).to.equal(1);
            expect([one.sum, one.max, one.argmax].map(({ data }) => Array.from(data, Number))).to.deep.equal([[3], [2], [1]]);
            expect([two.sum, two.max, two.argmax].map(({ data }) => Array.from(data, Number))).to.deep.equal([
                [43, 11],
                [40, 6],
                [0, 1],
            ]);
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
    // A request alone in its batch was split into its rows and lost all but the first of what was one value for all.
    it('ML#1541: a batch of one request is that request', async () => {
        const env_8 = { stack: [], error: void 0, hasError: false };
        try {
            const digits = __addDisposableResource(env_8, await DigitServer.open({}), true);
            expectDigit(await digits.run(6, {}, 5), 6, 5);
            expect(digits.batches).to.deep.equal([{ rows: 5, paddedRows: 0, requests: 1 }]);
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
    // What a request asked for beside its tensors was taken from the first request of the batch.
    it('ML#514: requests with different arguments share no batch', async () => {
        const env_9 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_9, await fixtureModel('second_method'), true);
            const queue = __addDisposableResource(env_9, new BatchQueue(model, { rowIndependent: true }), true);
            const x = (value) => new Tensor('float32', new Float32Array(3).fill(value), [1, 3]);
            const alone = await Promise.all([1, 2, 3].map((times) => model.call('second', [x(1), times])));
            const together = await Promise.all([1, 2, 3].map((times) => queue.call('second', [x(1), times])));
            expect(together.map(({ data }) => [...data])).to.deep.equal(alone.map(({ data }) => [...data]));
            expect(queue.stats().batches).to.equal(3);
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
});
