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
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { loadModel } from 'node-libtorch';
import { node } from '../../support/child.js';
import { root } from '../../support/paths.js';
import { compiled, scratch } from '../../support/repack.js';
describe('the life of a compiled model', function () {
    this.timeout(60_000);
    const folder = scratch();
    it('says which device it was compiled for', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await loadModel(compiled('mlp')), true);
            expect(model.info.device.reason).to.match(/compiled for cpu/);
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
    it('the process exits in the middle of a run, with its own code', async () => {
        const script = join(folder(), 'exit.mjs');
        writeFileSync(script, `import { loadModel, Tensor } from ${JSON.stringify(`${root}dist/index.js`)};
       const model = await loadModel(${JSON.stringify(compiled('slow'))});
       void model.run(new Tensor('float32', new Float32Array(512 * 512), [512, 512]));
       setTimeout(() => process.exit(3), 30);`);
        for (let i = 0; i < 5; ++i) {
            const ended = await node([script], { NODE_LIBTORCH_TMPDIR: folder() });
            expect(ended, ended.stderr).to.deep.include({ code: 3, signal: null, stderr: '' });
        }
    });
    it('runs in worker threads, beside each other and after each other', async () => {
        const play = async () => {
            const workerData = { file: compiled('elementwise'), shape: [2, 32] };
            const worker = new Worker(`${root}test/engines/aoti/children/worker.mjs`, { workerData });
            const [answer] = (await once(worker, 'message'));
            await once(worker, 'exit');
            return answer;
        };
        const answers = await Promise.all(Array.from({ length: 4 }, play));
        answers.push(await play());
        for (const answer of answers)
            expect(answer.slice(0, 3)).to.deep.equal([2, 0, -2]);
    });
    it('what compiled code prints when it fails is kept from stderr; the rest of the process is not', async () => {
        const script = join(folder(), 'quiet.mjs');
        writeFileSync(script, `import { loadModel, Tensor } from ${JSON.stringify(`${root}dist/index.js`)};
       const model = await loadModel(${JSON.stringify(compiled('tokens'))});
       const ids = new Tensor('int64', BigInt64Array.of(99n), [1, 1]);
       await model.call('forward', [ids, Tensor.from([[true]])]).catch((error) => console.log(error.code));
       console.error('ours');
       await model.dispose();`);
        expect(await node([script])).to.deep.include({ code: 0, stdout: 'ERR_MODEL_EXECUTION\n', stderr: 'ours\n' });
    });
    it('is shown by inspect and run by run', () => {
        const cli = (...args) => spawnSync(process.execPath, [`${root}dist/cli/main.js`, ...args], { encoding: 'utf8' });
        const inspected = cli('inspect', compiled('elementwise'));
        expect(inspected.stdout)
            .to.match(/kind +aotinductor/)
            .and.match(/in x +float32 \[s\d+ 1\.\.8, 32\]/)
            .and.match(/out output +float32 \[s\d+ 1\.\.8, 32\]/);
        const input = join(folder(), 'input.json');
        writeFileSync(input, JSON.stringify([Array.from({ length: 32 }, (_, i) => i)]));
        const ran = cli('run', compiled('elementwise'), '--input', input, '--json');
        expect(JSON.parse(ran.stdout)).to.have.nested.property('output.data').that.deep.equals(new Array(32).fill(0));
        writeFileSync(input, '[1]');
        const wrong = cli('run', compiled('elementwise'), '--input', input);
        expect(wrong.status).to.equal(1);
        expect(wrong.stderr).to.match(/ERR_INVALID_SHAPE/);
    });
});
