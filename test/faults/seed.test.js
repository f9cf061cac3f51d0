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
/** T10, runtime.manualSeed: random operators can be repeated. */
import { stat } from 'node:fs/promises';
import { expect } from 'chai';
import { loadModel, runtime, Tensor } from 'node-libtorch';
import { node } from '../support/child.js';
import { fixture } from '../support/paths.js';
import { rejection } from '../support/errors.js';
const draws = fixture('faults/seed/draws.pt');
const input = Tensor.from([1, 2, 3, 4, 5, 6, 7, 8]);
const drawn = async (model) => (await model.run(input)).map(({ dtype, shape, data }) => [dtype, shape, ...data].map(String));
describe('runtime.manualSeed', () => {
    it('makes runs draw the same numbers again: dropout, normal, uniform, Bernoulli and integers', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await loadModel(draws), true);
            const runs = [];
            for (const seed of [7, 7, 8]) {
                await runtime.manualSeed(seed);
                runs.push([await drawn(model), await drawn(model)]);
            }
            expect(runs[1]).to.deep.equal(runs[0]);
            expect(runs[2]).to.not.deep.equal(runs[0]);
            const [[first, second]] = runs;
            expect(second, 'the sequence goes on from run to run').to.not.deep.equal(first);
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
    it('is one sequence for all models of the process', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const one = __addDisposableResource(env_2, await loadModel(draws), true);
            const two = __addDisposableResource(env_2, await loadModel(draws, { optimize: 'none' }), true);
            await runtime.manualSeed(3);
            const alone = [await drawn(one), await drawn(one)];
            await runtime.manualSeed(3);
            expect([await drawn(two), await drawn(one)]).to.deep.equal(alone);
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
    it('draws what PyTorch draws', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_3, await loadModel(draws), true);
            await runtime.manualSeed(0);
            const [dropped, normal, , , integers] = await model.run(input);
            // PyTorch 2.15 in Python, the same file: torch.manual_seed(0), then the module.
            expect([...dropped.data]).to.deep.equal([0, 0, 6, 0, 0, 0, 14, 16]);
            const expected = [
                -0.71925759, -0.40334353, -0.59663534, 0.18203649, -0.85667461, 1.10060418, -1.07118738, 0.12270125,
            ];
            for (const [i, value] of expected.entries())
                expect(Number(normal.data[i])).to.be.closeTo(value, 1e-6);
            expect([...integers.data].map(Number)).to.deep.equal([771, 757, 283, 395]);
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
    it('waits for a run that draws on a thread of its own: files are read meanwhile', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_4, await loadModel(fixture('faults/seed/long.pt')), true);
            const started = performance.now();
            const run = model.run([60_000_000]).then(() => performance.now() - started);
            await new Promise((resolve) => setTimeout(resolve, 50));
            // libuv's pool has four threads.
            const seeds = [1, 2, 3, 4].map((seed) => runtime.manualSeed(seed));
            await stat(draws);
            const read = performance.now() - started;
            await Promise.all(seeds);
            expect(read).to.be.below((await run) / 2);
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
    it('takes bigints of 64 bits, and 0', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_5, await loadModel(draws), true);
            const seeds = [0, 0n, Number.MAX_SAFE_INTEGER, 2n ** 53n - 1n, 2n ** 64n - 1n];
            const first = [];
            for (const seed of seeds) {
                await runtime.manualSeed(seed);
                first.push(await drawn(model));
            }
            expect(first[1]).to.deep.equal(first[0]);
            expect(first[3]).to.deep.equal(first[2]);
            expect(first[4]).to.not.deep.equal(first[0]);
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
    for (const seed of [-1, 1.5, NaN, Infinity, 2 ** 53, -1n, 2n ** 64n, '1', null, undefined, [1]]) {
        it(`refuses ${String(seed)} (${typeof seed})`, async () => {
            const error = await rejection(() => runtime.manualSeed(seed), 'ERR_INVALID_ARGUMENT');
            expect(error.message).to.include('seed');
        });
    }
    it('may come before the first load, which it does not cause', async () => {
        const script = `
      import { loadModel, runtime, Tensor } from 'node-libtorch';
      await runtime.manualSeed(5);
      runtime.configure({ intraOpThreads: 1 }); // refused once LibTorch is there
      const draw = async () => [...(await model.run(Tensor.from([1, 2, 3, 4])))[1].data];
      const model = await loadModel(${JSON.stringify(draws)});
      const early = await draw();
      await runtime.manualSeed(5);
      console.log(JSON.stringify([early, await draw()]));`;
        const { stdout, stderr } = await node(['--input-type=module', '-e', script]);
        expect(stderr).to.equal('');
        const [early, late] = JSON.parse(stdout);
        expect(early).to.deep.equal(late);
    });
});
