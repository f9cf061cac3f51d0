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
import { loadModel, runtime } from 'node-libtorch';
import { availableCores } from '#dist/model/threads.js';
import { node } from '../../support/child.js';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';
const slow = fixture('torchscript/slow.pt');
const prints = fixture('torchscript/prints.pt');
/** As many as the cores allow, and 4 where they allow more. */
const several = Math.min(4, Math.floor(availableCores()));
/** Thread counts are fixed once per process, so every case has one of its own. */
async function play(settings, mode = [], { model = slow, env = {} } = {}) {
    const script = 'test/engines/torch/children/runtime.mjs';
    const clean = { OMP_NUM_THREADS: undefined, MKL_NUM_THREADS: undefined, ...env };
    const ended = await node([script, JSON.stringify(settings), model, ...mode], clean);
    expect(ended, ended.stderr).to.include({ code: 0, signal: null });
    const report = JSON.parse(ended.stdout.trimEnd().split('\n').at(-1) ?? '');
    return { ...report, stderr: ended.stderr, stdout: ended.stdout };
}
describe('runtime', () => {
    it('lists a model with the precision that it was converted to', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await loadModel(fixture('torchscript/conv2d.pt'), { device: 'cpu', precision: 'fp32' }), true);
            expect((await runtime.info()).models.at(-1)).to.include({ precision: 'fp32', sha256: model.info.sha256 });
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
    describe('configure', () => {
        it('puts the counts in force: in LibTorch, in the variables of OpenMP and MKL, and in real threads', async () => {
            const env = { OMP_NUM_THREADS: '9', MKL_NUM_THREADS: '9' }; // what was configured comes before
            const one = await play({ intraOpThreads: 1 }, [], { env });
            const more = await play({ intraOpThreads: several, interOpThreads: 3 }, [], { env });
            expect(one.info.threads).to.deep.equal({ intraOp: 1, interOp: 1 });
            expect(more.info.threads).to.deep.equal({ intraOp: several, interOp: 3 });
            expect(one).to.include({ OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' });
            expect(more).to.include({ OMP_NUM_THREADS: String(several), MKL_NUM_THREADS: String(several) });
            if (process.platform !== 'linux')
                return;
            // One worker, and the helpers: OpenMP's, and as many in a pool of LibTorch's own that idles.
            expect(one.started, 'threads started').to.equal(1);
            expect(more.started, 'threads started').to.be.within(several, 1 + 2 * (several - 1));
        });
        it('has a default that leaves a core to the event loop', async () => {
            const { info, OMP_NUM_THREADS } = await play({});
            const threads = Math.max(1, Math.floor(info.cores) - 1);
            expect(info.threads).to.deep.equal({ intraOp: threads, interOp: 1 });
            expect(OMP_NUM_THREADS).to.equal(String(threads));
        });
        it('is refused after a load, and changes nothing', async () => {
            const { late, info } = await play({ intraOpThreads: 7 }, ['late']);
            expect(late).to.equal('ERR_ALREADY_INITIALIZED');
            expect(info.threads.intraOp).to.not.equal(7);
        });
        it('is refused after info(), which loads LibTorch too', async () => {
            const ended = await node(['test/engines/torch/children/runtime.mjs', '{"intraOpThreads":1}', slow, 'info-first']);
            expect(ended.code).to.equal(1);
            expect(ended.stderr).to.match(/ERR_ALREADY_INITIALIZED/);
        });
        const wrong = [0, -1, 1.5, NaN, Infinity, 1025, '2', null, 2n];
        for (const value of wrong) {
            it(`refuses ${String(value)} (${typeof value}) threads`, async () => {
                const set = (settings) => () => {
                    runtime.configure(settings);
                };
                await rejection(set({ intraOpThreads: value }), 'ERR_INVALID_ARGUMENT');
                await rejection(set({ interOpThreads: value }), 'ERR_INVALID_ARGUMENT');
            });
        }
        it('refuses an unknown setting, and what is no object', async () => {
            for (const settings of [{ threads: 1 }, null, 'x', 5, undefined]) {
                await rejection(() => {
                    runtime.configure(settings);
                }, 'ERR_INVALID_ARGUMENT');
            }
        });
    });
    it('tells what is loaded and in force', async () => {
        const info = await runtime.info();
        expect(info.libtorch.version).to.match(/^2\.\d+\.\d+/);
        expect(info.libtorch.path).to.match(/^[/A-Z]/);
        expect(['LIBTORCH', 'cache', 'package', 'python']).to.include(info.libtorch.source);
        expect(info.libtorch.cuda).to.be.a('boolean');
        expect(info.addon.path).to.match(/\.node$/);
        expect(info.addon.torchVersion.split('.').slice(0, 2)).to.deep.equal(info.libtorch.version.split('.').slice(0, 2));
        expect(info.threads.intraOp).to.be.at.least(1);
        expect(info.cores).to.be.at.least(1);
        expect(info.cpuCapability).to.be.a('string').with.length.above(2);
        expect(info.bfloat16).to.be.a('boolean');
        expect(info.devices[0]).to.deep.equal({ name: 'cpu', type: 'cpu' });
        for (const name of ['mkl', 'onednn', 'openmp'])
            expect(info[name]).to.be.a('string').and.not.include('\n');
    });
    it('sends what a model prints to stderr, on one line, without control characters; stdout is the program’s own', async () => {
        const text = 'first\nsecond\u001b[31m\u0007\r\ttab é\u007f';
        const { stdout, stderr } = await play({ intraOpThreads: 1 }, ['print', text], { model: prints });
        const escaped = 'first\\nsecond\\x1b[31m\\x07\\x0d\\x09tab é\\x7f';
        expect(stderr).to.equal(`node-libtorch: model printed: ${escaped}\\n\n`);
        expect(stdout.trimEnd().split('\n')).to.have.length(1);
    });
    it('cuts what a model prints after 4 KiB', async () => {
        const { stderr } = await play({}, ['print', 'x'.repeat(50_000)], { model: prints });
        expect(stderr).to.match(/^node-libtorch: model printed: x{4096}\n$/);
    });
});
