import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { loadModel, Tensor } from 'node-libtorch';
import { fixture, root } from '../../support/paths.js';
import { samples, type Part } from '../../support/signal.js';

const recorded = JSON.parse(readFileSync(fixture('silero/expected.json'), 'utf8')) as {
  readonly onnx: { readonly sha256: string };
  readonly sampleRate: number;
  readonly chunkSamples: number;
  readonly signal: { readonly parts: readonly Part[] };
  readonly probabilities: readonly number[];
};
/** The end of the last chunk, which the TorchScript model keeps by itself. */
const contextSamples = 64;
const tolerance = 1e-4;

/** Somebody else's model, whose graph branches on the sample rate; its state goes in and comes out. */
describe('Silero-VAD as ONNX', function () {
  this.timeout(120_000);

  it('hears what PyTorch hears in the TorchScript file of the same weights', async () => {
    const fetched = await promisify(execFile)(process.execPath, [`${root}scripts/fetch-silero.mjs`, 'onnx']);
    await using model = await loadModel(fetched.stdout.trim(), { sha256: recorded.onnx.sha256 });
    expect(model.signature?.inputs).to.deep.equal([
      { name: 'input', dtype: 'float32', shape: [null, null] },
      { name: 'state', dtype: 'float32', shape: [2, null, 128] },
      { name: 'sr', dtype: 'int64', shape: [] },
    ]);
    const signal = samples(recorded.signal.parts, recorded.chunkSamples);
    const sr = new Tensor('int64', BigInt64Array.of(BigInt(recorded.sampleRate)), []);
    let state = new Tensor('float32', new Float32Array(2 * 128), [2, 1, 128]);
    let worst = 0;
    for (const [i, wanted] of recorded.probabilities.entries()) {
      const chunk = new Float32Array(contextSamples + recorded.chunkSamples);
      const from = i * recorded.chunkSamples;
      chunk.set(signal.subarray(Math.max(0, from - contextSamples), from), i === 0 ? contextSamples : 0);
      chunk.set(signal.subarray(from, from + recorded.chunkSamples), contextSamples);
      const input = new Tensor('float32', chunk, [1, chunk.length]);
      const heard = await model.call<{ output: Tensor; stateN: Tensor<'float32'> }>('forward', { input, state, sr });
      state = heard.stateN;
      worst = Math.max(worst, Math.abs((heard.output.data[0] as number) - wanted));
    }
    expect(recorded.probabilities.length).to.be.above(50);
    expect(worst, 'largest difference of a probability').to.be.below(tolerance);
  });
});
