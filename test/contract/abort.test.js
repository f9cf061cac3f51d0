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
import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { rejection } from '../support/errors.js';
import { contract, givenUp, modelsLoaded, rows, turn } from './contract.js';
contract('an abort', ({ load, slow, brief }) => {
    const outcome = (promise) => promise.catch((error) => error);
    it('rejects a waiting run with the signal’s reason at once, and takes it out of the queue', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await load('slow', { maxPending: 1 }), true);
            const running = model.call('forward', slow.args);
            const controller = new AbortController();
            const waiting = model.call('forward', slow.endless ?? slow.args, { signal: controller.signal });
            await rejection(() => model.call('forward', brief), 'ERR_QUEUE_FULL');
            expect(model.pending).to.equal(2);
            const reason = new Error('gone');
            controller.abort(reason);
            expect(await outcome(waiting)).to.equal(reason);
            expect(model.pending, 'the other one still runs').to.equal(1);
            const next = model.call('forward', brief); // there is room again
            await running;
            expect(model.pending, 'the one that was taken out did not come next').to.be.at.most(1);
            await next;
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
    it('rejects a run that has started at once; it goes on in the background', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await load('slow'), true);
            const reason = new Error('enough');
            expect(await givenUp(model, slow.args, reason)).to.equal(reason);
            expect(model.pending).to.equal(1);
            await model.call('forward', brief); // comes after it
            expect(model.pending).to.equal(0);
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
    it('before the call rejects it, and nothing runs', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_3, await load('linear'), true);
            const reason = new Error('before');
            const answer = model.run(rows(1), { signal: AbortSignal.abort(reason) });
            expect(model.pending).to.equal(0);
            expect(await outcome(answer)).to.equal(reason);
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
    it('may come from a signal that Node does not know, as other realms have', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_4, await load('linear'), true);
            const { signal } = new AbortController();
            const foreign = {
                aborted: false,
                reason: undefined,
                addEventListener: signal.addEventListener.bind(signal),
                removeEventListener: signal.removeEventListener.bind(signal),
                throwIfAborted: signal.throwIfAborted.bind(signal),
            };
            await model.run(rows(1), { signal: foreign });
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
    it('after the call changes nothing, and a signal that lives on is let go of', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_5, await load('linear'), true);
            const { signal, abort } = wired();
            const answer = await model.run(rows(1), { signal });
            await rejection(() => model.call('nothing', [rows(1)], { signal }), 'ERR_METHOD_NOT_FOUND');
            expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
            abort();
            expect(answer.shape).to.deep.equal([1, 3]);
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
    it('ends a load whenever it comes, with the reason or with a model, and leaves nothing', async () => {
        const before = await modelsLoaded();
        const reason = new Error('no longer wanted');
        const loading = (signal) => outcome(load('linear', { signal }));
        expect(await loading(AbortSignal.abort(reason)), 'before it').to.equal(reason);
        let [aborted, turns] = [0, 0];
        for (let tooLate = 0; tooLate < 3; turns = Math.ceil(turns * 1.1) + 1) {
            const { signal, abort } = wired(reason);
            const load = loading(signal);
            await turn(turns);
            abort();
            const got = await load;
            if (got === reason)
                ++aborted;
            else {
                expect(got, `after ${turns} turns`).to.have.property('disposed', false);
                ++tooLate;
                await got.dispose();
            }
        }
        expect(aborted).to.be.at.least(1);
        expect(await modelsLoaded()).to.equal(before);
    });
});
function wired(reason) {
    const controller = new AbortController();
    return {
        signal: controller.signal,
        abort: () => {
            controller.abort(reason);
        },
    };
}
