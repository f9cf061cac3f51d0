/** The signatures of real TorchScript models: read from the archive, and compared with what was given. */
import { expect } from 'chai';
import { BatchQueue, loadModel, Tensor, type Signature, type TensorSpec } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { digitModel, fixture } from '../../support/paths.js';

const pt = (name: string): string => fixture(`torchscript/${name}.pt`);
const open = { dtype: null, shape: null };
const vector = (name: string): TensorSpec => ({ name, dtype: 'float32', shape: [null] });
const x = Tensor.from([1, 2]);

describe('signatures of TorchScript models', () => {
  const own: [string, Signature][] = [
    ['linear', { inputs: [{ name: 'x', ...open }], outputs: [{ name: 'output', ...open }] }],
    [
      'lstm',
      {
        inputs: [
          { name: 'x', ...open },
          { name: 'state', ...open, type: 'Optional[Tuple[Tensor, Tensor]]', optional: true },
        ],
        outputs: [
          { name: 'output_0', ...open },
          { name: 'output_1', ...open, type: 'Tuple[Tensor, Tensor]' },
        ],
      },
    ],
    [
      'dict_input',
      {
        inputs: [{ name: 'xs', ...open, type: 'Dict[str, Tensor]' }],
        outputs: [{ name: 'output', ...open, type: 'Dict[str, Tensor]' }],
      },
    ],
  ];
  for (const [name, signature] of own) {
    it(`are what the archive of ${name} says`, async () => {
      await using model = await loadModel(pt(name));
      expect(model.signature).to.deep.equal(signature);
    });
  }

  it('are absent where there is no forward', async () => {
    await using model = await loadModel(pt('no_forward'));
    expect(model.signature).to.equal(undefined);
    expect(await model.call('triple', [x])).to.be.instanceOf(Tensor);
  });

  it('check names and tensors before anything runs', async () => {
    await using model = await loadModel(pt('defaults'));
    expect(await model.call('forward', { x })).to.deep.equal(await model.call('forward', [x]));
    const missing = await rejection(() => model.call('forward', { times: 2 }), 'ERR_INVALID_INPUT');
    expect(missing.message).to.include('"x" is missing').and.include('mask (optional)');
    await rejection(() => model.call('forward', { x, tiems: 2 }), 'ERR_INVALID_INPUT');
    await rejection(() => model.call('forward', [5]), 'ERR_INVALID_INPUT');
    await rejection(() => model.call('forward', { x, times: 'two' }), 'ERR_INVALID_INPUT'); // the engine's word
  });

  it('add what was given to what the archive says', async () => {
    const given: Signature = { inputs: [vector('x')], outputs: [], task: { type: 'other' } };
    await using model = await loadModel(pt('linear'), { signature: given });
    const output = { name: 'output', ...open };
    expect(model.signature).to.deep.equal({ inputs: [vector('x')], outputs: [output], task: { type: 'other' } });
  });

  it('take names of their own for arguments, in order', async () => {
    await using model = await loadModel(pt('defaults'), { signature: { inputs: [vector('wave')], outputs: [] } });
    await using plain = await loadModel(pt('defaults'));
    expect(await model.call('forward', { wave: x })).to.deep.equal(await plain.call('forward', [x]));
    await rejection(() => model.call('forward', { x }), 'ERR_INVALID_INPUT');
    const report = await model.warmup({ example: { wave: x } });
    expect(report.runs).to.equal(3);
  });

  it('mean the same by position and by name where forward has arguments between them', async () => {
    const signature: Signature = { inputs: [vector('x'), vector('mask')], outputs: [] };
    await using model = await loadModel(pt('defaults'), { signature });
    await using plain = await loadModel(pt('defaults'));
    const mask = Tensor.from([0, 1]);
    const expected = await plain.call('forward', { x, mask });
    expect(await model.call('forward', { x, mask })).to.deep.equal(expected);
    expect(await model.call('forward', [x, mask])).to.deep.equal(expected);
    expect(await model.call('forward', [x])).to.deep.equal(await plain.call('forward', [x]));
  });

  it('let arguments be no tensors', async () => {
    const rate = { name: 'steps', ...open, type: 'int' };
    const signature: Signature = { inputs: [{ name: 'x', dtype: 'float32', shape: [null, null] }, rate], outputs: [] };
    await using model = await loadModel(pt('slow'), { signature });
    const square = new Tensor('float32', new Float32Array(256 * 256), [256, 256]);
    expect((await model.call<Tensor>('forward', { x: square, steps: 1 })).shape).to.deep.equal([256]);
    await rejection(() => model.call('forward', [x, 1]), 'ERR_INVALID_SHAPE');
    // Nobody knows how many steps.
    await rejection(() => model.warmup(), 'ERR_INVALID_ARGUMENT');
    expect((await model.warmup({ example: [square, 1] })).runs).to.equal(3);
  });

  const contradictions: [string, string, Signature][] = [
    ['an input too many', 'linear', { inputs: [vector('a'), vector('b')], outputs: [] }],
    ['no input', 'linear', { inputs: [], outputs: [] }],
    ['a tensor for an int', 'slow', { inputs: [vector('x'), vector('steps')], outputs: [] }],
    ['a missing argument', 'slow', { inputs: [vector('x')], outputs: [] }],
    ['a tensor for a dict', 'dict_input', { inputs: [vector('xs')], outputs: [] }],
    ['an int for a tensor', 'linear', { inputs: [{ name: 'x', ...open, type: 'int' }], outputs: [] }],
    ['an output too many', 'linear', { inputs: [vector('x')], outputs: [vector('a'), vector('b')] }],
  ];
  for (const [what, name, signature] of contradictions) {
    it(`refuse ${what}`, async () => {
      await rejection(() => loadModel(pt(name), { signature }), 'ERR_SIGNATURE_MISMATCH');
      await using model = await loadModel(pt(name)); // the refused one is gone, and in nobody's way
      expect(model.disposed).to.equal(false);
    });
  }

  it('bound the batches of a warm-up', async () => {
    const input: TensorSpec = {
      name: 'input',
      dtype: 'float32',
      shape: [null, 784],
      bounds: [{ min: 1, max: 8 }, null],
      range: [0, 1],
    };
    await using model = await loadModel(digitModel, { signature: { inputs: [input], outputs: [] } });
    const report = await model.warmup({ batchSizes: [1, 32, 64] });
    expect(report).to.deep.include({ batchSizes: [1, 8], rowIndependent: true });
    const rows = (count: number) => new Tensor('float32', new Float32Array(784 * count), [count, 784]);
    expect((await model.run(rows(8))).shape).to.deep.equal([8, 10]);
    const error = await rejection(() => model.run(rows(9)), 'ERR_INVALID_SHAPE');
    expect(error.message).to.include('[1..8, 784]');
    const queue = new BatchQueue(model, { maxBatchSize: 32, allowedBatchSizes: [2, 4, 32] });
    expect(queue.options).to.deep.include({ maxBatchSize: 8, allowedBatchSizes: [2, 4, 8] });
    const answers = await Promise.all(Array.from({ length: 40 }, () => queue.run(rows(1))));
    expect(answers.map(({ shape }) => shape[0])).to.deep.equal(new Array(40).fill(1));
    await queue.close();
    const two = { ...input, bounds: [{ min: 1, max: 2 }, null] };
    await using small = await loadModel(digitModel, { signature: { inputs: [two], outputs: [] } });
    expect((await small.warmup()).rowIndependent).to.equal(undefined);
  });
});
