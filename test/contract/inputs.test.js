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
import { detach, resizable } from '../support/memory.js';
import { contract, rows, signatureOf } from './contract.js';
contract('inputs', ({ load, info }) => {
    it('may be given alone, by position and by name', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await load('linear'), true);
            const x = rows(3);
            const { value, timings } = await model.execute('forward', [x]);
            expect(timings.queueMs).to.be.at.least(0);
            expect(timings.runMs).to.be.at.least(0);
            expect(await model.run(x)).to.deep.equal(value);
            expect(await model.run([x]), 'an array is by position').to.deep.equal(value);
            expect(await model.run({ [info.input]: x }), 'a plain object is by name').to.deep.equal(value);
            expect(await model.call('forward', [x])).to.deep.equal(value);
            expect(await model.call('forward', { [info.input]: x })).to.deep.equal(value);
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
    it('come with options of known names alone: a misspelt one is not silence', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await load('linear'), true);
            const queue = __addDisposableResource(env_2, new BatchQueue(model, { rowIndependent: true }), true);
            const x = rows(1);
            const misspelt = { timeout: 5 };
            for (const run of [
                () => model.run(x, misspelt),
                () => model.call('forward', [x], misspelt),
                () => model.warmup(misspelt),
                () => queue.run(x, misspelt),
            ]) {
                const { message } = await rejection(run, 'ERR_INVALID_ARGUMENT');
                expect(message)
                    .to.include('"timeout"')
                    .and.to.not.match(/owned|bounds/);
            }
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
    it('are refused by a disposed model before anything else', async () => {
        const model = await load('linear');
        await model.dispose();
        for (const run of [
            () => model.run(rows(1), { timeout: 5 }),
            () => model.call('nothing', []),
            () => model.run(5),
        ])
            await rejection(run, 'ERR_DISPOSED');
    });
    it('go by the names of the given signature', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const signature = signatureOf('wave');
            if (!info.mayRename) {
                await rejection(() => load('linear', { signature }), 'ERR_SIGNATURE_MISMATCH');
                return;
            }
            const model = __addDisposableResource(env_3, await load('linear', { signature }), true);
            const x = rows(3);
            expect(await model.call('forward', { wave: x })).to.deep.equal(await model.run(x));
            await rejection(() => model.call('forward', { other: x }), 'ERR_INVALID_INPUT');
            expect((await model.warmup({ example: { wave: x } })).runs).to.equal(3);
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
    it('are used as they were when the run was submitted, and the caller’s memory is left alone', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_4, await load('linear'), true);
            const data = Float32Array.of(9, 9, 1, 2, 3, 4).subarray(2);
            const x = new Tensor('float32', data, [1, 4]);
            const before = await model.run(x);
            const run = model.run(x);
            const again = model.run(x); // waits
            data.fill(1e9);
            expect((await run).toArray()).to.deep.equal(before.toArray());
            expect((await again).toArray()).to.deep.equal(before.toArray());
            expect(data).to.have.length(4);
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
    it('survive the transfer of their buffer during the run', async () => {
        const env_5 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_5, await load('linear'), true);
            const x = rows(2);
            const before = await model.run(x);
            const runs = [model.run(x), model.run(x)];
            detach(x.data.buffer);
            for (const run of runs)
                expect(await run).to.deep.equal(before);
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
    it('whose buffer is gone or has shrunk are refused, by a run and by a queue', async () => {
        const env_6 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_6, await load('linear'), true);
            const queue = __addDisposableResource(env_6, new BatchQueue(model, { rowIndependent: true }), true);
            const gone = rows(2);
            detach(gone.data.buffer);
            const buffer = resizable(32, 64);
            const shrunk = new Tensor('float32', new Float32Array(buffer), [2, 4]);
            buffer.resize(16);
            for (const input of [gone, shrunk]) {
                await rejection(() => model.run(input), 'ERR_INVALID_SHAPE');
                await rejection(() => queue.run(input), 'ERR_INVALID_SHAPE');
            }
            expect((await model.run(rows(1))).shape).to.deep.equal([1, 3]);
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
    it('may have no rows, where the model takes none', async () => {
        const env_7 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_7, await load('linear'), true);
            const answer = await model.run(new Tensor('float32', new Float32Array(), [0, 4])).catch((error) => error);
            if (answer instanceof Tensor)
                expect(answer.shape).to.deep.equal([0, 3]);
            else
                await rejection(() => Promise.reject(answer), 'ERR_INVALID_SHAPE');
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
