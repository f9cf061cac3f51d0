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
/** N6: giving up runs that wait costs as much for each, however many wait and in whichever order they are given up. */
import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { fixture } from '../support/paths.js';
import { seeded } from '../support/random.js';
const vector = new Tensor('float32', new Float32Array(256), [256]);
const maxPending = 1_000_000;
/** A model whose only instance is busy for so many halves of a second. */
async function occupied(halves = 2) {
    const model = await loadModel(fixture('torchscript/slow.pt'), { maxPending });
    const runs = Array.from({ length: halves }, () => model.call('forward', [vector, 2_000]));
    return {
        model,
        free: async () => {
            await Promise.all(runs);
            await model.call('forward', [vector, 1]);
        },
    };
}
const wait = (model, count, options) => Array.from({ length: count }, (_, i) => model.call('forward', [vector, 1], options(i)).then(() => 'ran', (error) => error));
const orders = {
    'last first': (all) => all.toReversed(),
    'in any order': (all) => {
        const next = seeded(7);
        return all
            .map((each) => [next(2 ** 30), each])
            .sort(([a], [b]) => a - b)
            .map(([, each]) => each);
    },
};
describe('giving up many waiting runs', function () {
    this.timeout(120_000);
    for (const [name, order] of Object.entries(orders)) {
        it(`costs about as much as it cost to submit them, of 24,000: ${name}`, async () => {
            const count = 24_000;
            const { model, free } = await occupied(6);
            const controllers = Array.from({ length: count }, () => new AbortController());
            const ordered = order(controllers);
            const start = process.cpuUsage();
            const given = wait(model, count, (i) => ({ signal: controllers[i].signal }));
            const { user: submitted } = process.cpuUsage(start);
            const before = process.cpuUsage();
            for (const controller of ordered)
                controller.abort('given up');
            const { user: gaveUp } = process.cpuUsage(before);
            const outcomes = await Promise.all(given);
            expect(outcomes.filter((outcome) => outcome === 'given up').length, 'given up').to.be.above(count * 0.5);
            // As much; six times as much where each looks at the others that wait.
            expect(gaveUp / submitted, `${gaveUp} and ${submitted} µs`).to.be.below(3);
            await free();
            expect(model.pending).to.equal(0);
            await model.dispose();
        });
    }
    it('has one listener for each signal, whatever the number of calls, and none afterwards', async () => {
        const { model, free } = await occupied();
        const controller = new AbortController();
        const given = wait(model, 2_000, () => ({ signal: controller.signal }));
        expect(getEventListeners(controller.signal, 'abort')).to.have.length(1);
        controller.abort('all of them');
        expect(new Set(await Promise.all(given))).to.deep.equal(new Set(['all of them']));
        expect(getEventListeners(controller.signal, 'abort')).to.have.length(0);
        await free();
        await model.dispose();
    });
    it('leaves the others as they are: they run, in their order, and there is room for as many', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_1, await loadModel(fixture('torchscript/slow.pt'), { maxPending: 9 }), true);
            const running = model.call('forward', [vector, 2_000]);
            const controllers = Array.from({ length: 9 }, () => new AbortController());
            const ended = [];
            const given = controllers.map(async ({ signal }, i) => {
                await model.call('forward', [vector, 1], { signal });
                ended.push(i);
            });
            const outcomes = Promise.allSettled(given);
            for (const i of [8, 0, 4, 5])
                controllers[i].abort();
            const late = [9, 10, 11, 12].map(async (i) => {
                await model.call('forward', [vector, 1]);
                ended.push(i);
            });
            await Promise.all([running, outcomes, ...late]);
            expect(ended).to.deep.equal([1, 2, 3, 6, 7, 9, 10, 11, 12]);
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
    it('by a time limit does the same', async () => {
        const { model, free } = await occupied();
        const given = wait(model, 2_000, (i) => ({ timeoutMs: 10 + (i % 7) }));
        const codes = new Set((await Promise.all(given)).map((error) => error.code));
        expect(codes).to.deep.equal(new Set(['ERR_TIMEOUT']));
        await free();
        expect(model.pending).to.equal(0);
        await model.dispose();
    });
});
