/** What models of TorchScript alone do; what every engine does is in test/contract. */
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';

describe('Model of TorchScript', () => {
  it('gives large outputs that outlive their model', async () => {
    const model = await loadModel(fixture('torchscript/layouts.pt'));
    const methods = model.info.methods.map(({ name }) => name);
    expect(methods).to.include('transposed');
    const data = Float32Array.from({ length: 512 * 512 }, (_, i) => i);
    const out = await model.call<Tensor>('transposed', [new Tensor('float32', data, [512, 512])]);
    await model.dispose();
    expect(out.shape).to.deep.equal([512, 512]);
    expect(out.data[1]).to.equal(512);
  });

  it('takes an input of any shape to the engine, whose error shows no path and no C++ frame, then goes on', async () => {
    await using model = await loadModel(fixture('torchscript/linear.pt'));
    const error = await rejection(
      () => model.run(new Tensor('float32', new Float32Array(5), [1, 5])),
      'ERR_MODEL_EXECUTION',
    );
    expect(error.message).to.not.match(/frame #|\.so|0x[0-9a-f]{8}/);
    expect((await model.run(new Tensor('float32', new Float32Array(4), [1, 4]))).shape).to.deep.equal([1, 3]);
  });

  it('refuses a bigint beyond 64 bits for an int, then goes on', async () => {
    await using divide = await loadModel(fixture('torchscript/divide.pt'));
    await rejection(() => divide.run([2n ** 64n]), 'ERR_OUT_OF_RANGE');
    expect(await divide.run<number>([5])).to.be.a('number');
  });
});
