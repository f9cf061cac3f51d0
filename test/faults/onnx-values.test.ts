/** Findings O7, O8, O9, O10, O13, O15, and our reader of the file against ONNX Runtime: values of ONNX models. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BatchQueue, loadModel, ModelHost, Tensor, type DType, type Model, type Value } from 'node-libtorch';
import { dtypeTable } from '#dist/tensor/dtype.js';
import { encodeFloat16 } from '#dist/tensor/float16.js';
import { runMessage } from '#dist/engines/onnx/message-scrub.js';
import { node } from '../support/child.js';
import { rejection } from '../support/errors.js';
import { fixture, onnx, root } from '../support/paths.js';
import { expectValue } from '../support/values.js';

const faulty = (name: string): string => fixture(`faults/onnx/${name.includes('.') ? name : `${name}.onnx`}`);

type Recorded =
  | {
      readonly dtype: DType | 'string';
      readonly shape: number[];
      readonly data: readonly (string | number | boolean)[];
    }
  | { readonly pairs: readonly (readonly [string, number])[] }
  | readonly Recorded[];
interface Case {
  readonly file: string;
  readonly inputs: Readonly<Record<string, Recorded>>;
  readonly outputs: readonly (readonly [string, Recorded])[];
}
const { cases } = JSON.parse(readFileSync(faulty('cases.json'), 'utf8')) as { cases: readonly Case[] };

function nested(data: readonly unknown[], shape: readonly number[]): Value {
  if (shape.length === 0) return data[0] as Value;
  const [size = 0, ...inner] = shape;
  const width = data.length / Math.max(1, size);
  return Array.from({ length: size }, (_, i) => nested(data.slice(i * width, (i + 1) * width), inner));
}

function decoded(recorded: Recorded): Value {
  if (Array.isArray(recorded)) return (recorded as readonly Recorded[]).map(decoded);
  if ('pairs' in recorded) {
    const isText = recorded.pairs.every(([key]) => !/^-?\d+$/.test(key));
    if (isText) return Object.fromEntries(recorded.pairs);
    return new Map(
      recorded.pairs.map(([key, item]) => [Number.isSafeInteger(Number(key)) ? Number(key) : BigInt(key), item]),
    );
  }
  const { dtype, shape, data } = recorded as Exclude<Recorded, readonly Recorded[] | { pairs: unknown }>;
  if (dtype === 'string') return nested(data, shape);
  const elements = data.map((each) =>
    dtype === 'float16' ? encodeFloat16(Number(each)) : dtype.endsWith('int64') ? BigInt(each) : Number(each),
  );
  return new Tensor(dtype, new dtypeTable[dtype].array(elements as never), shape);
}

/** Own members, whatever they are called. */
function expectMembers(actual: Value, expected: readonly (readonly [string, Value])[]): void {
  const [only, ...others] = expected;
  if (only && others.length === 0) {
    expectValue(actual, only[1], 1e-6);
    return;
  }
  expect(Object.keys(actual as object)).to.have.members(expected.map(([name]) => name));
  for (const [name, value] of expected) {
    const own = Object.getOwnPropertyDescriptor(actual, name)?.value as Value;
    expectValue(own, value, 1e-6, name);
  }
}

