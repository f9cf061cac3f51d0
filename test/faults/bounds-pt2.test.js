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
/** Sizes that compiled packages take: those that were exported, not those that PyTorch conjectured while it compiled. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture, root } from '../support/paths.js';
import { recordedCases } from '../support/recorded.js';
import { compiled, entriesIn, scratch } from '../support/repack.js';
import { expectValue } from '../support/values.js';
import { zip } from '../support/zip.js';
const folder = 'faults/bounds-pt2';
const file = (name) => fixture(`${folder}/${name}.pt2`);
const images = (rows) => new Tensor('float32', new Float32Array(rows * 48), [rows, 3, 4, 4]);
async function expectAnswers(model, name) {
    const rows = [];
    for (const { ways, expected, tolerance } of recordedCases(folder).find((one) => one.name === name)?.calls ?? []) {
        const args = ways([])[0];
        expectValue(await model.call('forward', args), expected, tolerance);
        rows.push(args[0]?.shape[0]);
    }
    return rows;
}
describe('sizes that compiled packages take', () => {
    const temporary = scratch();
    const changed = async (path, change) => {
        const copy = join(temporary(), `${Math.random().toString(36).slice(2)}.pt2`);
        writeFileSync(copy, zip(change(await entriesIn(path))));
        return copy;
    };
    // PyTorch chooses a convolution's backend by "16 rows or more", and writes "at most 15" into the source.
    it('a convolution exported for 1 to 64 rows answers as PyTorch for each of them', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await loadModel(file('images')), true);
            expect(await expectAnswers(model, 'images')).to.include.members([1, 15, 16, 64]);
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
    it('in a queue too, in batches of more than 15 rows', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await loadModel(file('images')), true);
            expect((await model.warmup({ batchSizes: [1, 32] })).batchSizes).to.deep.equal([1, 32]);
            const queue = __addDisposableResource(env_2, new BatchQueue(model, { maxBatchSize: 32 }), true);
            const sizes = [];
            queue.on('batch', ({ rows }) => sizes.push(rows));
            await Promise.all(Array.from({ length: 96 }, () => queue.run(images(1))));
            expect(Math.max(...sizes)).to.be.greaterThan(15);
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
    it('where its kernels cannot be read, more than 15 rows are refused with the reason and both ways out', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const path = await changed(file('images'), (all) => all.filter(({ name }) => !name.endsWith('.kernel.cpp')));
            const model = __addDisposableResource(env_3, await loadModel(path), true);
            await model.run(images(15));
            const { message } = await rejection(() => model.run(images(16)), 'ERR_INVALID_SHAPE');
            expect(message)
                .to.match(/1\.\.15/)
                .and.to.match(/check that PyTorch wrote/);
            expect(message)
                .to.match(/node_libtorch_export\.py/)
                .and.to.match(/signature/);
            // One of them.
            const image = {
                name: 'image',
                dtype: 'float32',
                shape: [null, 3, 4, 4],
                bounds: [{ min: 1, max: 64 }, null, null, null],
            };
            const vouched = __addDisposableResource(env_3, await loadModel(path, { signature: { inputs: [image], outputs: [] } }), true);
            await expectAnswers(vouched, 'images');
            const beyond = await rejection(() => vouched.run(images(65)), 'ERR_INVALID_SHAPE');
            expect(beyond.message).not.to.match(/check that PyTorch wrote/);
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
    it('the ranges of an exported program in the package count', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const program = (symbol) => JSON.stringify({ range_constraints: { [symbol]: { min_val: 1, max_val: 40 } } });
            const source = (await entriesIn(file('images'))).find(({ name }) => name.endsWith('.wrapper.cpp'))?.data.toString();
            const symbol = /int64_t (s\d+) =/.exec(String(source))?.[1];
            const path = await changed(file('images'), (all) => [
                ...all,
                { name: 'images/models/model.json', data: Buffer.from(program(symbol)) },
            ]);
            const model = __addDisposableResource(env_4, await loadModel(path), true);
            await model.run(images(40));
            await rejection(() => model.run(images(41)), 'ERR_INVALID_SHAPE');
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
    it('a bound that keeps reads inside a table stays', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const table = __addDisposableResource(env_5, await loadModel(file('table')), true);
            await expectAnswers(table, 'table');
            await rejection(() => table.run(new Tensor('float32', new Float32Array(13), [13])), 'ERR_INVALID_SHAPE');
            const mlp = __addDisposableResource(env_5, await loadModel(compiled('mlp')), true);
            const { message } = await rejection(() => mlp.run(new Tensor('float32', new Float32Array(260), [65, 4])), 'ERR_INVALID_SHAPE');
            expect(message).to.match(/1\.\.64/);
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
    it('a wrong rank, dtype or fixed size never reaches the code, whatever bounds are lifted', async () => {
        const env_6 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_6, await loadModel(file('images')), true);
            for (const [shape, code] of [
                [[2, 3, 4], 'ERR_INVALID_SHAPE'],
                [[2, 3, 4, 5], 'ERR_INVALID_SHAPE'],
                [[2, 4, 4, 4], 'ERR_INVALID_SHAPE'],
                [[0, 3, 4, 4], 'ERR_INVALID_SHAPE'],
            ]) {
                const elements = shape.reduce((product, size) => product * size, 1);
                await rejection(() => model.run(new Tensor('float32', new Float32Array(elements), shape)), code);
            }
            await rejection(() => model.run(new Tensor('float64', new Float64Array(48), [1, 3, 4, 4])), 'ERR_INVALID_DTYPE');
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
describe('what our exporter writes down', () => {
    it('names of dimensions, for inputs and outputs', async () => {
        const env_7 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_7, await loadModel(file('mixed')), true);
            expect(model.signature?.inputs.map(({ symbols }) => symbols)).to.deep.equal([
                ['batch', null],
                ['batch', 'columns'],
            ]);
            expect(model.signature?.outputs[0]).to.deep.equal({
                ...{ name: 'sum', dtype: 'float32', shape: [null, 3] },
                bounds: [{ min: 1, max: 64 }, null],
                symbols: ['batch', null],
            });
            const inspected = spawnSync(process.execPath, [`${root}dist/cli/main.js`, 'inspect', file('mixed')], {
                encoding: 'utf8',
            });
            expect(inspected.stdout).to.match(/in y +float32 \[batch 1\.\.64, columns 2\.\.9\]/);
            expect(inspected.stdout).to.match(/out sum +float32 \[batch 1\.\.64, 3\]/);
            const x = new Tensor('float32', new Float32Array(65 * 3), [65, 3]);
            const { message } = await rejection(() => model.call('forward', [x, x]), 'ERR_INVALID_SHAPE');
            expect(message).to.match(/batch 1\.\.64/);
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
    it('None, ints and bools among the results come out as in Python', async () => {
        const env_8 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_8, await loadModel(file('mixed')), true);
            expect(await expectAnswers(model, 'mixed')).to.deep.equal([2, 1]);
            expect(model.signature?.outputs.map(({ name, type }) => [name, type])).to.deep.equal([
                ['sum', undefined],
                ['hidden', 'NoneType'],
                ['classes', 'int'],
                ['rows', 'int'],
                ['flag', 'bool'],
                ['all.0', undefined],
                ['all.1', 'NoneType'],
            ]);
            await model.warmup();
            await rejection(() => new BatchQueue(model), 'ERR_NOT_BATCHABLE');
        }
        catch (e_8) {
            env_8.error = e_8;
            env_8.hasError = true;
        }
        finally {
            const result_8 = __disposeResources(env_8);
            if (result_8)
                await result_8;
        }
    });
});
