/** Cards: every format, from records that state nothing, everything and what they should not. */
import { expect } from 'chai';
import { cardFormats, cardOf, contentOf } from '#dist/registry/card/index.js';
import { checked, full, minimal, nasty, nastyRecords, recordOf } from './records.js';

const everything = [minimal, full, ...nastyRecords];

describe('cardOf', () => {
  it('is asked for records that there can be', () => {
    for (const record of everything) expect(checked(record).name).to.equal(record.name);
  });

  for (const format of cardFormats) {
    it(`makes equal cards of equal records: ${format}`, () => {
      for (const record of everything) {
        expect(cardOf(structuredClone(record), format)).to.equal(cardOf(record, format));
      }
    });
  }

  it('refuses a format that there is not', () => {
    for (const format of ['html', 'toString', '', undefined]) {
      expect(() => cardOf(minimal, format as 'hf'))
        .to.throw(/Expected one of markdown, hf, cyclonedx for the format of a card/)
        .with.property('code', 'ERR_INVALID_ARGUMENT');
    }
  });

  it('says what nobody stated, and makes nothing up', () => {
    const card = cardOf(minimal, 'markdown');
    expect(card).to.include('Description: not stated.');
    for (const title of ['Training data', 'Evaluation', 'Intended use', 'Limits', 'Admission']) {
      expect(card).to.include(`## ${title}\n\nNot stated.`);
    }
    for (const fact of ['Made from commit', 'Fetched from', 'Licence'])
      expect(card).to.include(`**${fact}**: not stated`);
    expect(cardOf(minimal, 'hf')).to.match(
      /^---\nlibrary_name: "onnx"\ntags:\n {2}- "onnx"\n {2}- "other"\n {2}- "node-libtorch"\n---\n\n# tiny v1.0\n/,
    );
    const bom = JSON.parse(cardOf(minimal, 'cyclonedx')) as { metadata: { component: { modelCard: object } } };
    expect(bom.metadata.component).to.not.have.any.keys('licenses', 'description', 'externalReferences');
    expect(bom.metadata.component.modelCard).to.have.all.keys('modelParameters');
  });

  it('shows every fact of a record that states all of them', () => {
    const card = cardOf(full, 'markdown');
    const { artifact, training, source, admission } = full;
    for (const text of [
      ...[
        artifact.sha256,
        String(artifact.bytes),
        artifact.sidecars![0]!.sha256,
        full.sourceCommit!,
        source!.revision!,
      ],
      ...[training!.dataset, 'train 800, test 1000', 'cat, dog, red panda', 'epochs', '0.91', 'f1.macro', 'Apache-2.0'],
      ...[admission!.runtime!, '1.25', '200000000', 'rows of a batch do not influence each other', 'opset'],
      ...[full.description!.slice(0, 20), full.intendedUse!, full.limitations!, admission!.warnings![0]!, full.created],
    ]) {
      expect(card, text).to.include(text);
    }
    expect(card).to.include('| cat | 0.9 | not stated |').and.to.include('| 3 | 1 |');
  });

  it('cuts what is long, and says how long it was', () => {
    const labels = Array.from({ length: 100_000 }, (_, place) => `label ${place}`);
    const task = { type: 'classification', activation: 'none', labels } as const;
    const card = cardOf({ ...minimal, task }, 'markdown');
    expect(card).to.include('100000: label 0, label 1').and.to.include('label 49, and 99950 more');
    const rows = Array.from({ length: 5000 }, (_, row) => ({ label: `l${row}` }));
    expect(cardOf({ ...full, metrics: { perClass: rows } }, 'markdown')).to.include('… and 4900 more.');
    const framework = Object.fromEntries(Array.from({ length: 3000 }, (_, place) => [`key${place}`, 'x'.repeat(2000)]));
    for (const format of cardFormats) {
      expect(cardOf({ ...minimal, task, framework, metrics: { perClass: rows } }, format).length).to.be.below(100_000);
    }
  });

  it('leaves no control, half of a pair or hidden direction in any format', () => {
    for (const [place, record] of nastyRecords.entries()) {
      for (const format of cardFormats) {
        const card = cardOf(record, format);

        const found = /[^\n\P{Cc}]|[\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\uffff]/u.exec(card);
        expect(found?.[0], `${nasty[place]} as ${format}`).to.equal(undefined);
      }
    }
  });

  it('shows a stranger’s Markdown and HTML as text', () => {
    const sections = contentOf(full).sections.length;
    for (const [place, record] of nastyRecords.entries()) {
      const lines = cardOf(record, 'markdown').split('\n');
      const of = `${nasty[place]}`;
      expect(lines.filter((line) => /^#/.test(line)).length, of).to.equal(sections + 1);
      expect(
        lines.filter((line) => /^(-{3,}|={3,}|\*{3,}|`{3,}|>|\d+[.)] | {4}|\t)/.test(line)),
        of,
      ).to.deep.equal([]);
      const text = lines
        .filter((line) => !line.startsWith('| ---'))
        .join('\n')
        .replace(/\\[!-/:-@[-`{-~]/g, '');
      expect(text.replace(/`[^`\n]*`/g, ''), of).to.not.match(/<|\]\(|!\[|:\/\/|\bwww\.|\{\{/);
      // Tables: every row of the one on labels has its two columns.
      for (const [at, line] of lines.entries()) {
        if (!line.startsWith('| ---')) continue;
        const columns = line.split('|').length;
        for (let row = at - 1; lines[row]?.startsWith('|'); row++) {
          expect(lines[row]!.replace(/\\\|/g, '').split('|').length, `${of}: ${lines[row]}`).to.equal(columns);
        }
      }
    }
  });

  it('gives every change of a record another serial number', () => {
    const numbers = [full, minimal, { ...full, license: 'MIT' }, { ...full, version: '2.2' }, recordOf('a')].map(
      (record) => (JSON.parse(cardOf(record, 'cyclonedx')) as { serialNumber: string }).serialNumber,
    );
    expect(new Set(numbers).size).to.equal(numbers.length);
    for (const number of numbers) {
      expect(number).to.match(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it('names licences as each reader does', () => {
    const cases: readonly (readonly [string, string, object])[] = [
      ['MIT', 'license: "mit"', { license: { id: 'MIT' } }],
      ['apache-2.0', 'license: "apache-2.0"', { license: { id: 'Apache-2.0' } }],
      ['GPL-3.0-or-later', 'license: "gpl-3.0"', { license: { id: 'GPL-3.0-or-later' } }],
      ['gemma', 'license: "gemma"', { license: { name: 'gemma' } }],
      ['MIT OR Apache-2.0', 'license: "other"\nlicense_name: "MIT OR Apache-2.0"', { expression: 'MIT OR Apache-2.0' }],
      ['ours: "all"', 'license: "other"\nlicense_name: "ours: \\"all\\""', { license: { name: 'ours: "all"' } }],
    ];
    for (const [license, yaml, choice] of cases) {
      const record = { ...minimal, license };
      expect(cardOf(record, 'hf')).to.include(`---\n${yaml}\n`);
      const bom = JSON.parse(cardOf(record, 'cyclonedx')) as { metadata: { component: { licenses: unknown } } };
      expect(bom.metadata.component.licenses).to.deep.equal([choice]);
    }
  });

  it('never shows the password of an address', () => {
    const source = {
      repository: 'https://user:secret@example.com/a b?x=[1]',
      url: 'https://user:secret@example.com/m.onnx',
    };
    for (const format of cardFormats) {
      expect(cardOf({ ...full, source }, format)).to.not.include('secret');
      expect(cardOf({ ...full, source: { url: 'a b://u:secret@x' } }, format)).to.not.include('secret');
    }
    const card = cardOf({ ...full, source }, 'cyclonedx');
    expect(card).to.include('https://example.com/a%20b?x=%5B1%5D').and.to.include('https://example.com/m.onnx');
  });
});
