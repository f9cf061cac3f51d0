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
/** Findings O7, O8, O9, O10, O13, O15, and our reader of the file against ONNX Runtime: values of ONNX models. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BatchQueue, loadModel, ModelHost, Tensor } from 'node-libtorch';
import { dtypeTable } from '#dist/tensor/dtype.js';
import { encodeFloat16 } from '#dist/tensor/float16.js';
import { runMessage } from '#dist/engines/onnx/message-scrub.js';
import { node } from '../support/child.js';
import { rejection } from '../support/errors.js';
import { fixture, onnx, root } from '../support/paths.js';
import { expectValue } from '../support/values.js';
const faulty = (name) => fixture(`faults/onnx/${name.includes('.') ? name : `${name}.onnx`}`);
const { cases } = JSON.parse(readFileSync(faulty('cases.json'), 'utf8'));
function nested(data, shape) {
    if (shape.length === 0)
        return data[0];
    const [size = 0, ...inner] = shape;
    const width = data.length / Math.max(1, size);
    return Array.from({ length: size }, (_, i) => nested(data.slice(i * width, (i + 1) * width), inner));
}
function decoded(recorded) {
    if (Array.isArray(recorded))
        return recorded.map(decoded);
    if ('pairs' in recorded) {
        const isText = recorded.pairs.every(([key]) => !/^-?\d+$/.test(key));
        if (isText)
            return Object.fromEntries(recorded.pairs);
        return new Map(recorded.pairs.map(([key, item]) => [Number.isSafeInteger(Number(key)) ? Number(key) : BigInt(key), item]));
    }
    const { dtype, shape, data } = recorded;
    if (dtype === 'string')
        return nested(data, shape);
    const elements = data.map((each) => dtype === 'float16' ? encodeFloat16(Number(each)) : dtype.endsWith('int64') ? BigInt(each) : Number(each));
    return new Tensor(dtype, new dtypeTable[dtype].array(elements), shape);
}
/** Own members, whatever they are called. */
function expectMembers(actual, expected) {
    const [only, ...others] = expected;
    if (only && others.length === 0) {
        expectValue(actual, only[1], 1e-6);
        return;
    }
    expect(Object.keys(actual)).to.have.members(expected.map(([name]) => name));
    for (const [name, value] of expected) {
        const own = Object.getOwnPropertyDescriptor(actual, name)?.value;
        expectValue(own, value, 1e-6, name);
    }
}
describe('faults: values of ONNX models', function () {
    this.timeout(60_000);
    let folder;
    before(() => {
        folder = mkdtempSync(join(tmpdir(), 'node-libtorch-onnx-values-'));
    });
    after(() => {
        rmSync(folder, { recursive: true });
    });
    describe('answers as Python does', () => {
        for (const [i, { file, inputs, outputs }] of cases.entries()) {
            it(`${i}: ${file}(${Object.keys(inputs).join(', ')})`, async () => {
                const env_1 = { stack: [], error: void 0, hasError: false };
                try {
                    const model = __addDisposableResource(env_1, await loadModel(faulty(file)), true);
                    const args = Object.fromEntries(Object.entries(inputs).map(([name, item]) => [name, decoded(item)]));
                    const wanted = outputs.map(([name, item]) => [name, decoded(item)]);
                    expectMembers(await model.call('forward', args), wanted);
                    expectMembers(await model.call('forward', args), wanted); // a default is not used up
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
        }
    });
    describe('strings', () => {
        const specs = [
            ['strings', 'List[str]', [null]],
            ['strings_rank_2', 'List[List[str]]', [null, 2]],
            ['strings_rank_0', 'str', []],
            ['strings_any_rank', 'Strings', null],
            ['strings.ort', 'List[str]', [null]],
        ];
        for (const [file, type, shape] of specs) {
            it(`of ${file} are said by the signature: ${type}`, async () => {
                const env_2 = { stack: [], error: void 0, hasError: false };
                try {
                    const model = __addDisposableResource(env_2, await loadModel(faulty(file)), true);
                    const { inputs, outputs } = model.signature;
                    for (const spec of [inputs[0], outputs[0]])
                        expect(spec).to.deep.include({ dtype: null, shape, type });
                    expect(model.info.methods[0]).to.deep.include({ returns: [type] });
                    expect(model.info.methods[0]?.args).to.deep.equal([{ name: 'x', type, hasDefault: false }]);
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
        }
        const float = new Tensor('float32', new Float32Array(2), [2]);
        const wrong = [
            ['another rank', 'ERR_INVALID_SHAPE', ['a', 'b']],
            ['another size', 'ERR_INVALID_SHAPE', [['a'], ['b']]],
            ['ragged arrays', 'ERR_INVALID_SHAPE', [['a', 'b'], ['c']]],
            ['a string among arrays', 'ERR_INVALID_SHAPE', [['a', 'b'], 'c']],
            ['an array among strings', 'ERR_INVALID_INPUT', [['a', ['b']]]],
            ['a lone string', 'ERR_INVALID_SHAPE', 'a'],
            ['numbers', 'ERR_INVALID_INPUT', [[1, 2]]],
            ['null', 'ERR_INVALID_INPUT', [['a', null]]],
            ['a hole', 'ERR_INVALID_INPUT', [new Array(2)]],
            ['a tensor', 'ERR_INVALID_INPUT', float],
            ['an object', 'ERR_INVALID_INPUT', { a: 'b' }],
            ['half a character', 'ERR_INVALID_INPUT', [['a', '\ud800']]],
            ['a NUL, at which ONNX Runtime would end the string', 'ERR_INVALID_INPUT', [['a', 'b\0c']]],
        ];
        for (const [what, code, value] of wrong) {
            it(`refuses ${what}, and goes on`, async () => {
                const env_3 = { stack: [], error: void 0, hasError: false };
                try {
                    const model = __addDisposableResource(env_3, await loadModel(faulty('strings_rank_2')), true);
                    const { message } = await rejection(() => model.call('forward', { x: value }), code);
                    expect(message).to.include('x').and.not.include('b\0c');
                    expect(await model.call('forward', { x: [['a', 'b']] })).to.deep.equal([['a', 'b']]);
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
        }
        it('do not go where a tensor is asked for, and have the names of dimensions', async () => {
            const env_4 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_4, await loadModel(faulty('words_and_numbers')), true);
                const x = new Tensor('float32', Float32Array.of(1, 2), [1, 2]);
                await rejection(() => model.call('forward', { word: x, x }), 'ERR_INVALID_INPUT');
                await rejection(() => model.call('forward', { word: [['a']], x: [['a']] }), 'ERR_INVALID_INPUT');
                const { message } = await rejection(() => model.call('forward', { word: [['a'], ['b']], x }), 'ERR_INVALID_SHAPE');
                expect(message).to.match(/called n but received 2 in word and 1 in x/);
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
        it('are not batched, and say why, even where the caller vouches for the rows', async () => {
            const env_5 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_5, await loadModel(faulty('words_and_numbers')), true);
                const args = { word: [['a'], ['b']], x: new Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]) };
                const report = await model.warmup({ example: args });
                expect(report.rowIndependent).to.not.equal(true);
                expect(report.rowIndependence).to.include('strings');
                await rejection(() => new BatchQueue(model), 'ERR_NOT_BATCHABLE');
                const queue = __addDisposableResource(env_5, new BatchQueue(model, { rowIndependent: true }), true);
                const { message } = await rejection(() => queue.call('forward', args), 'ERR_NOT_BATCHABLE');
                expect(message).to.include('word takes strings');
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
        it('come and go on the command line, in types too', async () => {
            const input = join(folder, 'words.json');
            writeFileSync(input, JSON.stringify({ args: { word: [['b']], x: [[1, 2]] } }));
            const ended = await node([
                `${root}dist/cli/main.js`,
                'run',
                faulty('words_and_numbers'),
                '--input',
                input,
                '--json',
            ]);
            expect(ended.code, ended.stderr).to.equal(0);
            expect(JSON.parse(ended.stdout))
                .to.have.nested.property('output.upper')
                .that.deep.equals([['B']]);
            const shown = await node([`${root}dist/cli/main.js`, 'inspect', faulty('words_and_numbers')]);
            expect(shown.stdout).to.match(/in word\s+List\[List\[str\]\] \[n, 1\]/);
            const types = await node([`${root}dist/cli/main.js`, 'types', faulty('words_and_numbers')]);
            expect(types.stdout)
                .to.include('readonly word: readonly (readonly string[])[];')
                .and.include('readonly upper: readonly (readonly string[])[];');
        });
    });
    describe('a choice of outputs', () => {
        const x = new Tensor('float32', Float32Array.of(1, -2), [2]);
        const chosen = ['z', 'y'];
        it('returns those, in that order; one by itself', async () => {
            const env_6 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_6, await loadModel(faulty('some_outputs')), true);
                const both = await model.call('forward', [x], { outputs: chosen });
                expect(Object.keys(both)).to.deep.equal(chosen);
                expect(both['z']?.toArray()).to.deep.equal([1, 2]);
                expect((await model.run(x, { outputs: ['y'] })).toArray()).to.deep.equal([-1, 2]);
                expect((await model.execute('forward', { x }, { outputs: ['y'] })).value.shape).to.deep.equal([2]);
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
        it('is what a model with outputs needs that cannot be returned; it loads, and says so', async () => {
            const env_7 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_7, await loadModel(faulty('some_outputs')), true);
                expect(model.signature?.outputs.map(({ name }) => name)).to.deep.equal(['list', 'y', 'brain', 'z', 'maybe']);
                expect(model.info.warnings).to.have.length(3);
                expect(model.info.warnings.join()).to.match(/list is a sequence.*brain is a bfloat16 tensor.*maybe is an optional/);
                const { message } = await rejection(() => model.run(x), 'ERR_UNSUPPORTED_TYPE');
                expect(message).to.include('list, brain, maybe').and.include('{ outputs: ["y"] }').and.include("'zipmap': False");
                await rejection(() => model.run(x, { outputs: ['y', 'brain'] }), 'ERR_UNSUPPORTED_TYPE');
                expect(model.pending).to.equal(0);
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
        const wrong = [
            ['a name that is none', ['y', 'w']],
            ['a name that every object has', ['constructor']],
            ['none', []],
            ['a name twice', ['y', 'y']],
            ['no array', 'y'],
            ['an index', [0]],
        ];
        for (const [what, outputs] of wrong) {
            it(`refuses ${what}`, async () => {
                const env_8 = { stack: [], error: void 0, hasError: false };
                try {
                    const model = __addDisposableResource(env_8, await loadModel(faulty('some_outputs')), true);
                    await rejection(() => model.run(x, { outputs: outputs }), 'ERR_INVALID_ARGUMENT');
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
        }
        it('is refused by engines without it, by a queue and by a host', async () => {
            const env_9 = { stack: [], error: void 0, hasError: false };
            try {
                const torch = __addDisposableResource(env_9, await loadModel(fixture('torchscript/linear.pt')), true);
                const row = new Tensor('float32', new Float32Array(4), [1, 4]);
                const { message } = await rejection(() => torch.run(row, { outputs: ['output'] }), 'ERR_INVALID_ARGUMENT');
                expect(message).to.include('outputs').and.include('ONNX');
                const model = __addDisposableResource(env_9, await loadModel(onnx('linear')), true);
                await model.warmup({});
                const queue = __addDisposableResource(env_9, new BatchQueue(model), true);
                const options = { outputs: ['y'] };
                await rejection(() => queue.run(row, options), 'ERR_INVALID_ARGUMENT');
                const host = await ModelHost.open({ models: [{ file: onnx('linear'), name: 'line' }] });
                await rejection(() => host.model('line').run(row, options), 'ERR_INVALID_ARGUMENT');
                await host.close();
            }
            catch (e_9) {
                env_9.error = e_9;
                env_9.hasError = true;
            }
            finally {
                const result_9 = __disposeResources(env_9);
                if (result_9)
                    await result_9;
            }
        });
    });
    it('names of maps are said by the signature', async () => {
        const env_10 = { stack: [], error: void 0, hasError: false };
        try {
            const words = __addDisposableResource(env_10, await loadModel(faulty('zipmap_words')), true);
            expect(words.signature?.outputs[1]).to.deep.include({ name: 'maps', type: 'List[Dict[str, float]]' });
            const numbers = __addDisposableResource(env_10, await loadModel(faulty('zipmap_numbers')), true);
            expect(numbers.signature?.outputs[1]).to.deep.include({ name: 'maps', type: 'List[Dict[int, float]]' });
            const label = await numbers.run(new Tensor('float32', Float32Array.of(1, 2), [1, 2]), { outputs: ['label'] });
            expect(label.toArray()).to.deep.equal([1n]);
            const { message } = await rejection(() => loadModel(onnx('refused_sequence')), 'ERR_UNSUPPORTED_TYPE');
            expect(message).to.include("options={'zipmap': False}");
        }
        catch (e_10) {
            env_10.error = e_10;
            env_10.hasError = true;
        }
        finally {
            const result_10 = __disposeResources(env_10);
            if (result_10)
                await result_10;
        }
    });
    describe('a value in the file', () => {
        it('is an optional input, which comes after the others; a replacement is checked', async () => {
            const env_11 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_11, await loadModel(faulty('overridable')), true);
                expect(model.signature?.inputs.map(({ name, optional = false }) => [name, optional])).to.deep.equal([
                    ['x', false],
                    ['alpha', true],
                    ['beta', true],
                ]);
                const x = new Tensor('float32', Float32Array.of(1, 2), [1, 2]);
                const alpha = new Tensor('float32', Float32Array.of(2), []);
                expect((await model.call('forward', [x, alpha])).toArray()).to.deep.equal([[12, 24]]);
                expect((await model.run(x)).toArray()).to.deep.equal([[13, 26]]);
                await rejection(() => model.call('forward', { x, alpha: x }), 'ERR_INVALID_SHAPE');
                await rejection(() => model.call('forward', { x, beta: alpha }), 'ERR_INVALID_SHAPE');
            }
            catch (e_11) {
                env_11.error = e_11;
                env_11.hasError = true;
            }
            finally {
                const result_11 = __disposeResources(env_11);
                if (result_11)
                    await result_11;
            }
        });
        it('of a model keeps batches possible', async () => {
            const env_12 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_12, await loadModel(faulty('overridable')), true);
                expect((await model.warmup({ batchSizes: [1, 4] })).rowIndependent).to.equal(true);
                const queue = __addDisposableResource(env_12, new BatchQueue(model, { maxBatchSize: 4 }), true);
                const x = new Tensor('float32', Float32Array.of(1, 2), [1, 2]);
                const answers = await Promise.all([1, 2, 3, 4].map(() => queue.run(x)));
                for (const answer of answers)
                    expect(answer.toArray()).to.deep.equal([[13, 26]]);
                await rejection(() => queue.call('forward', { x, alpha: new Tensor('float32', Float32Array.of(2), []) }), 'ERR_NOT_BATCHABLE');
            }
            catch (e_12) {
                env_12.error = e_12;
                env_12.hasError = true;
            }
            finally {
                const result_12 = __disposeResources(env_12);
                if (result_12)
                    await result_12;
            }
        });
        it('is a constant before IR version 4, and no argument', async () => {
            const env_13 = { stack: [], error: void 0, hasError: false };
            try {
                const model = __addDisposableResource(env_13, await loadModel(faulty('constant_before_4')), true);
                expect(model.signature?.inputs.map(({ name }) => name)).to.deep.equal(['x']);
                expect(model.info.warnings.join()).to.include('alpha, beta');
            }
            catch (e_13) {
                env_13.error = e_13;
                env_13.hasError = true;
            }
            finally {
                const result_13 = __disposeResources(env_13);
                if (result_13)
                    await result_13;
            }
        });
    });
    it('names of dimensions are symbols, but for names that say nothing', async () => {
        const env_14 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_14, await loadModel(faulty('named_dimensions')), true);
            expect(model.signature?.inputs.map(({ symbols }) => symbols)).to.deep.equal([
                ['batch', null],
                ['batch', null],
            ]);
            const of = (rows, columns) => new Tensor('float32', new Float32Array(rows * columns), [rows, columns]);
            expect((await model.call('forward', [of(2, 3), of(2, 1)])).shape).to.deep.equal([1, 1]);
            const { message } = await rejection(() => model.call('forward', [of(2, 3), of(3, 3)]), 'ERR_INVALID_SHAPE');
            expect(message).to.include('batch').and.include('2 in x and 3 in y');
            const without = [null, null];
            const spec = { dtype: 'float32', shape: [null, null], symbols: without };
            const signature = {
                inputs: [
                    { ...spec, name: 'x' },
                    { ...spec, name: 'y' },
                ],
                outputs: [],
            };
            const told = __addDisposableResource(env_14, await loadModel(faulty('named_dimensions'), { signature }), true);
            expect((await told.call('forward', [of(2, 3), of(3, 3)])).shape, 'a signature that knows better').to.deep.equal([1, 1]);
            const shown = await node([`${root}dist/cli/main.js`, 'inspect', faulty('named_dimensions')]);
            expect(shown.stdout).to.match(/in x\s+float32 \[batch, \?\]/);
        }
        catch (e_14) {
            env_14.error = e_14;
            env_14.hasError = true;
        }
        finally {
            const result_14 = __disposeResources(env_14);
            if (result_14)
                await result_14;
        }
    });
    it('errors of a run keep the numbers of shapes, and lose what may be a value', async () => {
        const env_15 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_15, await loadModel(faulty('concat')), true);
            const of = (...shape) => new Tensor('float32', new Float32Array(shape[0] * shape[1]), shape);
            const { message } = await rejection(() => model.call('forward', [of(2, 3), of(5, 3)]), 'ERR_MODEL_EXECUTION');
            expect(message).to.match(/Axis 0 has mismatched dimensions of (5 and 2|2 and 5)/);
            const messages = [
                ['Attempting to broadcast an axis by a dimension other than 1. 3 by 4', 'Attempting to broadcast an axis by a dimension other than 1. 3 by 4'],
                ['Got invalid dimensions for input: x for the following indices index: 1 Got: 3 Expected: 4 Please fix', 'Got invalid dimensions for input: x for the following indices index: 1 Got: 3 Expected: 4 Please fix'],
                ['C: 3 kernel channels: 4 group: 1', 'C: 3 kernel channels: 4 group: 1'],
                ['idx=77123 must be within the inclusive range [-3,2]', 'idx=… must be within the inclusive range [-3,2]'],
                ['invalid index found, index = 77123', 'invalid index found, index = …'],
                ['Index value 77123 of axis 1 is out of bounds', 'Index value … of axis … is out of bounds'],
                ['value of k 77123; Dimension 2 is fine', 'value of k …; Dimension 2 is fine'],
            ]; // prettier-ignore
            for (const [said, shown] of messages)
                expect(runMessage(said)).to.equal(shown);
        }
        catch (e_15) {
            env_15.error = e_15;
            env_15.hasError = true;
        }
        finally {
            const result_15 = __disposeResources(env_15);
            if (result_15)
                await result_15;
        }
    });
    describe('ONNX Runtime’s own format', () => {
        const x = new Tensor('float32', Float32Array.of(1, 2, 3, 4), [1, 4]);
        it('loads by extension, and by content under another name; its signature is the session’s', async () => {
            const env_16 = { stack: [], error: void 0, hasError: false };
            try {
                const wanted = __addDisposableResource(env_16, await loadModel(onnx('linear')), true);
                const model = __addDisposableResource(env_16, await loadModel(faulty('linear.ort'), { instances: 1 }), true);
                expect(model.signature).to.deep.equal(wanted.signature);
                const answer = (await wanted.run(x)).toArray();
                expect((await model.run(x)).toArray()).to.deep.equal(answer);
                await rejection(() => model.run(new Tensor('float32', new Float32Array(3), [1, 3])), 'ERR_INVALID_SHAPE');
                const bytes = readFileSync(faulty('linear.ort'));
                const given = __addDisposableResource(env_16, await loadModel(bytes, { engine: 'onnx' }), true);
                expect((await given.run(x)).toArray()).to.deep.equal(answer);
                const strings = __addDisposableResource(env_16, await loadModel(faulty('strings.ort')), true);
                expect(await strings.run(['a', 'é'])).to.deep.equal(['a', 'é']);
            }
            catch (e_16) {
                env_16.error = e_16;
                env_16.hasError = true;
            }
            finally {
                const result_16 = __disposeResources(env_16);
                if (result_16)
                    await result_16;
            }
        });
        it('that is damaged ends in a coded error', async () => {
            const bytes = readFileSync(faulty('linear.ort'));
            const path = join(folder, 'cut.ort');
            for (const length of [8, 100, 900, 1500]) {
                writeFileSync(path, bytes.subarray(0, length));
                const error = await loadModel(path).catch((reason) => reason);
                expect(error.code, `${length} bytes`).to.be.oneOf([
                    'ERR_MODEL_LOAD',
                    'ERR_MODEL_FORMAT',
                ]);
            }
        });
    });
    const strangers = [
        ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n', /git lfs pull/],
        ['a web page', '<!DOCTYPE html><html></html>', /HTML page/],
        ['zeros', '\0'.repeat(600), /zeros/],
    ];
    for (const [what, content, said] of strangers) {
        it(`a file .onnx that is ${what} is called so`, async () => {
            const path = join(folder, 'stranger.onnx');
            writeFileSync(path, content);
            expect((await rejection(() => loadModel(path), 'ERR_MODEL_FORMAT')).message).to.match(said);
        });
    }
    it('a name that every object has is a name like any other', async () => {
        const env_17 = { stack: [], error: void 0, hasError: false };
        try {
            const model = __addDisposableResource(env_17, await loadModel(faulty('odd_names')), true);
            const one = new Tensor('float32', Float32Array.of(2), [1]);
            const only = await model.call('forward', [one, one], { outputs: ['__proto__'] });
            expect(only.toArray()).to.deep.equal([4]);
        }
        catch (e_17) {
            env_17.error = e_17;
            env_17.hasError = true;
        }
        finally {
            const result_17 = __disposeResources(env_17);
            if (result_17)
                await result_17;
        }
    });
    it('another version of onnxruntime-node in the process is what the error says', async function () {
        if (process.platform !== 'linux')
            this.skip();
        const script = `${root}test/faults/children/other-onnxruntime.mjs`;
        const ended = await node([script, folder, onnx('linear')]);
        if (ended.code === 77)
            this.skip(); // no C compiler
        expect(ended.code, ended.stderr).to.equal(0);
        const { code, message } = JSON.parse(ended.stdout);
        expect(code).to.equal('ERR_ONNXRUNTIME_LOAD');
        expect(message).to.include('another version of it is loaded').and.include('npm ls onnxruntime-node');
    });
});
