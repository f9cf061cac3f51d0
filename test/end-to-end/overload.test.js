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
import { ModelHost } from '#dist/index.js';
import { createServer } from '#dist/server/index.js';
import { digits } from '../support/server/digits.js';
import { expectProblem, predict } from '../support/server/http.js';
const body = JSON.stringify({
    input_data: Array.from({ length: 128 }, (_, index) => digits[index % 10]?.input ?? []).flat(),
    batch_size: 128,
});
describe('the digit model under more load than it takes', () => {
    it('refuses with 429 what finds the queue full, and answers the rest', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const host = __addDisposableResource(env_1, await ModelHost.open({ models: [{ name: 'mnist-mlp', load: { maxPending: 1 } }] }), true);
            const server = __addDisposableResource(env_1, await createServer({ host, port: 0, logger: false }), true);
            const answers = await Promise.all(Array.from({ length: 64 }, () => predict(server.url, body)));
            const refused = answers.filter(({ status }) => status !== 200);
            for (const answer of refused) {
                expectProblem(answer, { status: 429, code: 'ERR_QUEUE_FULL' });
                expect(answer.headers.get('retry-after')).to.match(/^[1-5]$/);
            }
            expect(answers.length - refused.length).to.be.above(0);
            expect((await predict(server.url, body)).status).to.equal(200);
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
    it('answers 503 while loading, then serves; the host may close first', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const host = ModelHost.start({ models: [{ name: 'mnist-mlp' }] });
            const server = __addDisposableResource(env_2, await createServer({ host, port: 0, logger: false }), true);
            expect((await fetch(`${server.url}/health/live`)).status).to.equal(200);
            expect((await fetch(`${server.url}/health/ready`)).status).to.equal(503);
            expectProblem(await predict(server.url, body), { status: 503, code: 'ERR_NOT_READY' });
            await host.ready;
            expect((await predict(server.url, body)).status).to.equal(200);
            await host.close();
            expect((await fetch(`${server.url}/health/ready`)).status).to.equal(503);
            expectProblem(await predict(server.url, body), { status: 503, code: 'ERR_DRAINING' });
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
