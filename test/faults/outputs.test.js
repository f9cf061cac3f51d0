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
/** T18, T19, T21: outputs that are no dense tensors, texts that are none, and very many outputs. */
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { fixture } from '../support/paths.js';
import { rejection } from '../support/errors.js';
const x = Tensor.from([
    [1, 0],
    [3, 4],
]);
describe('outputs that are no dense tensors', () => {
    let model;
    before(async () => (model = await loadModel(fixture('faults/outputs/outputs.pt'))));
    after(() => model.dispose());
    const refused = {
        nested: 'nested',
        coo: 'sparse',
        csr: 'sparse',
        csc: 'sparse',
        bsr: 'sparse',
        bsc: 'sparse',
        meta: 'meta',
        quantized: 'quantized',
        complex: 'complex',
        within: 'sparse',
    };
    for (const [method, kind] of Object.entries(refused)) {
        it(`(${method}) are refused by their name, with what to do, and the model goes on`, async () => {
            const error = await rejection(() => model.call(method, [x]), 'ERR_BAD_OUTPUT');
            expect(error.message)
                .to.match(new RegExp(`a ${kind}\\b|the ${kind}\\b`))
                .and.match(/; (call|move) /);
            expect([...(await model.run(x)).data]).to.deep.equal([1, 0, 3, 4]);
        });
    }
    const dense = {
        mkldnn: [1, 0, 3, 4],
        zero: [0, 0, 0, 0], // it has no memory: reading it ended the process
        negative: [-1, -0, -3, -4],
        conjugate: [-1, -0, -3, -4],
    };
    for (const [method, expected] of Object.entries(dense)) {
        it(`(${method}) are made dense where they are nothing else`, async () => {
            const { dtype, shape, data } = await model.call(method, [x]);
            expect([dtype, shape, [...data]]).to.deep.equal(['float32', [2, 2], expected]);
        });
    }
});
describe('texts among outputs', () => {
    let model;
    before(async () => (model = await loadModel(fixture('faults/outputs/texts.pt'))));
    after(() => model.dispose());
    for (const text of ['', 'plain', 'é', '日本語', '👍🏽', '\u0000', '\ufffd', '\ud7ff\ue000\u{10ffff}']) {
        it(`come through whole: ${JSON.stringify(text)}`, async () => {
            expect(await model.call('forward', [text, 0, 100])).to.equal(text);
        });
        it(`are refused when they are cut inside a character: ${JSON.stringify(text)}`, async () => {
            const bytes = Buffer.from(text);
            for (let end = 0; end <= bytes.length; ++end) {
                const part = bytes.subarray(0, end).toString();
                const isWhole = Buffer.from(part).equals(bytes.subarray(0, end));
                if (isWhole)
                    expect(await model.call('forward', [text, 0, end])).to.equal(part);
                else {
                    const error = await rejection(() => model.call('forward', [text, 0, end]), 'ERR_BAD_OUTPUT');
                    expect(error.message).to.include('UTF-8');
                }
            }
        });
    }
    it('are refused where they begin inside a character, as keys, and among others', async () => {
        await rejection(() => model.call('forward', ['é', 1, 2]), 'ERR_BAD_OUTPUT');
        await rejection(() => model.call('key', ['é', 1]), 'ERR_BAD_OUTPUT');
        await rejection(() => model.call('among', ['é', 1]), 'ERR_BAD_OUTPUT');
        expect(await model.call('key', ['é', 2])).to.deep.equal({ é: 1 });
    });
    for (const text of ['\ud800', 'a\udc00b', '\udc00\ud800']) {
        it(`go in whole, or not at all: ${JSON.stringify(text)}`, async () => {
            const error = await rejection(() => model.call('forward', [text, 0, 100]), 'ERR_INVALID_INPUT');
            expect(error.message).to.include('surrogate');
        });
    }
});
describe('very many outputs', () => {
    const count = 20_000;
    let model;
    before(async () => (model = await loadModel(fixture('faults/outputs/many.pt'))));
    after(() => model.dispose());
    it('come through, each as it is', async function () {
        this.timeout(20_000);
        const rows = new Tensor('float32', Float32Array.from({ length: count * 2 }, (_, i) => i), [count, 2]);
        const list = await model.call('forward', [rows]);
        expect(list).to.have.length(count);
        for (const i of [0, 1, count - 1])
            expect([...list[i].data]).to.deep.equal([2 * i, 2 * i + 1]);
        expect(list[0].data.buffer, 'each has memory of its own').to.not.equal(list[1].data.buffer);
        const byName = await model.call('by_name', [rows]);
        expect([...byName[`${count - 1}`].data]).to.deep.equal([2 * count - 2, 2 * count - 1]);
        expect(await model.call('numbers', [count])).to.have.length(count);
        expect(await model.call('texts', [count])).to.include(`${count - 1}`);
        expect((await model.call('lists', [count]))[count - 1]).to.deep.equal([count - 1, 0.5]);
    });
    it('of many runs that end together are handed over in several turns of the event loop', async () => {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            let turns = 0;
            let counting = true;
            const turn = () => {
                turns++;
                if (counting)
                    setImmediate(turn);
            };
            const endedIn = new Set();
            const model = __addDisposableResource(env_1, await loadModel(fixture('torchscript/slow.pt'), { maxPending: 20_000 }), true);
            const vector = new Tensor('float32', new Float32Array(256), [256]);
            const running = model.call('forward', [vector, 2_000]);
            const waiting = Array.from({ length: 10_000 }, () => model.call('forward', [vector, 1]).catch((error) => {
                endedIn.add(turns);
                return error.code;
            }));
            const ended = Promise.all(waiting);
            setImmediate(turn);
            const disposal = model.dispose();
            expect(new Set(await ended)).to.deep.equal(new Set(['ERR_DISPOSED']));
            counting = false;
            expect(endedIn.size, 'turns').to.be.at.least(4);
            await Promise.all([running, disposal]);
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
});
