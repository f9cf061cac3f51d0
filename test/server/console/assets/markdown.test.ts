import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { consoleAsset } from '../../../support/console/assets.js';
import { root } from '../../../support/paths.js';

type Tree = Readonly<Record<string, unknown>>;
interface Markdown {
  readonly parseMarkdown: (text: string) => Tree[];
  readonly isSafeUrl: (url: string) => boolean;
}

const text = (given: string) => ({ type: 'text', text: given });

describe('the console: Markdown of cards', () => {
  let parse: Markdown['parseMarkdown'];
  let isSafe: Markdown['isSafeUrl'];
  before(async () => ({ parseMarkdown: parse, isSafeUrl: isSafe } = await consoleAsset<Markdown>('markdown.js')));

  it('has headings, lists, tables, code and emphasis', () => {
    const given =
      '# A *b*\n\nText `x` and **y**.\n\n- one\n- two\n\n1. first\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```\nraw <b>\n```\n';
    const tree = parse(given);
    expect(tree.map(({ type }) => type)).to.deep.equal(['heading', 'paragraph', 'list', 'list', 'table', 'code']);
    expect(tree[0]).to.deep.include({ level: 1 });
    expect(tree[2]).to.deep.include({ ordered: false, items: [[text('one')], [text('two')]] });
    expect(tree[3]).to.deep.include({ ordered: true });
    expect(tree[4]).to.deep.include({ head: [[text('a')], [text('b')]], rows: [[[text('1')], [text('2')]]] });
    expect((tree[5]?.['text'] as string).trim()).to.equal('raw <b>');
  });

  it('leaves HTML as text', () => {
    const html = '<img src=x onerror=alert(1)>';
    expect(parse(`A ${html}`)).to.deep.equal([{ type: 'paragraph', children: [text(`A ${html}`)] }]);
  });

  it('follows links of the web alone', () => {
    for (const url of ['https://example.org/', 'HTTP://example.org', '#a-heading'])
      expect(isSafe(url), url).to.equal(true);
    const bad = [
      'javascript:alert(1)',
      'JaVaScRiPt:x',
      ' javascript:x',
      'java\tscript:x',
      'vbscript:x',
      'data:text/html,x',
    ];
    for (const url of [...bad, '//elsewhere.example/', '/admin', 'file:///etc/passwd', '']) {
      expect(isSafe(url), url).to.equal(false);
    }
  });

  it('reads the cards of the project whole', () => {
    for (const path of ['docs/cards.md', 'docs/registry.md', 'README.md']) {
      const given = readFileSync(`${root}${path}`, 'utf8');
      const tree = parse(given);
      expect(tree.filter(({ type }) => type === 'heading').length, path).to.be.above(2);
    }
  });

  it('ends soon and does not throw, whatever it is given', () => {
    const long = 50_000;
    for (const unit of ['*', '`', '[', '](', '|', '> ', '- ', '#', '_a_*', '[a](b', '|-', '\n- ', '```\n', '\u0000']) {
      expect(() => parse(unit.repeat(long / unit.length)), JSON.stringify(unit)).not.to.throw();
    }
    expect(parse('')).to.deep.equal([]);
  });
});
