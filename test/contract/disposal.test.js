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
import { rejection } from '../support/errors.js';
import { contract, modelsLoaded, onceStarted, rows, turn } from './contract.js';
contract('disposal', ({ load, slow, brief }) => {
    it('lets what runs finish, drops what waits, and refuses what comes', async () => {
        await onceStarted(async (turns) => {
            const model = await load('slow');
            const order = [];
            const running = model.call('forward', slow.args).finally(() => order.push('run'));
            const ended = running.catch((error) => error);
            await turn(turns);
            const waiting = rejection(() => model.call('forward', slow.endless ?? slow.args), 'ERR_DISPOSED');
            const disposed = Promise.all([model.dispose(), model.dispose()]).then(() => order.push('disposal'));
            expect(model.disposed).to.equal(true);
            await rejection(() => model.call('forward', brief), 'ERR_DISPOSED');
            await waiting;
            const answer = await ended;
            await disposed;
            expect(order).to.deep.equal(['run', 'disposal']);
            expect(model.pending).to.equal(0);
            await model.dispose();
            // Had it not started, it was dropped like the other.
            if (!(answer instanceof Tensor))
                await rejection(() => running, 'ERR_DISPOSED');
            return answer instanceof Tensor;
        });
    });
    it('refuses every kind of call', async () => {
        const model = await load('linear');
        expect(model.disposed).to.equal(false);
        await model.dispose();
        const calls = [
            () => model.run(rows(1)),
            () => model.call('forward', [rows(1)]),
            () => model.execute('forward', [rows(1)]),
            () => model.warmup({ example: rows(2) }),
        ];
        for (const call of calls)
            await rejection(call, 'ERR_DISPOSED');
    });
    it('comes before everything else that may be wrong with a call', async () => {
        const model = (await load('linear'));
        const queue = new BatchQueue(model, { rowIndependent: true });
        await model.dispose();
        const aborted = AbortSignal.abort(new Error('given up'));
        const wrong = [rows(1), undefined, 'x', Tensor.from([1]), [], { nothing: 1 }, () => 1];
        const options = [undefined, { timeout: 5 }, { timeoutMs: -1 }, 5, { signal: aborted }];
        for (const input of wrong) {
            for (const given of options) {
                await rejection(() => model.run(input, given), 'ERR_DISPOSED');
                await rejection(() => model.call('nothing', input, given), 'ERR_DISPOSED');
                await rejection(() => model.call('forward', input, given), 'ERR_DISPOSED');
                await rejection(() => model.execute('forward', input, given), 'ERR_DISPOSED');
                await rejection(() => model.warmup(given), 'ERR_DISPOSED');
                await rejection(() => queue.run(input, given), 'ERR_DISPOSED');
                await rejection(() => queue.call('forward', input, given), 'ERR_DISPOSED');
            }
            await rejection(() => model.prepare('nothing', input), 'ERR_DISPOSED');
        }
        await rejection(() => new BatchQueue(model, { rowIndependent: true }), 'ERR_DISPOSED');
        await queue.close();
    });
    it('leaves the answers alone', async () => {
        const model = await load('linear');
        const answer = await model.run(rows(50));
        const values = [...answer.data];
        await model.dispose();
        expect([...answer.data]).to.deep.equal(values);
    });
    it('takes the model from the list, as does the end of a scope', async () => {
        const before = await modelsLoaded();
        {
            const env_1 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_1, await load('linear'), true);
                expect(model.disposed).to.equal(false);
                expect(await modelsLoaded()).to.equal(before + 1);
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
        }
        expect(await modelsLoaded()).to.equal(before);
    });
    it('touches no other model of the same file', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await load('linear'), true);
            await (await load('linear')).dispose();
            expect((await model.run(rows(1))).shape).to.deep.equal([1, 3]);
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
});
