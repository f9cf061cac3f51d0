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
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { runtime } from 'node-libtorch';
import { contract, modelsLoaded, rows } from './contract.js';
contract('info', ({ name, file, load, info }) => {
    const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
    it('tells what was loaded', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await load('linear', { device: 'cpu', maxPending: 7 }), true);
            const bytes = await readFile(file('linear'));
            expect(model.info).to.deep.include({
                engine: name,
                precision: 'auto',
                optimize: info.optimize,
                instances: 1,
                maxPending: 7,
                stateful: false,
                sha256: digest(bytes),
                artifactBytes: bytes.length,
                parameterBytes: info.parameterBytes,
            });
            expect(model.info.device.device).to.equal('cpu');
            expect(model.info.device.reason).to.match(/\w+ \w+/);
            expect(Object.isFrozen(model.info)).to.equal(true);
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
    it('tells what forward takes and returns', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_2, await load('linear'), true);
            expect(model.info.methods).to.deep.equal([
                { name: 'forward', args: [{ name: info.input, type: 'Tensor', hasDefault: false }], returns: ['Tensor'] },
            ]);
            const [input] = model.signature?.inputs ?? [];
            expect(input).to.deep.include(info.typed
                ? { name: info.input, dtype: 'float32', shape: [null, 4] }
                : { name: info.input, dtype: null, shape: null });
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
    it('takes optimize: none at its word', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_3, await load('linear', { optimize: 'none' }), true);
            expect(model.info.optimize).to.equal('none');
            expect((await model.run(rows(1))).shape).to.deep.equal([1, 3]);
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
    it('of the models that are loaded is in runtime.info(), in their order, with where they are and what they weigh', async () => {
        const env_4 = { stack: [], error: void 0, hasError: false };
        try {
            const before = await modelsLoaded();
            const listed = async () => (await runtime.info()).models.slice(before);
            const first = await load('linear', { device: 'cpu' });
            const second = __addDisposableResource(env_4, await load('mixing', { device: 'cpu', maxPending: 1 }), true);
            expect(await listed()).to.deep.equal([first, second].map(({ info: { engine, precision, instances, sha256, parameterBytes, artifactBytes } }) => {
                return { engine, device: 'cpu', precision, instances, sha256, parameterBytes, artifactBytes };
            }));
            const [, other] = await listed();
            await first.dispose();
            expect(await listed()).to.deep.equal([other]);
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
});
