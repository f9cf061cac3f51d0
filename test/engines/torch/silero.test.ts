import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { loadModel, Tensor, type Model } from 'node-libtorch';
import { fixture, root } from '../../support/paths.js';
import { samples, type Part } from '../../support/signal.js';

const recorded = JSON.parse(readFileSync(fixture('silero/expected.json'), 'utf8')) as {
  readonly model: { readonly sha256: string };
  readonly sampleRate: number;
  readonly chunkSamples: number;
  readonly signal: { readonly parts: readonly Part[]; readonly samples: number; readonly sha256: string };
  readonly tolerance: number;
  readonly probabilities: readonly number[];
  readonly continuedWithoutReset: readonly number[];
  readonly audioForward: readonly number[];
};

/** Somebody else's model, as its makers publish it: recurrent, with state, several methods and 2 MB of code and weights. */
describe('Silero-VAD', function () {
  this.timeout(60_000);
  const signal = samples(recorded.signal.parts, recorded.chunkSamples);
  let path: string;

  before('fetch the model', async function () {
    this.timeout(120_000);
    path = (await promisify(execFile)(process.execPath, [`${root}scripts/fetch-silero.mjs`])).stdout.trim();
  });

  it('listens to the very signal that PyTorch was given', () => {
    expect(signal).to.have.length(recorded.signal.samples);
    expect(createHash('sha256').update(new Uint8Array(signal.buffer)).digest('hex')).to.equal(recorded.signal.sha256);
  });

  for (const optimize of ['none', 'freeze', 'inference'] as const) {
    describe(`optimize: '${optimize}'`, () => {
      let model: Model;
      before(async () => {
        model = await loadModel(path, { optimize, device: 'cpu', sha256: recorded.model.sha256 });
      });
      after(() => model.dispose());

      async function listen(count: number): Promise<number[]> {
        const heard: number[] = [];
        for (let i = 0; i < count; ++i) {
          const chunk = signal.subarray(i * recorded.chunkSamples, (i + 1) * recorded.chunkSamples);
          const x = new Tensor('float32', chunk, [1, recorded.chunkSamples]);
          const answer = await model.call<Tensor>('forward', [x, recorded.sampleRate]);
          expect(answer.shape).to.deep.equal([1, 1]);
          heard.push(answer.data[0] as number);
        }
        return heard;
      }
      const reset = (): Promise<unknown> => model.call('reset_states', []);

      it('keeps state, as its graph says', () => {
        expect(model.info).to.deep.include({ stateful: true, optimize, warnings: [] });
        expect(model.info.methods.map(({ name }) => name)).to.include.members([
          'forward',
          'audio_forward',
          'reset_states',
        ]);
      });

      it('hears what PyTorch hears, goes on from its state, and begins anew after reset_states()', async () => {
        const first = await listen(recorded.probabilities.length);
        expectClose(first, recorded.probabilities);
        const continued = await listen(recorded.continuedWithoutReset.length);
        expectClose(continued, recorded.continuedWithoutReset);
        await reset();
        const again = await listen(recorded.probabilities.length);
        expect(again, 'bit by bit').to.deep.equal(first);
      });

      it('hears the same in the whole signal at once', async () => {
        await reset();
        const x = new Tensor('float32', signal, [1, signal.length]);
        const whole = await model.call<Tensor>('audio_forward', [x, recorded.sampleRate]);
        expect(whole.shape).to.deep.equal([1, recorded.audioForward.length]);
        expectClose([...(whole.data as Float32Array)], recorded.audioForward);
      });
    });
  }

  it('may be loaded twice: the states are each their own', async () => {
    await using one = await loadModel(path, { device: 'cpu' });
    await using other = await loadModel(path, { device: 'cpu' });
    const x = new Tensor('float32', signal.subarray(20 * 512, 21 * 512), [1, 512]);
    const hear = async (model: Model): Promise<number> =>
      (await model.call<Tensor>('forward', [x, recorded.sampleRate])).data[0] as number;
    const first = await hear(one);
    expect(await hear(one), 'the state matters').to.not.equal(first);
    expect(await hear(other)).to.equal(first);
  });
});

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).to.have.length(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(actual[i], `chunk ${i}`).to.be.closeTo(value, recorded.tolerance * (1 + Math.abs(value)));
  }
}
