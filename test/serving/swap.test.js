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
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelHost, runtime, Tensor } from 'node-libtorch';
import { node } from '../support/child.js';
import { padded, withTensors } from '../support/large-model.js';
import { digitModel, fixture } from '../support/paths.js';
const callers = 64;
const reloads = 20;
describe('a swap under load', function () {
    this.timeout(120_000);
    let folder;
    before(() => (folder = mkdtempSync(join(tmpdir(), 'node-libtorch-swap-'))));
    after(() => rmSync(folder, { recursive: true }));
    const row = (rows) => new Tensor('float32', new Float32Array(784 * rows).fill(0.5), [rows, 784]);
    const cases = {
        'of a batching model': {
            batching: { maxBatchSize: 16, checkRows: 3 },
            warmup: { batchSizes: [1, 16], example: row(1) },
        },
        'of a model without batching': { warmup: { example: row(1), batchSizes: [1] }, load: { instances: 2 } },
    };
    for (const [what, options] of Object.entries(cases)) {
        it(`${what} loses no call: ${callers} callers, ${reloads} reloads`, async () => {
            const env_1 = { stack: [], error: void 0, hasError: false };
            try {
                const file = join(folder, 'digits.pt');
                copyFileSync(digitModel, file);
                const host = __addDisposableResource(env_1, await ModelHost.open({ models: [{ file, ...options }] }), true);
                const models = (await runtime.info()).models.length;
                const [expected] = [...(await host.model().run(row(1))).data];
                const kept = host.model();
                let isOver = false;
                const answers = new Map();
                const failures = [];
                // Half of them ask for the model at each call, a quarter a turn before it, and the others kept it from the start.
                const call = async (caller) => {
                    const rows = 1 + (caller % 3);
                    if (caller % 4 === 3)
                        return kept.run(row(rows));
                    const served = host.model();
                    if (caller % 4 === 2)
                        await new Promise((resolve) => setImmediate(resolve));
                    return served.run(row(rows));
                };
                const callFor = async (caller) => {
                    while (!isOver) {
                        try {
                            const { data } = await call(caller);
                            if (Math.abs(Number(data[0]) - Number(expected)) > 1e-4)
                                throw new Error('another answer');
                            const { sha256 } = host.model().model.info;
                            answers.set(sha256, (answers.get(sha256) ?? 0) + 1);
                        }
                        catch (error) {
                            failures.push(error);
                            return;
                        }
                    }
                };
                const running = Array.from({ length: callers }, (_, caller) => callFor(caller));
                for (let i = 1; i <= reloads && failures.length === 0; ++i) {
                    await padded(digitModel, file, i); // other bytes, the same answers
                    await host.load({ name: 'digits' });
                    const { sha256 } = host.model().model.info;
                    while (!answers.has(sha256) && failures.length === 0)
                        await new Promise((resolve) => setImmediate(resolve));
                }
                isOver = true;
                await Promise.all(running);
                expect(failures).to.deep.equal([]);
                expect(answers.size, 'each of them has answered').to.equal(reloads + 1);
                expect((await runtime.info()).models.length).to.equal(models);
                expect(host.inFlight).to.equal(0);
                const { inference_stats } = host.model().statistics();
                const sum = [...answers.values()].reduce((all, count) => all + count, 1);
                expect(inference_stats.success.count, 'every call is counted').to.equal(sum);
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
    }
    it('gives all memory back: 128 MiB of weights, reloaded 6 times, and unloaded', async function () {
        if (process.platform !== 'linux')
            this.skip();
        const path = join(folder, 'weights.pt');
        await withTensors(fixture('faults/memory/one.zip'), path);
        const ended = await node(['test/serving/children/reloads.mjs', path, '6']);
        expect(ended, ended.stderr).to.include({ code: 0 });
        const { before, loaded, reloaded, unloaded, models, listeners } = JSON.parse(ended.stdout);
        const slack = 48;
        expect(loaded - before, 'loaded').to.be.within(120, 128 + slack);
        expect(reloaded - loaded, 'after the reloads').to.be.at.most(slack);
        expect(unloaded - before, 'unloaded').to.be.at.most(slack);
        expect(models, 'live models').to.equal(0);
        expect(listeners, 'of the signal').to.equal(0);
    });
});
