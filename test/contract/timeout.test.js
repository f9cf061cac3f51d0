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
import { contract, rows } from './contract.js';
contract('a time-out', ({ load, slow, brief }) => {
    it('rejects with ERR_TIMEOUT when the time is over; the run goes on in the background', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await load('slow'), true);
            const error = await rejection(() => model.call('forward', slow.args, { timeoutMs: 30 }), 'ERR_TIMEOUT');
            expect(error.message).to.include('30 ms');
            expect(model.pending, 'it did not wait for the end of the run').to.equal(1);
            await model.call('forward', brief, { timeoutMs: 60_000 });
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
    it('takes a waiting run out of the queue', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await load('slow'), true);
            const running = model.call('forward', slow.args);
            await rejection(() => model.call('forward', slow.endless ?? slow.args, { timeoutMs: 1 }), 'ERR_TIMEOUT');
            expect(model.pending, 'the other one still runs').to.equal(1);
            await running;
            expect(model.pending).to.equal(0);
            await model.call('forward', brief);
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
    it('that is long enough changes nothing', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_3, await load('linear'), true);
            expect((await model.run(rows(2), { timeoutMs: 60_000 })).shape).to.deep.equal([2, 3]);
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
