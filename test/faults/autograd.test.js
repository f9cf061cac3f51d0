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
/** Gradients inside forward (T4): energies and forces, by every way to take a gradient in TorchScript. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';
const folder = 'faults/autograd/';
const file = (name) => fixture(`${folder}${name}.pt`);
const cases = JSON.parse(readFileSync(fixture(`${folder}cases.json`), 'utf8'));
const rows = (x) => new Tensor('float32', Float32Array.from(x), [x.length / 3, 3]);
async function gradient(model, method, x) {
    const value = await model.call(method, [rows(x)]);
    return Array.from((Array.isArray(value) ? value[1] : value).data);
}
async function answersAsPyTorch(model, { method, calls }, tolerance = 1e-4) {
    for (const { x, want } of calls) {
        const got = await gradient(model, method, x);
        expect(got).to.have.length(want.length);
        for (const [at, number] of got.entries())
            expect(number).to.be.closeTo(want[at], tolerance * (1 + Math.abs(number)));
    }
}
describe('faults: gradients inside forward', () => {
    for (const optimize of ['none', 'freeze', 'inference']) {
        for (const one of cases) {
            it(`answers as PyTorch, found from the graph: ${one.name}, optimize ${optimize}`, async () => {
                const env_1 = { stack: [], error: void 0, hasError: false };
                try {
                    const model = __addDisposableResource(env_1, await loadModel(file(one.name), { optimize }), true);
                    expect(model.info.autograd).to.equal(true);
                    expect(model.info.optimize).to.equal(optimize === 'inference' ? 'freeze' : optimize);
                    expect(model.info.warnings.some((text) => text.includes('inference'))).to.equal(optimize === 'inference');
                    await answersAsPyTorch(model, one);
                    await answersAsPyTorch(model, one);
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
    }
    it('is on when it is asked for, and in force for warm-up', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const [one] = cases;
            const model = __addDisposableResource(env_2, await loadModel(file(one.name), { autograd: true }), true);
            const warm = await model.warmup({ example: rows([1, 2, 3]) });
            expect(warm.runs).to.be.above(0);
            await answersAsPyTorch(model, one);
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
    it('is refused with optimize inference, and for what is no boolean', async () => {
        const error = await rejection(() => loadModel(file('Forces'), { autograd: true, optimize: 'inference' }), 'ERR_INVALID_ARGUMENT');
        expect(error.message)
            .to.match(/autograd/)
            .and.to.match(/inference/);
        await rejection(() => loadModel(file('Forces'), { autograd: 'yes' }), 'ERR_INVALID_ARGUMENT');
        await rejection(() => loadModel('model.onnx', { autograd: true }), 'ERR_INVALID_ARGUMENT');
    });
    for (const name of ['Forces', 'Backward', 'Double', 'Nested']) {
        it(`is named by the error of a run without it: ${name}`, async () => {
            const env_3 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_3, await loadModel(file(name), { autograd: false }), true);
                expect(model.info.autograd).to.equal(false);
                const error = await rejection(() => model.run(rows([1, 2, 3])), 'ERR_MODEL_EXECUTION');
                expect(error.message).to.match(/autograd: true/);
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
    it('leaves a model without gradients alone', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_4, await loadModel(fixture('torchscript/linear.pt')), true);
            expect(model.info.autograd).to.equal(false);
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
    it('runs on several instances at once', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const one = cases.find(({ name }) => name === 'RowForces');
            const model = __addDisposableResource(env_5, await loadModel(file(one.name), { instances: 2 }), true);
            await Promise.all(Array.from({ length: 12 }, () => answersAsPyTorch(model, one)));
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
    it('is batched where the rows are independent', async () => {
        const env_6 = { stack: [], error: void 0, hasError: false };
        try {
            const one = cases.find(({ name }) => name === 'RowForces');
            const model = __addDisposableResource(env_6, await loadModel(file(one.name)), true);
            await model.warmup({ example: rows([1, 2, 3, 4, 5, 6]), batchSizes: [1, 4] });
            const queue = new BatchQueue(model, { maxBatchSize: 4 });
            const xs = [1, 2, 3, 4].map((k) => [0.1 * k, 0.2 * k, 0.3 * k]);
            const together = await Promise.all(xs.map((x) => queue.run(rows(x))));
            for (const [i, x] of xs.entries()) {
                const alone = await gradient(model, 'forward', x);
                for (const [at, number] of Array.from(together[i]?.data).entries())
                    expect(number).to.be.closeTo(alone[at], 1e-5);
            }
            await queue.close();
        }
        catch (e_6) {
            env_6.error = e_6;
            env_6.hasError = true;
        }
        finally {
            const result_6 = __disposeResources(env_6);
            if (result_6)
                await result_6;
        }
    });
    it('hands out tensors that hang on no graph, the same ones in every run', async () => {
        const env_7 = { stack: [], error: void 0, hasError: false };
        try {
            const one = cases.find(({ name }) => name === 'Graphed');
            const model = __addDisposableResource(env_7, await loadModel(file(one.name)), true);
            const [{ x }] = one.calls;
            const kept = [];
            for (let i = 0; i < 200; ++i)
                kept.push(await gradient(model, 'forward', x));
            expect(new Set(kept.map((values) => values.join())).size).to.equal(1);
        }
        catch (e_7) {
            env_7.error = e_7;
            env_7.hasError = true;
        }
        finally {
            const result_7 = __disposeResources(env_7);
            if (result_7)
                await result_7;
        }
    });
});
