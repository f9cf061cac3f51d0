import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { root } from '../support/paths.js';

interface Example {
  readonly name: string;
  readonly main: string;
}
interface Header {
  readonly lines: readonly string[];
  readonly commands: {
    readonly install?: string;
    readonly prepare: readonly string[];
    readonly start?: string;
    readonly ask: readonly string[];
  };
}
const { headerOf } = (await import(`${root}scripts/examples/header.mjs`)) as { headerOf: (source: string) => Header };
const { examples } = (await import(`${root}scripts/examples/table.mjs`)) as { examples: readonly Example[] };
const folder = join(root, 'examples');
const readme = readFileSync(join(folder, 'README.md'), 'utf8');

/** What `npm run test:examples` cannot see: whether an example reads as one. */
describe('the form of examples', () => {
  it('the table has every one of them', () => {
    const there = readdirSync(folder).filter((name) => name !== 'README.md');
    expect(examples.map(({ main }) => main.split('/')[0]).sort()).to.deep.equal(there.sort());
  });

  for (const { name, main } of examples) {
    it(name, () => {
      const source = readFileSync(join(folder, main), 'utf8');
      const { lines, commands } = headerOf(source);
      expect(lines.length, 'lines of the header').to.be.within(3, 4);
      expect(lines[0], 'what it is').not.to.match(/^(Run|Ask):/);
      expect(commands.install, 'Run').to.match(/^npm install/);
      expect(commands.start, 'Run').to.match(/^(node|npx) /);
      expect(commands.ask, 'Ask').not.to.have.length(0);
      expect(source.trim().split('\n').length, 'lines').to.be.within(15, 60);
      expect(source).not.to.match(/\bas (?!if\b)[A-Za-z]+[;,)<[\]]|\bsatisfies\b|@ts-|node-libtorch\/(dist|src)|#dist/);
      expect(readme).to.include(`](${main})`);
      if (!main.includes('/')) return;
      const manifest = JSON.parse(readFileSync(join(folder, main.split('/')[0]!, 'package.json'), 'utf8')) as {
        dependencies: Record<string, string>;
      };
      expect(statSync(join(folder, main)).isFile()).to.equal(true);
      expect(manifest.dependencies['node-libtorch']).to.match(/^\^/);
    });
  }
});
