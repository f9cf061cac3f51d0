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
// What users write, and what must not compile.
import { createServer as createHttpServer } from 'node:http';
import { BatchQueue, loadModel, ModelHost, ModelRegistry, runtime, Tensor, TorchError } from 'node-libtorch';
import { createApp, createServer } from 'node-libtorch/server';
import { softmax, topK } from 'node-libtorch/tasks';
const signature = {
    inputs: [{ name: 'rows', dtype: 'float32', shape: [null, 4] }],
    outputs: [{ name: 'scores', dtype: 'float32', shape: [null, 3] }],
};
const options = { timeoutMs: 100, signal: AbortSignal.timeout(1000) };
export async function main(path) {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        const model = __addDisposableResource(env_1, await loadModel(path, { device: 'cpu', precision: 'fp32', signature }), true);
        const output = await model.run(Tensor.from([[1, 2, 3, 4]]), options);
        const data = softmax(output).data;
        const values = await model.call('forward', [output]);
        values[0].shape.map((size) => size + 1);
        const queue = __addDisposableResource(env_1, new BatchQueue(model, { maxBatchSize: 8 }), true);
        topK(await queue.run(output), 2);
        const registry = await ModelRegistry.open();
        await registry.resolve('mnist-mlp');
        const host = await ModelHost.open({ models: [{ name: 'mnist-mlp' }] });
        createHttpServer(createApp({ host, logger: false }));
        const server = await createServer({ host, port: 0 });
        await server.close();
        const error = data;
        if (error instanceof TorchError)
            console.log(error.code, await runtime.info());
        // @ts-expect-error a model has a path, which is text
        await loadModel(1);
        // @ts-expect-error no such precision
        await loadModel(path, { precision: 'fp8' });
        // @ts-expect-error an option that there is not
        new BatchQueue(model, { maxBatch: 8 });
        // @ts-expect-error int4 is no dtype
        Tensor.from([1], 'int4');
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
