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
/** Models whose rows depend on each other in some way, and models whose rows do not: what warm-up says of each. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor } from 'node-libtorch';
import { dtypeTable } from '#dist/tensor/dtype.js';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';
const folder = 'faults/rows/';
const cases = JSON.parse(readFileSync(fixture(`${folder}cases.json`), 'utf8'));
/** The example of an argument; further rows are like the first. */
function argument({ dtype, shape, data, value }, rows) {
    if (dtype === undefined)
        return value;
    const numbers = Array.from({ length: rows }, (_, row) => data.map((x, i) => {
        if (row === 0)
            return x;
        return dtype === 'float32'
            ? x * (1 + 0.3 * row) + 0.1 * ((i * row) % 3)
            : data[(i + row) % data.length];
    })).flat();
    const convert = dtype === 'int64' ? BigInt : Number;
    const array = new dtypeTable[dtype].array(numbers.length);
    for (const [i, x] of numbers.entries())
        array[i] = convert(x);
    return new Tensor(dtype, array, [rows, ...shape.slice(1)]);
}
function signatureOf({ file, inputs }) {
    if (file.endsWith('.pt2'))
        return undefined; // has its own
    return {
        inputs: inputs.map(({ name, dtype, shape }) => dtype === undefined
            ? { name, dtype: null, shape: null, type: 'int' }
            : { name, dtype, shape: [null, ...shape.slice(1)] }),
        outputs: [],
    };
}
const load = (file, signature) => loadModel(fixture(folder + file), signature && { signature });
describe('rows that depend on each other', () => {
    for (const one of cases) {
        const { file, independent, inputs } = one;
        const what = independent === null ? 'random' : independent ? 'independent' : 'found out';
        const isMadeUp = inputs.every(({ dtype }) => dtype !== undefined);
        it(`${file}: ${what}, with an example of one row, with one of three${isMadeUp ? ', and with none' : ''}`, async () => {
            for (const rows of isMadeUp ? [1, 3, 0] : [1, 3]) {
                const env_1 = { stack: [], error: void 0, hasError: false };
                try {
                    const model = __addDisposableResource(env_1, await load(file, rows === 0 ? signatureOf(one) : undefined), true);
                    const report = await model.warmup(rows === 0 ? {} : { example: inputs.map((input) => argument(input, rows)) });
                    const said = `${rows} rows: ${report.rowIndependence}`;
                    if (independent)
                        expect(report.rowIndependent, said).to.equal(true);
                    else
                        expect(report.rowIndependent, said).not.to.equal(true);
                    if (independent !== false)
                        expect(report.random, said).to.equal(independent === null);
                    if (independent === null)
                        expect(report.rowIndependence).to.match(/random/);
                    if (independent)
                        new BatchQueue(model); // is not refused
                    else {
                        const code = model.info.stateful ? 'ERR_STATEFUL_MODEL' : 'ERR_NOT_BATCHABLE';
                        await rejection(() => new BatchQueue(model), code);
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
            }
        });
    }
    it('of a dynamically quantised model: both messages name the cause, and the way to accept it', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            for (const file of ['dynamic_quantisation.pt', 'fake_quantised.pt', 'quantised.onnx']) {
                for (const row of [
                    [1, 2, 3, 4],
                    [0.1, -0.2, 0.3, 0.4],
                    [0, 0, 0, 0],
                    [1, 1, 1, 1],
                ]) {
                    const env_3 = { stack: [], error: void 0, hasError: false };
                    try {
                        const model = __addDisposableResource(env_3, await load(file), true);
                        const { rowIndependence } = await model.warmup({ example: Tensor.from([row]) });
                        const { message } = await rejection(() => new BatchQueue(model), 'ERR_NOT_BATCHABLE');
                        for (const said of [rowIndependence, message]) {
                            expect(said, `${file} [${row.join()}]`).to.match(/dynamically quantised/);
                            expect(said.match(/rowIndependent: true/g)).to.have.length(1);
                        }
                    }
                    catch (e_2) {
                        env_3.error = e_2;
                        env_3.hasError = true;
                    }
                    finally {
                        const result_2 = __disposeResources(env_3);
                        if (result_2)
                            await result_2;
                    }
                }
            }
            for (const file of ['mean_all.pt', 'max_all.pt', 'norm_rows.onnx']) {
                const env_4 = { stack: [], error: void 0, hasError: false };
                try {
                    const other = __addDisposableResource(env_4, await load(file), true);
                    expect((await other.warmup({ example: Tensor.from([[1, 2, 3, 4]]) })).rowIndependence).not.to.match(/quantised/);
                }
                catch (e_3) {
                    env_4.error = e_3;
                    env_4.hasError = true;
                }
                finally {
                    const result_3 = __disposeResources(env_4);
                    if (result_3)
                        await result_3;
                }
            }
            const model = __addDisposableResource(env_2, await load('dynamic_quantisation.pt'), true);
            const queue = __addDisposableResource(env_2, new BatchQueue(model, { rowIndependent: true }), true);
            expect((await queue.run(Tensor.from([[1, 2, 3, 4]]))).shape).to.deep.equal([1, 3]);
        }
        catch (e_4) {
            env_2.error = e_4;
            env_2.hasError = true;
        }
        finally {
            const result_4 = __disposeResources(env_2);
            if (result_4)
                await result_4;
        }
    });
    it('show in sizes that are warmed up', async () => {
        for (const [size, independent] of [
            [32, true],
            [48, false],
        ]) {
            const env_5 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_5, await load('unseen_above_40_rows.pt'), true);
                const report = await model.warmup({ example: Tensor.from([[1, 2, 3, 4]]), batchSizes: [1, size] });
                expect(report.rowIndependent, `${size} rows`).to.equal(independent);
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
        }
    });
    it('are looked for within the ranges alone', async () => {
        for (const [range, independent] of [
            [[0, 1], true],
            [[0, 1000], false],
        ]) {
            const env_6 = { stack: [], error: void 0, hasError: false };
            try {
                const signature = { inputs: [{ name: 'x', dtype: 'float32', shape: [null, 4], range }], outputs: [] };
                const model = __addDisposableResource(env_6, await load('loud_only.pt', signature), true);
                expect((await model.warmup()).rowIndependent, String(range)).to.equal(independent);
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
        }
    });
    it('say the same each time', async () => {
        for (const file of ['classifier.pt', 'difference.pt', 'sine.pt', 'argmax_features.pt', 'two_outputs.pt']) {
            const env_7 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_7, await load(file), true);
                for (let seed = 1; seed <= 40; ++seed) {
                    const example = Tensor.from([[1, 2, 3, 4].map((i) => Math.sin(seed * 7.3 + i))]);
                    expect((await model.warmup({ example })).rowIndependent, `${file}, ${seed}`).to.equal(true);
                }
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
        }
    });
});
