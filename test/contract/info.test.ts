import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { runtime } from 'node-libtorch';
import { contract, modelsLoaded, rows } from './contract.js';

contract('info', ({ name, file, load, info }) => {
  const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

  it('tells what was loaded', async () => {
    await using model = await load('linear', { device: 'cpu', maxPending: 7 });
    const bytes = await readFile(file('linear'));
    expect(model.info).to.deep.include({
      engine: name,
      precision: 'auto',
      optimize: info.optimize,
      instances: 1,
      maxPending: 7,
      stateful: false,
      sha256: digest(bytes),
      artifactBytes: bytes.length,
      parameterBytes: info.parameterBytes,
    });
    expect(model.info.device.device).to.equal('cpu');
    expect(model.info.device.reason).to.match(/\w+ \w+/);
    expect(Object.isFrozen(model.info)).to.equal(true);
  });

  it('tells what forward takes and returns', async () => {
    await using model = await load('linear');
    expect(model.info.methods).to.deep.equal([
      { name: 'forward', args: [{ name: info.input, type: 'Tensor', hasDefault: false }], returns: ['Tensor'] },
    ]);
    const [input] = model.signature?.inputs ?? [];
    expect(input).to.deep.include(
      info.typed
        ? { name: info.input, dtype: 'float32', shape: [null, 4] }
        : { name: info.input, dtype: null, shape: null },
    );
  });

  it('takes optimize: none at its word', async () => {
    await using model = await load('linear', { optimize: 'none' });
    expect(model.info.optimize).to.equal('none');
    expect((await model.run(rows(1))).shape).to.deep.equal([1, 3]);
  });

  it('of the models that are loaded is in runtime.info(), in their order, with where they are and what they weigh', async () => {
    const before = await modelsLoaded();
    const listed = async () => (await runtime.info()).models.slice(before);
    const first = await load('linear', { device: 'cpu' });
    await using second = await load('mixing', { device: 'cpu', maxPending: 1 });
    expect(await listed()).to.deep.equal(
      [first, second].map(({ info: { engine, precision, instances, sha256, parameterBytes, artifactBytes } }) => {
        return { engine, device: 'cpu', precision, instances, sha256, parameterBytes, artifactBytes };
      }),
    );
    const [, other] = await listed();
    await first.dispose();
    expect(await listed()).to.deep.equal([other]);
  });
});
