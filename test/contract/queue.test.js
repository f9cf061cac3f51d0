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
import { rejection } from '../support/errors.js';
import { contract, givenUp, mayHave, rows } from './contract.js';
contract('the queue', ({ load, slow, brief }) => {
    it('refuses a run beyond maxPending at once, and serves the others', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await load('slow', { maxPending: 2 }), true);
            const accepted = [slow.args, brief, brief].map((args) => model.call('forward', args)); // one runs, two wait
            expect(model.pending).to.equal(3);
            await rejection(() => model.call('forward', brief), 'ERR_QUEUE_FULL');
            expect(model.pending, 'nothing was waited for').to.equal(3);
            await Promise.all(accepted);
            expect(model.pending).to.equal(0);
            await model.call('forward', brief);
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
    it('has the same bound with several instances', async function () {
        if (!(await mayHave(2)))
            this.skip();
        const model = await load('slow', { maxPending: 1, instances: 2 });
        const accepted = Promise.allSettled([1, 2, 3].map(() => model.call('forward', slow.args)));
        expect(model.pending).to.equal(3);
        await rejection(() => model.call('forward', brief), 'ERR_QUEUE_FULL');
        await model.dispose();
        expect((await accepted)[2]).to.have.nested.property('reason.code', 'ERR_DISPOSED');
    });
    it('with maxPending 0 serves one caller after another', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await load('linear', { maxPending: 0 }), true);
            for (let i = 0; i < 200; ++i)
                await model.run(rows(1));
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
    it('counts a run that was given up until it ends', async () => {
        const model = await load('slow', { maxPending: 0 });
        await givenUp(model, slow.args);
        expect(model.pending).to.equal(1);
        await rejection(() => model.call('forward', brief), 'ERR_QUEUE_FULL');
        await model.dispose();
        expect(model.pending).to.equal(0);
    });
    it('runs what waits in the order in which it came', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_3, await load('linear'), true);
            const order = [];
            const numbers = Array.from({ length: 50 }, (_, i) => i);
            await Promise.all(numbers.map((i) => model.run(rows(1)).then(() => order.push(i))));
            expect(order).to.deep.equal(numbers);
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
    it('counts what is pending, and nothing that was refused', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_4, await load('linear'), true);
            const runs = [1, 2].map(() => model.run(rows(1)));
            await rejection(() => model.call('nothing', [rows(1)]), 'ERR_METHOD_NOT_FOUND');
            expect(model.pending).to.equal(2);
            await Promise.all(runs);
            expect(model.pending).to.equal(0);
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
});