describe('faults: values of ONNX models', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'node-libtorch-onnx-values-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  describe('answers as Python does', () => {
    for (const [i, { file, inputs, outputs }] of cases.entries()) {
      it(`${i}: ${file}(${Object.keys(inputs).join(', ')})`, async () => {
        await using model = await loadModel(faulty(file));
        const args = Object.fromEntries(Object.entries(inputs).map(([name, item]) => [name, decoded(item)]));
        const wanted = outputs.map(([name, item]) => [name, decoded(item)] as const);
        expectMembers(await model.call('forward', args), wanted);
        expectMembers(await model.call('forward', args), wanted); // a default is not used up
      });
    }
  });

  describe('strings', () => {
    const specs: [file: string, type: string, shape: (number | null)[] | null][] = [
      ['strings', 'List[str]', [null]],
      ['strings_rank_2', 'List[List[str]]', [null, 2]],
      ['strings_rank_0', 'str', []],
      ['strings_any_rank', 'Strings', null],
      ['strings.ort', 'List[str]', [null]],
    ];
    for (const [file, type, shape] of specs) {
      it(`of ${file} are said by the signature: ${type}`, async () => {
        await using model = await loadModel(faulty(file));
        const { inputs, outputs } = model.signature as NonNullable<Model['signature']>;
        for (const spec of [inputs[0], outputs[0]]) expect(spec).to.deep.include({ dtype: null, shape, type });
        expect(model.info.methods[0]).to.deep.include({ returns: [type] });
        expect(model.info.methods[0]?.args).to.deep.equal([{ name: 'x', type, hasDefault: false }]);
      });
    }

    const float = new Tensor('float32', new Float32Array(2), [2]);
    const wrong: [what: string, code: string, value: unknown][] = [
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
        await using model = await loadModel(faulty('strings_rank_2'));
        const { message } = await rejection(() => model.call('forward', { x: value as Value }), code);
        expect(message).to.include('x').and.not.include('b\0c');
        expect(await model.call('forward', { x: [['a', 'b']] })).to.deep.equal([['a', 'b']]);
      });
    }

    it('do not go where a tensor is asked for, and have the names of dimensions', async () => {
      await using model = await loadModel(faulty('words_and_numbers'));
      const x = new Tensor('float32', Float32Array.of(1, 2), [1, 2]);
      await rejection(() => model.call('forward', { word: x, x }), 'ERR_INVALID_INPUT');
      await rejection(() => model.call('forward', { word: [['a']], x: [['a']] }), 'ERR_INVALID_INPUT');
      const { message } = await rejection(
        () => model.call('forward', { word: [['a'], ['b']], x }),
        'ERR_INVALID_SHAPE',
      );
      expect(message).to.match(/called n but received 2 in word and 1 in x/);
    });

    it('are not batched, and say why, even where the caller vouches for the rows', async () => {
      await using model = await loadModel(faulty('words_and_numbers'));
      const args = { word: [['a'], ['b']], x: new Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]) };
      const report = await model.warmup({ example: args });
      expect(report.rowIndependent).to.not.equal(true);
      expect(report.rowIndependence).to.include('strings');
      await rejection(() => new BatchQueue(model), 'ERR_NOT_BATCHABLE');
      await using queue = new BatchQueue(model, { rowIndependent: true });
      const { message } = await rejection(() => queue.call('forward', args), 'ERR_NOT_BATCHABLE');
      expect(message).to.include('word takes strings');
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
      await using model = await loadModel(faulty('some_outputs'));
      const both = await model.call<Record<string, Tensor>>('forward', [x], { outputs: chosen });
      expect(Object.keys(both)).to.deep.equal(chosen);
      expect(both['z']?.toArray()).to.deep.equal([1, 2]);
      expect((await model.run(x, { outputs: ['y'] })).toArray()).to.deep.equal([-1, 2]);
      expect((await model.execute<Tensor>('forward', { x }, { outputs: ['y'] })).value.shape).to.deep.equal([2]);
    });

    it('is what a model with outputs needs that cannot be returned; it loads, and says so', async () => {
      await using model = await loadModel(faulty('some_outputs'));
      expect(model.signature?.outputs.map(({ name }) => name)).to.deep.equal(['list', 'y', 'brain', 'z', 'maybe']);
      expect(model.info.warnings).to.have.length(3);
      expect(model.info.warnings.join()).to.match(
        /list is a sequence.*brain is a bfloat16 tensor.*maybe is an optional/,
      );
      const { message } = await rejection(() => model.run(x), 'ERR_UNSUPPORTED_TYPE');
      expect(message).to.include('list, brain, maybe').and.include('{ outputs: ["y"] }').and.include("'zipmap': False");
      await rejection(() => model.run(x, { outputs: ['y', 'brain'] }), 'ERR_UNSUPPORTED_TYPE');
      expect(model.pending).to.equal(0);
    });

    const wrong: [string, unknown][] = [
      ['a name that is none', ['y', 'w']],
      ['a name that every object has', ['constructor']],
      ['none', []],
      ['a name twice', ['y', 'y']],
      ['no array', 'y'],
      ['an index', [0]],
    ];
    for (const [what, outputs] of wrong) {
      it(`refuses ${what}`, async () => {
        await using model = await loadModel(faulty('some_outputs'));
        await rejection(() => model.run(x, { outputs: outputs as string[] }), 'ERR_INVALID_ARGUMENT');
      });
    }

    it('is refused by engines without it, by a queue and by a host', async () => {
      await using torch = await loadModel(fixture('torchscript/linear.pt'));
      const row = new Tensor('float32', new Float32Array(4), [1, 4]);
      const { message } = await rejection(() => torch.run(row, { outputs: ['output'] }), 'ERR_INVALID_ARGUMENT');
      expect(message).to.include('outputs').and.include('ONNX');
      await using model = await loadModel(onnx('linear'));
      await model.warmup({});
      await using queue = new BatchQueue(model);
      const options = { outputs: ['y'] } as object;
      await rejection(() => queue.run(row, options), 'ERR_INVALID_ARGUMENT');
      const host = await ModelHost.open({ models: [{ file: onnx('linear'), name: 'line' }] });
      await rejection(() => host.model('line').run(row, options), 'ERR_INVALID_ARGUMENT');
      await host.close();
    });
  });

  it('names of maps are said by the signature', async () => {
    await using words = await loadModel(faulty('zipmap_words'));
    expect(words.signature?.outputs[1]).to.deep.include({ name: 'maps', type: 'List[Dict[str, float]]' });
    await using numbers = await loadModel(faulty('zipmap_numbers'));
    expect(numbers.signature?.outputs[1]).to.deep.include({ name: 'maps', type: 'List[Dict[int, float]]' });
    const label = await numbers.run(new Tensor('float32', Float32Array.of(1, 2), [1, 2]), { outputs: ['label'] });
    expect(label.toArray()).to.deep.equal([1n]);
    const { message } = await rejection(() => loadModel(onnx('refused_sequence')), 'ERR_UNSUPPORTED_TYPE');
    expect(message).to.include("options={'zipmap': False}");
  });

  describe('a value in the file', () => {
    it('is an optional input, which comes after the others; a replacement is checked', async () => {
      await using model = await loadModel(faulty('overridable'));
      expect(model.signature?.inputs.map(({ name, optional = false }) => [name, optional])).to.deep.equal([
        ['x', false],
        ['alpha', true],
        ['beta', true],
      ]);
      const x = new Tensor('float32', Float32Array.of(1, 2), [1, 2]);
      const alpha = new Tensor('float32', Float32Array.of(2), []);
      expect((await model.call<Tensor>('forward', [x, alpha])).toArray()).to.deep.equal([[12, 24]]);
      expect((await model.run(x)).toArray()).to.deep.equal([[13, 26]]);
      await rejection(() => model.call('forward', { x, alpha: x }), 'ERR_INVALID_SHAPE');
      await rejection(() => model.call('forward', { x, beta: alpha }), 'ERR_INVALID_SHAPE');
    });

    it('of a model keeps batches possible', async () => {
      await using model = await loadModel(faulty('overridable'));
      expect((await model.warmup({ batchSizes: [1, 4] })).rowIndependent).to.equal(true);
      await using queue = new BatchQueue(model, { maxBatchSize: 4 });
      const x = new Tensor('float32', Float32Array.of(1, 2), [1, 2]);
      const answers = await Promise.all([1, 2, 3, 4].map(() => queue.run(x)));
      for (const answer of answers) expect(answer.toArray()).to.deep.equal([[13, 26]]);
      await rejection(
        () => queue.call('forward', { x, alpha: new Tensor('float32', Float32Array.of(2), []) }),
        'ERR_NOT_BATCHABLE',
      );
    });

    it('is a constant before IR version 4, and no argument', async () => {
      await using model = await loadModel(faulty('constant_before_4'));
      expect(model.signature?.inputs.map(({ name }) => name)).to.deep.equal(['x']);
      expect(model.info.warnings.join()).to.include('alpha, beta');
    });
  });

  it('names of dimensions are symbols, but for names that say nothing', async () => {
    await using model = await loadModel(faulty('named_dimensions'));
    expect(model.signature?.inputs.map(({ symbols }) => symbols)).to.deep.equal([
      ['batch', null],
      ['batch', null],
    ]);
    const of = (rows: number, columns: number) =>
      new Tensor('float32', new Float32Array(rows * columns), [rows, columns]);
    expect((await model.call<Tensor>('forward', [of(2, 3), of(2, 1)])).shape).to.deep.equal([1, 1]);
    const { message } = await rejection(() => model.call('forward', [of(2, 3), of(3, 3)]), 'ERR_INVALID_SHAPE');
    expect(message).to.include('batch').and.include('2 in x and 3 in y');
    const without = [null, null];
    const spec = { dtype: 'float32' as const, shape: [null, null], symbols: without };
    const signature = {
      inputs: [
        { ...spec, name: 'x' },
        { ...spec, name: 'y' },
      ],
      outputs: [],
    };
    await using told = await loadModel(faulty('named_dimensions'), { signature });
    expect(
      (await told.call<Tensor>('forward', [of(2, 3), of(3, 3)])).shape,
      'a signature that knows better',
    ).to.deep.equal([1, 1]);
    const shown = await node([`${root}dist/cli/main.js`, 'inspect', faulty('named_dimensions')]);
    expect(shown.stdout).to.match(/in x\s+float32 \[batch, \?\]/);
  });

  it('errors of a run keep the numbers of shapes, and lose what may be a value', async () => {
    await using model = await loadModel(faulty('concat'));
    const of = (...shape: [number, number]) => new Tensor('float32', new Float32Array(shape[0] * shape[1]), shape);
    const { message } = await rejection(() => model.call('forward', [of(2, 3), of(5, 3)]), 'ERR_MODEL_EXECUTION');
    expect(message).to.match(/Axis 0 has mismatched dimensions of (5 and 2|2 and 5)/);
    const messages: [said: string, shown: string][] = [
      ['Attempting to broadcast an axis by a dimension other than 1. 3 by 4', 'Attempting to broadcast an axis by a dimension other than 1. 3 by 4'],
      ['Got invalid dimensions for input: x for the following indices index: 1 Got: 3 Expected: 4 Please fix', 'Got invalid dimensions for input: x for the following indices index: 1 Got: 3 Expected: 4 Please fix'],
      ['C: 3 kernel channels: 4 group: 1', 'C: 3 kernel channels: 4 group: 1'],
      ['idx=77123 must be within the inclusive range [-3,2]', 'idx=… must be within the inclusive range [-3,2]'],
      ['invalid index found, index = 77123', 'invalid index found, index = …'],
      ['Index value 77123 of axis 1 is out of bounds', 'Index value … of axis … is out of bounds'],
      ['value of k 77123; Dimension 2 is fine', 'value of k …; Dimension 2 is fine'],
    ]; // prettier-ignore
    for (const [said, shown] of messages) expect(runMessage(said)).to.equal(shown);
  });

  describe('ONNX Runtime’s own format', () => {
    const x = new Tensor('float32', Float32Array.of(1, 2, 3, 4), [1, 4]);

    it('loads by extension, and by content under another name; its signature is the session’s', async () => {
      await using wanted = await loadModel(onnx('linear'));
      await using model = await loadModel(faulty('linear.ort'), { instances: 1 });
      expect(model.signature).to.deep.equal(wanted.signature);
      const answer = (await wanted.run(x)).toArray();
      expect((await model.run(x)).toArray()).to.deep.equal(answer);
      await rejection(() => model.run(new Tensor('float32', new Float32Array(3), [1, 3])), 'ERR_INVALID_SHAPE');
      const bytes = readFileSync(faulty('linear.ort'));
      await using given = await loadModel(bytes, { engine: 'onnx' });
      expect((await given.run(x)).toArray()).to.deep.equal(answer);
      await using strings = await loadModel(faulty('strings.ort'));
      expect(await strings.run(['a', 'é'])).to.deep.equal(['a', 'é']);
    });

    it('that is damaged ends in a coded error', async () => {
      const bytes = readFileSync(faulty('linear.ort'));
      const path = join(folder, 'cut.ort');
      for (const length of [8, 100, 900, 1500]) {
        writeFileSync(path, bytes.subarray(0, length));
        const error = await loadModel(path).catch((reason: unknown) => reason as { code: string });
        expect((error as { code?: string }).code, `${length} bytes`).to.be.oneOf([
          'ERR_MODEL_LOAD',
          'ERR_MODEL_FORMAT',
        ]);
      }
    });
  });

  const strangers: [what: string, content: string, said: RegExp][] = [
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
    await using model = await loadModel(faulty('odd_names'));
    const one = new Tensor('float32', Float32Array.of(2), [1]);
    const only = await model.call<Tensor>('forward', [one, one], { outputs: ['__proto__'] });
    expect(only.toArray()).to.deep.equal([4]);
  });

  it('another version of onnxruntime-node in the process is what the error says', async function () {
    if (process.platform !== 'linux') this.skip();
    const script = `${root}test/faults/children/other-onnxruntime.mjs`;
    const ended = await node([script, folder, onnx('linear')]);
    if (ended.code === 77) this.skip(); // no C compiler
    expect(ended.code, ended.stderr).to.equal(0);
    const { code, message } = JSON.parse(ended.stdout) as { code: string; message: string };
    expect(code).to.equal('ERR_ONNXRUNTIME_LOAD');
    expect(message).to.include('another version of it is loaded').and.include('npm ls onnxruntime-node');
  });
});
