import { expect } from 'chai';
import { BatchQueue, Tensor } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { detach, resizable } from '../support/memory.js';
import { contract, rows, signatureOf } from './contract.js';

contract('inputs', ({ load, info }) => {
  it('may be given alone, by position and by name', async () => {
    await using model = await load('linear');
    const x = rows(3);
    const { value, timings } = await model.execute('forward', [x]);
    expect(timings.queueMs).to.be.at.least(0);
    expect(timings.runMs).to.be.at.least(0);
    expect(await model.run(x)).to.deep.equal(value);
    expect(await model.run([x]), 'an array is by position').to.deep.equal(value);
    expect(await model.run({ [info.input]: x }), 'a plain object is by name').to.deep.equal(value);
    expect(await model.call('forward', [x])).to.deep.equal(value);
    expect(await model.call('forward', { [info.input]: x })).to.deep.equal(value);
  });

  it('come with options of known names alone: a misspelt one is not silence', async () => {
    await using model = await load('linear');
    await using queue = new BatchQueue(model, { rowIndependent: true });
    const x = rows(1);
    const misspelt = { timeout: 5 } as object;
    for (const run of [
      () => model.run(x, misspelt),
      () => model.call('forward', [x], misspelt),
      () => model.warmup(misspelt),
      () => queue.run(x, misspelt),
    ]) {
      const { message } = await rejection(run, 'ERR_INVALID_ARGUMENT');
      expect(message)
        .to.include('"timeout"')
        .and.to.not.match(/owned|bounds/);
    }
  });

  it('are refused by a disposed model before anything else', async () => {
    const model = await load('linear');
    await model.dispose();
    for (const run of [
      () => model.run(rows(1), { timeout: 5 } as object),
      () => model.call('nothing', []),
      () => model.run(5 as never),
    ])
      await rejection(run, 'ERR_DISPOSED');
  });

  it('go by the names of the given signature', async () => {
    const signature = signatureOf('wave');
    if (!info.mayRename) {
      await rejection(() => load('linear', { signature }), 'ERR_SIGNATURE_MISMATCH');
      return;
    }
    await using model = await load('linear', { signature });
    const x = rows(3);
    expect(await model.call('forward', { wave: x })).to.deep.equal(await model.run(x));
    await rejection(() => model.call('forward', { other: x }), 'ERR_INVALID_INPUT');
    expect((await model.warmup({ example: { wave: x } })).runs).to.equal(3);
  });

  it('are used as they were when the run was submitted, and the caller’s memory is left alone', async () => {
    await using model = await load('linear');
    const data = Float32Array.of(9, 9, 1, 2, 3, 4).subarray(2);
    const x = new Tensor('float32', data, [1, 4]);
    const before = await model.run(x);
    const run = model.run(x);
    const again = model.run(x); // waits
    data.fill(1e9);
    expect((await run).toArray()).to.deep.equal(before.toArray());
    expect((await again).toArray()).to.deep.equal(before.toArray());
    expect(data).to.have.length(4);
  });

  it('survive the transfer of their buffer during the run', async () => {
    await using model = await load('linear');
    const x = rows(2);
    const before = await model.run(x);
    const runs = [model.run(x), model.run(x)];
    detach(x.data.buffer);
    for (const run of runs) expect(await run).to.deep.equal(before);
  });

  it('whose buffer is gone or has shrunk are refused, by a run and by a queue', async () => {
    await using model = await load('linear');
    await using queue = new BatchQueue(model, { rowIndependent: true });
    const gone = rows(2);
    detach(gone.data.buffer);
    const buffer = resizable(32, 64);
    const shrunk = new Tensor('float32', new Float32Array(buffer), [2, 4]);
    buffer.resize(16);
    for (const input of [gone, shrunk]) {
      await rejection(() => model.run(input), 'ERR_INVALID_SHAPE');
      await rejection(() => queue.run(input), 'ERR_INVALID_SHAPE');
    }
    expect((await model.run(rows(1))).shape).to.deep.equal([1, 3]);
  });

  it('may have no rows, where the model takes none', async () => {
    await using model = await load('linear');
    const answer = await model.run(new Tensor('float32', new Float32Array(), [0, 4])).catch((error: unknown) => error);
    if (answer instanceof Tensor) expect(answer.shape).to.deep.equal([0, 3]);
    else await rejection(() => Promise.reject(answer), 'ERR_INVALID_SHAPE');
  });
});
