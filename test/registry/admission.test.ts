import { expect } from 'chai';
import { copyFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadModel, Tensor, type AddOptions } from 'node-libtorch';
import { torchError } from '#dist/errors.js';
import { admit } from '#dist/registry/admission/admit.js';
import { escaped } from '#dist/registry/admission/endings.js';
import { measure } from '#dist/registry/admission/measure.js';
import { defaultMemory } from '#dist/registry/admission/memory-watch.js';
import { weightBytes } from '#dist/registry/admission/weight-bytes.js';
import { rejection } from '../support/errors.js';
import { digitModel, fixture, onnx } from '../support/paths.js';
import { leftOver, temporaryRegistry } from '../support/temporary-registry.js';

const version = 'v1.0';
const pixels = { inputs: [{ dtype: 'float32', shape: [null, 784], range: [0, 1] }] } as const;

describe('admission', function () {
  this.timeout(60_000);
  const current = temporaryRegistry();
  const add = (file: string, options: Partial<AddOptions> = {}) =>
    current().registry.add(file, { name: 'model', version, ...options });

  afterEach(() => {
    expect(leftOver(), 'nothing is left over').to.deep.equal([]);
  });

  it('measures a model by all of its files', async () => {
    const [file, weights] = ['external.onnx', 'weights.bin'].map((name) => join(current().folder, name)) as [
      string,
      string,
    ];
    await copyFile(onnx('external'), file);
    expect(await weightBytes(file, 'onnx'), 'not there').to.equal(0);
    await writeFile(weights, '');
    await truncate(weights, 3 * 2 ** 30); // no blocks on the disk
    expect(await weightBytes(file, 'onnx')).to.equal(3 * 2 ** 30);
    expect(await weightBytes(digitModel, 'torchscript')).to.equal(0);
    await rejection(
      () => weightBytes(file, 'onnx', AbortSignal.abort(torchError('ERR_TIMEOUT', 'over'))),
      'ERR_TIMEOUT',
    );
  });

  describe('finds out', () => {
    it('how a TorchScript model runs', async () => {
      const { record, added } = await add(digitModel, { signature: pixels });
      expect(added).to.equal(true);
      const { admission } = record;
      expect(admission).to.deep.include({ device: 'cpu', example: 'made-up', deterministic: true });
      expect(admission?.runtime).to.match(/^LibTorch 2\.\d+\.\d+/);
      expect(admission?.rows?.verdict).to.equal('independent');
      expect(admission?.state).to.deep.equal({ stateful: false });
      expect(admission?.latency?.map(({ rows }) => rows)).to.deep.equal([1, 8]);
      for (const { median, p95, runs } of admission!.latency!) {
        expect(median).to.be.within(0, p95);
        expect(runs).to.be.at.least(3);
      }
      expect(admission?.memory?.peak).to.be.greaterThan(admission!.memory!.load);
      expect(record.signature.outputs).to.deep.equal([{ name: 'output', dtype: 'float32', shape: [null, 10] }]);
    });

    it('how an ONNX model and a compiled package run', async () => {
      const { record: network } = await add(onnx('linear'), { name: 'network' });
      expect(network.admission?.runtime).to.match(/^ONNX Runtime \d/);
      expect(network.signature.outputs[0]).to.deep.include({ name: 'y', dtype: 'float32', shape: [null, 3] });
      const { record: compiled } = await add(fixture('aoti/nested.pt2'), { name: 'compiled' });
      expect(compiled.signature.outputs.map(({ name }) => name)).to.deep.equal(['sum', 'parts.0', 'parts.1']);
    });

    it('rows that mix, state, and outputs that differ', async () => {
      const mixing = await add(onnx('row_mixing'), { name: 'mixing' });
      expect(mixing.record.admission?.rows?.verdict).to.equal('dependent');
      const stateful = await add(fixture('faults/state-pt2/running.pt2'), { name: 'stateful' });
      expect(stateful.record.admission?.state?.stateful).to.equal(true);
      expect(stateful.record.admission?.state?.reason).to.be.a('string');
      expect(stateful.record.admission).to.not.have.property('deterministic');
      const random = await add(fixture('faults/onnx-random/dropout.onnx'), { name: 'random' });
      expect(random.record.admission?.deterministic).to.equal(false);
    });

    it('sizes that runs change, and what is in a dictionary', async () => {
      const { record } = await add(fixture('aoti/tokens.pt2'), { name: 'tokens' });
      expect(record.signature.outputs.map(({ shape }) => shape)).to.deep.equal([[null, 4], [null]]);
      const example = new Tensor('float32', new Float32Array(8).fill(0.5), [2, 4]);
      const dict = await add(fixture('torchscript/dict_output.pt'), { name: 'dict', example });
      expect(dict.record.signature.outputs.length).to.be.greaterThan(0);
      for (const { dtype, shape, type } of dict.record.signature.outputs) {
        expect(type).to.equal(undefined);
        expect(dtype).to.be.a('string');
        expect(shape).to.be.an('array');
      }
    });
  });

  it('runs on the example that is given, and takes what is unsaid of the inputs from it', async () => {
    const example = [new Tensor('float32', new Float32Array(2 * 784).fill(0.25), [2, 784])];
    const { record } = await add(digitModel, { example });
    expect(record.admission?.example).to.equal('given');
    expect(record.signature.inputs).to.deep.equal([{ name: 'input', dtype: 'float32', shape: [null, 784] }]);
    expect(record.admission?.warnings?.[0]).to.match(/shape of input input is that of the example/);
  });

  it('asks for an example with what is known of the model', async () => {
    let known: unknown;
    const { record } = await add(digitModel, {
      signature: pixels,
      example: async ({ methods, signature }) => {
        known = { methods: methods.map(({ name }) => name), input: signature?.inputs[0]?.shape };
        return { input: new Tensor('float32', new Float32Array(784), [1, 784]) };
      },
    });
    expect(known).to.deep.equal({ methods: ['forward'], input: [null, 784] });
    expect(record.admission?.example).to.equal('given');
  });

  it('refuses an example that the model does not take, with what the model said', async () => {
    const example = new Tensor('float32', new Float32Array(6), [2, 3]);
    await rejection(() => add(digitModel, { signature: pixels, example }), 'ERR_INVALID_SHAPE');
    await rejection(() => add(digitModel, { example }), 'ERR_MODEL_EXECUTION');
    expect(current().content()).to.deep.equal([]);
  });

  it('admits a model whose inputs nobody can make up, and says that it was not run', async () => {
    const { record } = await add(fixture('torchscript/lists.pt'));
    expect(record.admission?.example).to.equal('none');
    expect(record.admission?.warnings?.join()).to.match(/loaded and not run.*--example/);
    const strict = rejection(
      () => add(fixture('torchscript/lists.pt'), { name: 'other', strict: true, ...complete }),
      'ERR_ADMISSION',
    );
    expect((await strict).message).to.match(/as strict demands.*--example/);
  });
  const complete = {
    metrics: { testAccuracy: 0.5 },
    training: { dataset: 'none' },
    sourceCommit: '0'.repeat(40),
    framework: { torch: '2.15.0' },
  };

  it('loads without a run where admission is false', async () => {
    const { record } = await add(onnx('linear'), { admission: false });
    expect(record.admission?.example).to.equal('none');
    expect(record.admission).to.not.have.any.keys('latency', 'rows', 'deterministic', 'memory');
    expect(record.admission?.warnings?.join()).to.match(/loaded and not run/);
  });

  it('refuses a file that is another by the time it is tried', async () => {
    const request = { engine: 'onnx', sha256: '0'.repeat(64), bytes: 1, limits: {} } as const;
    const { message } = await rejection(() => admit(onnx('linear'), request), 'ERR_INTEGRITY');
    expect(message).to.match(/it was changed; add it again/);
  });

  it('gives up the question of rows where runs take long, and measures the rest', async () => {
    const inputs = [{ name: 'input', ...pixels.inputs[0] }];
    await using model = await loadModel(digitModel, { signature: { inputs, outputs: [] } });
    const report = await measure(model, { kind: 'run', example: undefined, batchSizes: [1, 8], budgetMs: 1 });
    expect(report.rows?.verdict).to.equal('unknown');
    expect(report.rows?.reason).to.match(/rows were not compared/);
    expect(report).to.deep.include({ batchSizes: [1], deterministic: true });
    expect(report.outputs?.[0]?.shape).to.deep.equal([1, 10]);
  });

  it('escapes what moves a cursor or ends a line', () => {
    expect(escaped(`\u001b[2J${'a'.repeat(3000)}b\u202e`, 100)).to.equal(`…${'a'.repeat(98)}b\\u202e`);
    expect(escaped('one\ntwo\u001b[2J\r\n', 100)).to.equal('one\\ntwo\\u001b[2J');
  });

  it('has a limit of memory that this machine can bear', () => {
    expect(defaultMemory(1)).to.be.within(2 ** 28, 8 * 2 ** 30);
    expect(defaultMemory(2 ** 50))
      .to.be.at.least(defaultMemory(1))
      .and.below(2 ** 50);
  });
});
