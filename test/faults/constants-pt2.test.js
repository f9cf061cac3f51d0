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
/** Compiled packages whose constants are not in their library. Code that reads one which is not there ends the process. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadModel, ModelHost } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { node } from '../support/child.js';
import { fixture, root } from '../support/paths.js';
import { recordedCases } from '../support/recorded.js';
import { entriesIn, scratch } from '../support/repack.js';
import { rawZip } from '../support/raw-zip.js';
import { expectValue } from '../support/values.js';
import { zip } from '../support/zip.js';
const folder = 'faults/constants-pt2';
const outside = fixture(`${folder}/outside.pt2`);
const names = ['first.bias', 'second.weight', 'steps'];
async function expectAnswers(model, name) {
    const recorded = recordedCases(folder).find((one) => one.name === name);
    for (const { ways, expected, tolerance } of recorded?.calls ?? []) {
        for (const args of ways([]))
            expectValue(await model.call('forward', args), expected, tolerance);
    }
}
describe('constants of compiled packages', function () {
    this.timeout(60_000);
    const temporary = scratch();
    /** The package without constants, and what is in an archive beside it (or a change of that). */
    const together = async (beside, change = (entries) => entries) => {
        const added = beside === undefined ? [] : await entriesIn(fixture(`${folder}/${beside}.zip`));
        const entries = change([
            ...(await entriesIn(outside)),
            ...added.map((entry) => ({ ...entry, name: `outside/${entry.name}` })),
        ]);
        const path = join(temporary(), `${Math.random().toString(36).slice(2)}.pt2`);
        writeFileSync(path, zip(entries));
        return path;
    };
    const edited = (name, edit) => (entries) => entries.map((entry) => (name.test(entry.name) ? { ...entry, data: Buffer.from(edit(entry.data)) } : entry));
    const refusal = async (path) => (await rejection(() => loadModel(path), 'ERR_MODEL_FORMAT')).message;
    it('that are nowhere are named at the load', async () => {
        const message = await refusal(outside);
        for (const name of names)
            expect(message).to.include(name);
        expect(message).to.include('package_constants_in_so');
    });
    it('that are nowhere are named by inspect, run and serve, which end with 1 and by no signal', async () => {
        for (const args of [
            ['inspect', outside],
            ['serve', outside, '--port', '0'],
        ]) {
            const ended = await node([`${root}dist/cli/main.js`, ...args]);
            expect(ended, ended.stderr).to.deep.include({ code: 1, signal: null });
            expect(ended.stderr).to.include('ERR_MODEL_FORMAT').and.to.include('second.weight');
        }
        await rejection(() => ModelHost.open({ models: [{ file: outside }] }), 'ERR_MODEL_FORMAT');
    });
    it('that lie beside the library as raw bytes are loaded: the answers are PyTorch’s, tied weights are there once', async () => {
        for (const instances of [1, 2]) {
            const env_1 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_1, await loadModel(await together('raw'), { instances }), true);
                expect(model.info.parameterBytes).to.equal(144 * 4 + 12 * 4 + 12 * 8);
                expect(model.info.stateful).to.equal(false);
                await expectAnswers(model, 'outside');
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
    it('of which one file or one name is missing are named', async () => {
        const withoutFile = await refusal(await together('raw', (all) => all.filter(({ name }) => !name.endsWith('weight_1'))));
        expect(withoutFile)
            .to.match(/none for [\w.]+;/)
            .and.to.match(/first\.bias|second\.weight|steps/);
        const withoutName = await refusal(await together('raw', edited(/model_weights_config/, (data) => data.toString().replace('"steps"', '"others"'))));
        expect(withoutName).to.match(/none for steps;/);
        const elsewhere = await refusal(await together('raw', edited(/model_weights_config/, (data) => data.toString().replaceAll('"weight_1"', '"../../weight_1"'))));
        expect(elsewhere).to.match(/none for/);
    });
    it('of another size, dtype or shape than the code was compiled for are named', async () => {
        const short = await refusal(await together('raw', edited(/weight_0$/, (data) => data.subarray(0, data.length / 2))));
        expect(short).to.match(/second\.weight \(288 bytes instead of 576\)/);
        const dtype = await refusal(await together('raw', edited(/model_weights_config/, (data) => data.toString().replace('"dtype": 5', '"dtype": 4'))));
        expect(dtype).to.match(/steps \(int32 instead of int64\)/);
        const shape = await refusal(await together('raw', edited(/model_weights_config/, (data) => data.toString().replaceAll('"strides": [{"as_int": 12}', '"strides": [{"as_int": 13}'))));
        expect(shape).to.match(/second\.weight \(sizes \[12,12\] and strides \[13,1\] instead of \[12,12\] and \[12,1\]\)/);
        for (const [from, to] of [
            ['"strides": [{"as_int": 12}', '"strides": [{"as_int": 0}'],
            ['"sizes": [{"as_int": 12}, {"as_int": 12}]', '"sizes": [{"as_int": 6}, {"as_int": 24}]'],
            ['"sizes": [{"as_int": 12}, {"as_int": 12}]', '"sizes": [{"as_int": 6}, {"as_int": 12}]'],
        ]) {
            const other = edited(/model_weights_config/, (data) => data.toString().replaceAll(from, to));
            expect(await refusal(await together('raw', other)), to).to.match(/second\.weight \(sizes .* instead of/);
        }
        for (const broken of ['{', '[]', 'null', '{"config": {"steps": {"use_pickle": false, "path_name": "weight_2"}}}']) {
            await refusal(await together('raw', edited(/model_weights_config/, () => broken)));
        }
        for (const size of ['-1', '1e300', '"x"']) {
            const sizes = edited(/model_weights_config/, (data) => data.toString().replaceAll('{"as_int": 12}', `{"as_int": ${size}}`));
            await refusal(await together('raw', sizes));
        }
    });
    it('whose bytes, or whose list, are not those of their checksum are refused', async () => {
        const entries = await entriesIn(await together('raw'));
        for (const [name, at] of [
            ['weight_0', 5],
            ['model_weights_config.json', 12],
        ]) {
            const whole = rawZip(entries.map(({ name, data }) => ({ name, body: data })));
            const { data } = entries.find((entry) => entry.name.endsWith(name));
            const index = whole.indexOf(data) + at;
            whole[index] = whole[index] ^ 1;
            const path = join(temporary(), 'flipped.pt2');
            writeFileSync(path, whole);
            const { message } = await rejection(() => loadModel(path), 'ERR_UNSAFE_ARCHIVE');
            expect(message).to.include(name).and.to.include('checksum');
        }
    });
    it('that are pickled are never read: the message names them, and what to export with', async () => {
        const message = await refusal(await together('pickled'));
        for (const name of names)
            expect(message).to.include(name);
        expect(message)
            .to.match(/pickled/)
            .and.to.match(/binary_blob/);
        const one = await refusal(await together('raw', edited(/model_weights_config/, (data) => data.toString().replaceAll('"use_pickle": false', '"use_pickle": true'))));
        expect(one).to.match(/pickled/);
    });
    it('in one binary file beside the library are loaded; a file that is missing or cut off is refused', async () => {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const blob = fixture(`${folder}/blob.pt2`);
            const model = __addDisposableResource(env_2, await loadModel(blob), true);
            expect(model.info.parameterBytes).to.equal(144 * 4 + 12 * 4 + 12 * 8);
            await expectAnswers(model, 'blob');
            const entries = await entriesIn(blob);
            const isBlob = ({ name }) => name.endsWith('.blob');
            expect(entries.some(isBlob)).to.equal(true);
            const path = join(temporary(), 'blob.pt2');
            writeFileSync(path, zip(entries.filter((entry) => !isBlob(entry))));
            expect(await refusal(path)).to.include('second.weight');
            writeFileSync(path, zip(entries.map((entry) => (isBlob(entry) ? { ...entry, data: entry.data.subarray(0, 100) } : entry))));
            const { status, signal, stderr } = spawnSync(process.execPath, [`${root}dist/cli/main.js`, 'inspect', path], {
                encoding: 'utf8',
            });
            expect({ status, signal }, stderr).to.deep.equal({ status: 1, signal: null });
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
    it('that are computed at the first run are not missing', async () => {
        const env_3 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_3, await loadModel(fixture(`${folder}/folded.pt2`), { instances: 2 }), true);
            expect(model.info.stateful).to.equal(false);
            await expectAnswers(model, 'folded');
            await expectAnswers(model, 'folded');
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
});
