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
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadModel, ModelHost, Tensor } from 'node-libtorch';
import { checkAgainstRecord } from '#dist/serving/check-record.js';
import { node } from '../../support/child.js';
import { rejection } from '../../support/errors.js';
import { onnx, root } from '../../support/paths.js';
describe('ONNX behind the host and the command line', function () {
    this.timeout(60_000);
    const main = `${root}dist/cli/main.js`;
    it('is warmed up, batched and drained by ModelHost', async () => {
        const host = await ModelHost.open({
            models: [{ file: onnx('linear'), name: 'line', batching: { maxBatchSize: 8 } }],
        });
        const model = host.model('line');
        const x = new Tensor('float32', Float32Array.of(1, 2, 3, 4), [1, 4]);
        const answers = await Promise.all(Array.from({ length: 30 }, () => model.run(x)));
        for (const answer of answers)
            expect(answer.toArray()).to.deep.equal(answers[0]?.toArray());
        expect(model.queue?.stats().batches).to.be.below(30);
        await host.close();
    });
    it('is held to its record by the names of its outputs', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await loadModel(onnx('two')), true);
            const { sha256, artifactBytes: bytes } = model.info;
            const record = (width) => ({
                ...{ name: 'two', version: 'v1.0', artifact: { sha256, bytes } },
                signature: {
                    ...model.signature,
                    outputs: model.signature?.outputs.map((output) => ({ ...output, shape: [null, width] })).reverse(),
                },
            });
            await checkAgainstRecord(model, record(2), { run: true });
            const { message } = await rejection(() => checkAgainstRecord(model, record(3), { run: true }), 'ERR_SIGNATURE_MISMATCH');
            expect(message).to.include('greater');
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
    it('is inspected', async () => {
        const ended = await node([main, 'inspect', onnx('two')]);
        expect(ended.code, ended.stderr).to.equal(0);
        expect(ended.stdout)
            .to.match(/onnx/)
            .and.match(/forward\(a: Tensor, b: Tensor\)/)
            .and.match(/out\s+greater\s+bool \[batch, 2\]/);
        const json = await node([main, 'inspect', onnx('two'), '--json']);
        expect(JSON.parse(json.stdout)).to.include({ engine: 'onnx', optimize: 'all' });
    });
    it('is run', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'node-libtorch-cli-'));
        try {
            const input = join(folder, 'input.json');
            await writeFile(input, JSON.stringify({ args: { b: [[1, 2]], a: [[0.5, 2]] } }));
            const ended = await node([main, 'run', onnx('two'), '--input', input, '--json']);
            expect(ended.code, ended.stderr).to.equal(0);
            expect(JSON.parse(ended.stdout)).to.have.nested.property('output.next.data').that.deep.equals([2, 3]);
        }
        finally {
            await rm(folder, { recursive: true });
        }
    });
});
