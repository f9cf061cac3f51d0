/** Changed files of torch.export.save: none ends the process. The long run is test/stress/export-fuzz.mjs. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadModel } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fuzzExports } from '../support/export-fuzz/fuzz.js';
import { Random } from '../support/export-fuzz/random.js';
import { fixture } from '../support/paths.js';

describe('faults: changed exported programs', () => {
  it('refuses each of 600 files with one other bit, by their digest', async function () {
    this.timeout(60_000);
    const whole = readFileSync(fixture('export/nested.pt2'));
    const sha256 = createHash('sha256').update(whole).digest('hex');
    const random = new Random(18);
    for (let i = 0; i < 600; ++i) {
      const bytes = Buffer.from(whole);
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      await rejection(() => loadModel(bytes, { engine: 'export', sha256 }), 'ERR_INTEGRITY');
    }
    await (await loadModel(whole, { engine: 'export', sha256 })).dispose();
  });

  it('answers or refuses 300 changed files without a digest, each with a code', async function () {
    this.timeout(120_000);
    const { outcomes, crashes } = await fuzzExports({ count: 300, seed: 2 });
    expect(crashes).to.deep.equal([]);
    const words = Object.keys(outcomes);
    expect(
      words.filter((outcome) => !/^(answer|given up: no end|(load|run) ERR_[A-Z_]+)$/.test(outcome)),
    ).to.deep.equal([]);
    // The changes are worth something: some are refused, some run to another end, some change nothing that matters.
    expect(words).to.include.members(['answer', 'load ERR_MODEL_FORMAT', 'run ERR_MODEL_EXECUTION']);
  });
});
