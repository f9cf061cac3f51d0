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
/** Models whose rows depend on each other where only unusual rows, other arguments or large batches show it. */
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';
const load = (file, signature) => loadModel(fixture(`faults/rows-more/${file}`), signature && { signature });
const rows = (...names) => ({
    inputs: names.map((name) => ({ name, dtype: 'float32', shape: [null, 4] })),
    outputs: [],
});
const a = Tensor.from([[0.3, -1.2, 0.7, 0.1]]);
const b = Tensor.from([[1.1, 0.4, -0.5, 0.9]]);
/** What is independent with which example; none where there is a signature. */
const found = [
    ['difference_of_inputs.onnx', false],
    ['difference_of_inputs.pt', false, undefined, rows('a', 'b')],
    ['difference_of_inputs.pt', false, [a, a]],
    ['ratio_floor.pt', false, [a, b]],
    ['ratio_floor.pt', false, undefined, rows('a', 'b')],
    ['ratio.pt', true, [a, b]],
    ['peaky_only.pt', false, [a]],
    ['flat_only.pt', false, [a]],
    ['flat_only.pt', false, [Tensor.from([[1, 1, 1, 1]])]],
    ['very_negative_only.pt', false, [a]],
    ['very_negative_only.pt', false, [Tensor.from([[1, 2, 3, 4]])]],
    ['loud_sound.pt', false, [Tensor.from([[3, -7, 5, 0]], 'int16')]],
    ['sound.pt', true, [Tensor.from([[3, -7, 5, 0]], 'int16')]],
    ['zero_id.pt', false, [Tensor.from([[3, 7, 5]], 'int32')]],
    ['zero_id.pt', false, [new Tensor('int64', BigInt64Array.of(3n, 7n, 5n), [1, 3])]],
    ['positive_ids.pt', true, [Tensor.from([[3, 7, 5]], 'int32')]],
    ['any_nan.pt', false, [a]],
    ['rounding_and_mixing.pt', false, [a]],
    ['wide.pt', true, [a]],
];
describe('rows that depend on each other', () => {
    for (const [file, independent, example, signature] of found) {
        const given = example
            ? JSON.stringify(example.map((value) => Array.from(value.data, Number)))
            : 'none';
        it(`${file}, example ${given}: ${independent ? 'independent' : 'found out'}`, async () => {
            const env_1 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_1, await load(file, signature), true);
                const report = await model.warmup(example && { example });
                expect(report.rowIndependent, report.rowIndependence).to.equal(independent);
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
    /** Two rows at once in a queue, and each alone. */
    const answers = async (model, inputs, trusted = false) => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const queue = __addDisposableResource(env_2, new BatchQueue(model, { ...(trusted && { rowIndependent: true }), allowedBatchSizes: [4, 32] }), true);
            const joint = await Promise.all(inputs.map((input) => queue.run(input)));
            const alone = await Promise.all(inputs.map((input) => model.run(input)));
            const texts = (tensors) => tensors.map(({ data }) => [...data].join());
            return {
                joint: texts(joint),
                alone: texts(alone),
                sizes: queue.stats().batchSizes,
                padded: queue.stats().paddedRows,
            };
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
    };
    const one = Tensor.from([[1, 1, 1, 1]]);
    it('for arguments that warm-up has not seen: each call runs by itself', async () => {
        for (const [file, example, inputs] of [
            ['mode.pt', [a], [[a, 1], [b, 1]]], // prettier-ignore
            [
                'mode.pt',
                [a, 0],
                [
                    [a, 1],
                    [b, 1],
                ],
            ],
            [
                'maybe_mask.pt',
                [a],
                [
                    [a, one],
                    [b, one],
                ],
            ],
            [
                'scale.pt',
                [a, 0.5],
                [
                    [a, 2],
                    [b, 2],
                ],
            ],
        ]) {
            const env_3 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_3, await load(file), true);
                const report = await model.warmup({ example });
                expect(report.rowIndependent, report.rowIndependence).to.equal(true);
                const { joint, alone, sizes, padded } = await answers(model, inputs);
                expect(joint, file).to.deep.equal(alone);
                expect([sizes, padded], file).to.deep.equal([{ 1: 2 }, 0]);
                expect((await answers(model, [example, example])).sizes, file).to.deep.equal({ 2: 1 });
                expect((await answers(model, inputs, true)).sizes, file).to.deep.equal({ 2: 1 });
                // More rows than a batch has: not in parts.
                const [, ...others] = inputs[0];
                const rows = Tensor.from(Array.from({ length: 50 }, (_, i) => [i, 1, 2, 3]));
                const wide = others.map((value) => (value instanceof Tensor ? Tensor.from(rows.toArray()) : value));
                const large = await answers(model, [[rows, ...wide]]);
                expect(large.joint).to.deep.equal(large.alone);
                expect(large.sizes).to.deep.equal({ 50: 1 });
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
        }
    });
    it('and take no single row: a report, with the example of several rows', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_4, await load('refuses_one.pt'), true);
            const example = Tensor.from(Array.from({ length: 8 }, (_, i) => [i, 1, 2, 3 - i]));
            const report = await model.warmup({ example });
            expect([report.rowIndependent, report.batchSizes]).to.deep.equal([undefined, [8]]);
            expect(report.rowIndependence).to.match(/does not take 1 row/);
            await rejection(() => model.warmup({ example, batchSizes: [1] }), 'ERR_MODEL_EXECUTION');
            await rejection(() => model.warmup({ example: a }), 'ERR_MODEL_EXECUTION');
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
    it('as far as a tolerance allows: rows that are no numbers are not asked about', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_5, await load('any_nan.pt'), true);
            const tolerance = { absolute: 1, relative: 0 };
            expect((await model.warmup({ example: a, tolerance })).rowIndependent).to.equal(false);
            const mean = __addDisposableResource(env_5, await loadModel(fixture('faults/rows/mean_rows.pt')), true);
            const loose = { absolute: 1e9, relative: 0 };
            expect((await mean.warmup({ example: a, tolerance: loose })).rowIndependent).to.equal(true);
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
    it('in batches larger than any that warm-up has tried: a queue makes none', async () => {
        const env_6 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_6, await loadModel(fixture('faults/rows/unseen_above_40_rows.pt')), true);
            expect((await model.warmup({ example: a })).largestBatch).to.equal(32);
            const queue = __addDisposableResource(env_6, new BatchQueue(model, { maxBatchSize: 64, allowedBatchSizes: [16, 64] }), true);
            expect([queue.options.maxBatchSize, queue.options.allowedBatchSizes]).to.deep.equal([32, [16, 32]]);
            const found = await Promise.all(Array.from({ length: 64 }, (_, i) => queue.run(Tensor.from([[i, 0, 0, 1]]))));
            for (const [i, { data }] of found.entries())
                expect([...data]).to.deep.equal([2 * i, 0, 0, 2]);
            const trusting = __addDisposableResource(env_6, new BatchQueue(model, { maxBatchSize: 64, rowIndependent: true }), true);
            expect(trusting.options.maxBatchSize).to.equal(64);
            const wide = __addDisposableResource(env_6, await load('wide.pt'), true);
            expect((await wide.warmup({ example: a, batchSizes: [1, 64] })).largestBatch).to.equal(64);
            const all = __addDisposableResource(env_6, new BatchQueue(wide, { maxBatchSize: 64 }), true);
            expect(all.options.maxBatchSize).to.equal(64);
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
});
