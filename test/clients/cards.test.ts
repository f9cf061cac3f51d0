/** Our cards, as the libraries of Hugging Face and CycloneDX read them. Nothing is asked of the network. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cardOf, type CardFormat } from '#dist/registry/card/index.js';
import type { ModelRecord } from '#dist/registry/model-record.js';
import { full, minimal, nasty, nastyRecords } from '../registry/card/records.js';
import { root } from '../support/paths.js';

/** What cards.py prints of each. */
interface Read {
  readonly data: Readonly<Record<string, unknown>>;
  readonly evaluations: readonly Readonly<Record<string, unknown>>[];
  readonly text: string;
  readonly again: boolean;
  readonly invalid: string | null;
  readonly component: Readonly<Record<string, unknown>>;
}

const mnist = JSON.parse(
  readFileSync(join(root, 'model-registry/mnist-mlp/v1.0/metadata.json'), 'utf8'),
) as ModelRecord;

describe('cards and their readers', function () {
  this.timeout(600_000);

  let read: (records: readonly ModelRecord[], change?: (card: string, format: CardFormat) => string) => Read[];
  let folder: string;

  before(() => {
    const python = execFileSync('bash', [join(root, 'scripts/clients/cards-env.sh')], { encoding: 'utf8' }).trim();
    folder = mkdtempSync(join(tmpdir(), 'cards-'));
    read = (records, change = (card) => card) => {
      const card = (record: ModelRecord, format: CardFormat) => change(cardOf(record, format), format);
      const cards = records.map((record) => ({ hf: card(record, 'hf'), cyclonedx: card(record, 'cyclonedx') }));
      writeFileSync(join(folder, 'cards.json'), JSON.stringify(cards));
      const script = join(root, 'test/clients/cards.py');
      // The hub must not be asked for anything: its address leads nowhere.
      const env = { ...process.env, HF_HUB_OFFLINE: '1', HF_ENDPOINT: 'http://127.0.0.1:1', PYTHONUTF8: '1' };
      const output = execFileSync(python, [script, join(folder, 'cards.json')], {
        encoding: 'utf8',
        env,
        maxBuffer: 2 ** 26,
      });
      return JSON.parse(output) as Read[];
    };
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('understand all that is stated', () => {
    const [card] = read([full]) as [Read];
    expect(card.data).to.deep.include({
      license: 'apache-2.0',
      library_name: 'onnx',
      pipeline_tag: 'image-classification',
      tags: ['onnx', 'classification', 'node-libtorch'],
      base_model: 'some-org/pictures',
      datasets: ['some-org/pets'],
    });
    const results = card.evaluations.map((one) => [
      one.metric_name,
      one.metric_type,
      one.metric_value,
      one.dataset_split,
    ]);
    expect(results).to.deep.equal([
      ['testAccuracy', 'accuracy', 0.91, 'test'],
      // A number, and no text as YAML 1.1 has 1e-7.
      ['testLoss', 'loss', 1e-7, 'test'],
      ['validationAccuracy', 'accuracy', 0.93, 'validation'],
      ['f1.macro', 'f1.macro', 0.88, null],
    ]);
    expect(card.evaluations.map((one) => one.dataset_name)).to.deep.equal([
      ...['hf:datasets/some-org/pets', 'hf:datasets/some-org/pets', 'not stated', 'not stated'],
    ]);
    expect(card.text.trim()).to.equal(cardOf(full, 'markdown').trim());
    expect(card.component).to.deep.equal({
      type: 'machine-learning-model',
      name: 'pictures',
      version: '2.1',
      hashes: { 'SHA-256': full.artifact.sha256 },
      licenses: ['Apache-2.0'],
      references: [
        `https://huggingface.co/some-org/pictures/resolve/${full.source!.revision}/onnx/model.onnx`,
        `https://huggingface.co/some-org/pictures/tree/${full.source!.revision}`,
        `swh:1:rev:${full.sourceCommit}`,
      ],
    });
  });

  it('find nothing in a record that states nothing', () => {
    const [card] = read([minimal]) as [Read];
    expect(card.data).to.deep.equal({ library_name: 'onnx', tags: ['onnx', 'other', 'node-libtorch'] });
    expect(card.evaluations).to.deep.equal([]);
    expect(card.invalid).to.equal(null);
  });

  it('take the card of the digit model', () => {
    const [card] = read([mnist]) as [Read];
    expect(card.invalid).to.equal(null);
    expect(card.evaluations.map(({ metric_name, metric_value }) => [metric_name, metric_value])).to.deep.equal([
      ['testAccuracy', mnist.metrics!.testAccuracy],
      ['testLoss', mnist.metrics!.testLoss],
      ['validationAccuracy', mnist.metrics!.validationAccuracy],
      ['validationLoss', (mnist.metrics as { readonly validationLoss?: number }).validationLoss],
    ]);
  });

  it('take every text that an author may write, and no more than it', () => {
    const known = new Set([
      'license',
      'license_name',
      'library_name',
      'pipeline_tag',
      'tags',
      'base_model',
      'datasets',
    ]);
    for (const [place, card] of read(nastyRecords).entries()) {
      const of = JSON.stringify(nasty[place]);
      expect(card.invalid, of).to.equal(null);
      expect(card.again, of).to.equal(true);
      const members = Object.keys(card.data).filter((name) => !known.has(name));
      expect(members.sort(), of).to.deep.equal(['metrics', 'model-index']);
      expect(card.data.tags, of).to.deep.equal(['onnx', 'classification', 'node-libtorch']);
      expect(card.text.trim(), of).to.equal(cardOf(nastyRecords[place]!, 'markdown').trim());
      expect(
        card.evaluations.map(({ metric_value }) => metric_value),
        of,
      ).to.deep.equal([0.5, 0.5]);
    }
  });

  it('refuse what is none of theirs, so that the tests above can fail', () => {
    const wrong = read([full], (card, format) =>
      format === 'hf' ? card : card.replace('"machine-learning-model"', '"data"'),
    );
    expect(wrong[0]!.component.type).to.equal('data');
    const invalid = read([full], (card) => card.replace('swh:1', '[1'));
    expect(invalid[0]!.invalid).to.be.a('string');
    expect(() => read([full], (card) => card.replace('license: "', 'license: "a" "'))).to.throw(/ParserError|expected/);
  });
});
