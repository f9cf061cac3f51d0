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
import { contract, mayHave } from './contract.js';
const busy = (model) => model.busy;
const idle = { running: 0, oldestMs: 0, youngestMs: 0 };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function began(model, running) {
    while (busy(model).running < running)
        await pause(1);
}
contract('what runs, and for how long', ({ load, slow }) => {
    it('counts a run from its beginning to its end, and tells its age', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await load('slow'), true);
            expect(busy(model)).to.deep.equal(idle);
            const run = model.call('forward', slow.args);
            const waits = model.call('forward', slow.args);
            await began(model, 1);
            await pause(20);
            const { running, oldestMs, youngestMs } = busy(model);
            expect(running, 'the second waits').to.equal(1);
            expect(oldestMs).to.be.within(15, 60_000).and.equal(youngestMs);
            await Promise.all([run, waits]);
            expect(busy(model)).to.deep.equal(idle);
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
    it('goes on counting a run that nobody waits for any more', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await load('slow'), true);
            const run = model.call('forward', slow.args, { signal: AbortSignal.timeout(15) }).catch(() => undefined);
            await began(model, 1);
            await run;
            expect(busy(model).running).to.equal(1);
            await model.call('forward', slow.args);
            expect(busy(model)).to.deep.equal(idle);
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
    it('tells the oldest from the youngest of several instances', async function () {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            if (!(await mayHave(2)))
                this.skip();
            const model = __addDisposableResource(env_3, await load('slow', { instances: 2 }), true);
            const first = model.call('forward', slow.args);
            await began(model, 1);
            await pause(20);
            const second = model.call('forward', slow.args);
            await began(model, 2);
            const { oldestMs, youngestMs } = busy(model);
            expect(oldestMs - youngestMs).to.be.at.least(15);
            await Promise.all([first, second]);
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
