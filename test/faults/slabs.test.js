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
/** N5: memory that a batch was gathered in is used again only once nothing refers to it: no model that kept its input. */
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { startAddon } from '#dist/engines/torch/started-addon.js';
import { slabPool } from '#dist/model/collate.js';
import { fixture } from '../support/paths.js';
const row = (value) => new Tensor('float32', Float32Array.of(value), [1, 1]);
/** One batch of the rows. What a queue does, without its verdict on the model: these keep what they get, in many ways. */
async function batch(model, ...rows) {
    const calls = rows.map((value) => model.prepare('forward', [row(value)]));
    return (await model.runBatch(calls)).values;
}
const numbers = (values) => values.map((value) => value.data[0]);
describe('inputs that a model keeps', () => {
    for (const optimize of ['none', 'freeze']) {
        const load = async (name) => (await loadModel(fixture(`faults/slabs/keeps_${name}.pt`), { optimize }));
        for (const name of ['list', 'dict', 'view']) {
            it(`(${name}, ${optimize}) are as they came, whatever later batches hold`, async () => {
                const env_1 = { stack: [], error: void 0, hasError: false };
                try {
                    const model = __addDisposableResource(env_1, await load(name), true);
                    const first = name === 'view' ? 12 : 11; // the view is of the last row
                    for (const rows of [
                        [11, 12],
                        [22, 23],
                        [33, 34],
                        [44, 45],
                    ]) {
                        expect(numbers(await batch(model, ...rows))).to.deep.equal([first, first]);
                    }
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
        it(`(one of them, ${optimize}) is the one before, each time`, async () => {
            const env_2 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_2, await load('last'), true);
                const answers = [];
                for (const value of [11, 22, 33, 44])
                    answers.push(...numbers(await batch(model, value)));
                expect(answers).to.deep.equal([0, 11, 22, 33]);
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
        it(`(${optimize}) are not the memory of an answer that is the input`, async () => {
            const env_3 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_3, await load('returns'), true);
                const seen = [];
                for (const value of [11, 22, 33]) {
                    const [answer] = await batch(model, value);
                    const [own, first] = answer;
                    expect([own.data[0], first.data[0]]).to.deep.equal([value, 11]);
                    own.data[0] = -1; // the caller's own
                    seen.push(own);
                }
                expect(numbers(seen)).to.deep.equal([-1, -1, -1]);
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
    }
    it('cost nothing else: memory is free again after the run of a model that keeps nothing, and its neighbour’s is not', async () => {
        const { addon } = await startAddon();
        for (const [file, isFree] of [
            ['torchscript/linear.pt', true],
            ['faults/slabs/keeps_list.pt', false],
        ]) {
            const env_4 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_4, await loadModel(fixture(file)), true);
                const memory = addon.allocateBytes(4096);
                expect(addon.isFree(memory)).to.equal(true);
                const columns = isFree ? 4 : 1;
                await model.run(new Tensor('float32', new Float32Array(memory, 0, 2 * columns), [2, columns]));
                expect(addon.isFree(memory), file).to.equal(isFree);
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
        }
    });
    it('leave a pool that gives out what is free, and asks for more only then', () => {
        const asked = [];
        const kept = new Set();
        const allocate = (bytes) => (asked.push(new ArrayBuffer(bytes)), asked.at(-1));
        const pool = slabPool(allocate, (slab) => !kept.has(slab));
        const first = pool.take(5000);
        pool.give(first);
        expect(pool.take(8000)).to.equal(first);
        kept.add(first);
        pool.give(first);
        expect(pool.take(8000)).not.to.equal(first);
        expect(asked.map(({ byteLength }) => byteLength)).to.deep.equal([8192, 8192]);
    });
});
