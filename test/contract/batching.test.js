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
import { BatchQueue, Tensor } from 'node-libtorch';
import { expectValue } from '../support/values.js';
import { rejection } from '../support/errors.js';
import { contract, rows } from './contract.js';
const tolerance = 1e-5;
contract('batches', ({ load, failing, signature }) => {
    let model;
    before(async () => {
        model = await load('linear');
        await model.warmup({ example: rows(2), batchSizes: [1, 16] });
    });
    after(() => model.dispose());
    it('give 200 callers their own rows', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const queue = __addDisposableResource(env_1, new BatchQueue(model, { maxBatchSize: 16 }), true);
            const inputs = Array.from({ length: 200 }, (_, caller) => rows(1 + (caller % 5), caller));
            const answers = await Promise.all(inputs.map((input) => queue.run(input)));
            const { batches } = queue.stats();
            for (const [caller, answer] of answers.entries()) {
                expectValue(answer, await model.run(inputs[caller]), tolerance, `caller ${caller}`);
            }
            expect(batches).to.be.below(200);
            expect(model.pending).to.equal(0);
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
    it('split a call of more rows than one has', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const queue = __addDisposableResource(env_2, new BatchQueue(model, { maxBatchSize: 4 }), true);
            const sizes = [];
            queue.on('batch', (event) => sizes.push(event.rows));
            expectValue(await queue.run(rows(10)), await model.run(rows(10)), tolerance);
            expect(sizes).to.deep.equal([4, 4, 2]);
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
    it('hold each call to the signature before it joins', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const signed = __addDisposableResource(env_3, await load('linear', { signature }), true);
            const queue = __addDisposableResource(env_3, new BatchQueue(signed, { rowIndependent: true }), true);
            const good = [rows(1, 1), rows(1, 2)];
            const wrong = new Tensor('float32', new Float32Array(4).fill(2), [1, 4]);
            const narrow = new Tensor('float32', new Float32Array(3), [1, 3]);
            const first = queue.run(good[0]);
            await rejection(() => queue.run(wrong), 'ERR_OUT_OF_RANGE');
            const second = queue.run(good[1]);
            await rejection(() => queue.run(narrow), 'ERR_INVALID_SHAPE');
            for (const [i, answer] of [await first, await second].entries()) {
                expectValue(answer, await signed.run(good[i]), tolerance);
            }
            expect(queue.stats().requests).to.include({ completed: 2, failed: 0 });
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
    it('let the caller alone fail whose rows make the model fail', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const raising = __addDisposableResource(env_4, await load('failing'), true);
            const queue = __addDisposableResource(env_4, new BatchQueue(raising, { rowIndependent: true }), true);
            const { good, bad } = failing;
            const [first, second, third] = await Promise.allSettled([good, bad, good].map((args) => queue.call('forward', args)));
            const alone = await raising.call('forward', good);
            for (const answer of [first, third])
                expect(answer).to.deep.equal({ status: 'fulfilled', value: alone });
            expect(second).to.have.nested.property('reason.code', 'ERR_MODEL_EXECUTION');
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
    it('are not made of a model that mixes rows, or that was never checked', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const mixing = __addDisposableResource(env_5, await load('mixing'), true);
            const make = () => new BatchQueue(mixing);
            expect((await rejection(make, 'ERR_NOT_BATCHABLE')).message).to.match(/never checked/);
            await mixing.warmup({ example: rows(2) });
            expect((await rejection(make, 'ERR_NOT_BATCHABLE')).message).to.match(/other rows/);
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
