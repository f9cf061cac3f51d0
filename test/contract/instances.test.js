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
import { contract, mayHave, onceStarted, rows, turn } from './contract.js';
contract('instances', ({ load, slow, brief }) => {
    /** How many of three runs had started after so many turns: those that an abort does not take away. */
    const started = async (model, turns) => {
        const controller = new AbortController();
        const options = { signal: controller.signal };
        const runs = [1, 2, 3].map(() => model.call('forward', slow.args, options).catch(() => undefined));
        await turn(turns);
        controller.abort();
        await Promise.all(runs);
        const count = model.pending;
        await model.call('forward', brief);
        return count;
    };
    it('one runs one at a time', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await load('slow'), true);
            await onceStarted(async (turns) => {
                const count = await started(model, turns);
                expect(count).to.be.at.most(1);
                return count === 1;
            });
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
    it('two run two at a time', async function () {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            if (!(await mayHave(2)))
                this.skip();
            const model = __addDisposableResource(env_2, await load('slow', { instances: 2 }), true);
            await onceStarted(async (turns) => {
                const count = await started(model, turns);
                expect(count).to.be.at.most(2);
                return count === 2;
            });
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
    it('a short run does not wait for a long one beside it', async function () {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            if (!(await mayHave(2)) || !slow.brief)
                this.skip();
            const model = __addDisposableResource(env_3, await load('slow', { instances: 2 }), true);
            await model.warmup({ example: slow.brief });
            const order = [];
            await Promise.all([
                model.call('forward', slow.args).then(() => order.push('long')),
                model.call('forward', slow.brief).then(() => order.push('short')),
            ]);
            expect(order).to.deep.equal(['short', 'long']);
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
    it('answer alike', async function () {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            if (!(await mayHave(2)))
                this.skip();
            const model = __addDisposableResource(env_4, await load('linear', { instances: 2 }), true);
            expect(model.info.instances).to.equal(2);
            const answers = await Promise.all(Array.from({ length: 40 }, () => model.run(rows(2))));
            for (const answer of answers)
                expect([...answer.data]).to.deep.equal([...answers[0].data]);
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
