import { expect } from 'chai';
import { loadModel, runtime, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { digitModel, fixture } from '../../support/paths.js';

const linear = fixture('torchscript/linear.pt');

describe('loadModel', () => {
  it('says why the device, and what the bundled model weighs', async () => {
    await using model = await loadModel(digitModel);
    expect(model.info.parameterBytes).to.equal(4 * (784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10));
    expect(model.info.device.reason).to.match(/auto took the (CPU|first)/);
  });

  const refused: [string, string, string | RegExp][] = [
    ['state_dict.pt', 'ERR_MODEL_FORMAT', /torch\.save/],
    ['pickled_module.pt', 'ERR_MODEL_FORMAT', /torch\.save/],
    ['plain_zip.pt', 'ERR_MODEL_FORMAT', /zip archive without/],
    ['text.pt', 'ERR_MODEL_FORMAT', /received text/],
    ['empty.pt', 'ERR_MODEL_FORMAT', /empty/],
    ['truncated.pt', 'ERR_MODEL_FORMAT', /cut off or damaged/],
  ];
  for (const [file, code, message] of refused) {
    it(`refuses ${file} saying what it is`, async () => {
      expect((await rejection(() => loadModel(fixture(`torchscript/${file}`)), code)).message).to.match(
        message as RegExp,
      );
    });
  }

  it('refuses an overflowing device index', () =>
    rejection(() => loadModel(linear, { device: 'cuda:99999999999' }), 'ERR_INVALID_ARGUMENT'));

  it('refuses several instances of a model that keeps state', async () => {
    await rejection(() => loadModel(fixture('torchscript/stateful.pt'), { instances: 2 }), 'ERR_STATEFUL_MODEL');
    await using model = await loadModel(fixture('torchscript/stateful.pt'));
    expect(model.info.stateful).to.equal(true);
  });

  it('takes bf16 where the CPU has it, and says so where not', async () => {
    const load = () => loadModel(linear, { device: 'cpu', precision: 'bf16' });
    if (!(await runtime.info()).bfloat16) {
      await rejection(load, 'ERR_PRECISION_UNSUPPORTED');
      return;
    }
    await using model = await load();
    expect((await model.run(new Tensor('float32', new Float32Array(4), [1, 4]))).dtype).to.equal('float32');
  });

  it('converts a half-precision model to fp32 on demand', async () => {
    await using model = await loadModel(fixture('torchscript/linear_float16.pt'), { device: 'cpu', precision: 'fp32' });
    const answer = await model.run(new Tensor('float16', new Uint16Array(4), [1, 4]));
    expect(answer.dtype).to.equal('float32');
  });

  it('sends inputs to forward under their names, past arguments that have defaults', async () => {
    const spec = { dtype: 'float32', shape: [2] } as const;
    const x = new Tensor('float32', Float32Array.of(1, 2), [2]);
    const path = fixture('torchscript/defaults.pt');
    await using plain = await loadModel(path);
    const known = plain.info.methods[0]!.args.filter(({ type }) => /Tensor/.test(type)).map(({ name }) => name);
    expect(known).to.have.length(2);
    const inputs = known.map((name) => ({ name, ...spec }));
    await using signed = await loadModel(path, { signature: { inputs, outputs: [] } });
    const named = Object.fromEntries(known.map((name) => [name, x]));
    expect(await signed.call('forward', named)).to.deep.equal(await plain.call('forward', named));
    const reversed = { inputs: [...inputs].reverse(), outputs: [] };
    await rejection(() => loadModel(path, { signature: reversed }), 'ERR_SIGNATURE_MISMATCH');
  });
});
