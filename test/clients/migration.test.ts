import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { root } from '../support/paths.js';
import { serveProcess, type LoggingProcess } from '../support/server/serve-process.js';

interface Block {
  readonly info: string;
  readonly text: string;
}

/** The page's sections with their fenced blocks. */
function sectionsOf(page: string): { readonly title: string; readonly blocks: readonly Block[] }[] {
  return page
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.slice(0, section.indexOf('\n')),
      blocks: [...section.matchAll(/^```([\w ]+)\n([^]*?)^```$/gm)].map(([, info = '', text = '']) => ({ info, text })),
    }));
}

const run = promisify(execFile);
const command = 'npx node-libtorch serve ';
const { newProject } = (await import(`${root}scripts/docs/project.mjs`)) as {
  newProject: (root: string) => Promise<string>;
};

/** Its `js` and `sh` blocks are run by scripts/check-docs.mjs; its `py` blocks need the clients of others. */
describe('docs/migration.md', function () {
  this.timeout(240_000);
  let server: LoggingProcess | undefined;
  let folder = '';
  before(async () => {
    folder = await newProject(root);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    server?.child.kill('SIGTERM');
    await server?.ended;
  });

  for (const { title, blocks } of sectionsOf(readFileSync(`${root}docs/migration.md`, 'utf8'))) {
    const start = blocks.find(({ info }) => info === 'sh background')?.text.trim();
    if (start === undefined) continue;
    it(`runs as it is printed: ${title}`, async () => {
      expect(start.startsWith(command), start).to.equal(true);
      const words = start.slice(command.length).split(' ');
      const args = words.map((word) => (existsSync(join(folder, word)) ? join(folder, word) : word));
      server = serveProcess(args);
      await server.seen('a model is up', args.filter((word) => /\.(?:pt2|onnx)$/.test(word)).length);
      const address = `127.0.0.1:${await server.port()}`;
      const python = execFileSync('bash', [`${root}scripts/clients/env.sh`], { encoding: 'utf8' }).trim();
      let answer: unknown;
      let ran = 0;
      for (const { info, text } of blocks) {
        if (info === 'sh') {
          const { stdout } = await run(
            'bash',
            ['-c', text.replaceAll('127.0.0.1:8000', address).replace('curl ', 'curl --fail-with-body ')],
            { cwd: folder },
          );
          answer = JSON.parse(stdout) as unknown;
          ran++;
        } else if (info === 'json') expect(answer).to.deep.equal(JSON.parse(text));
        else if (info === 'py') {
          const { stdout } = await run(python, ['-c', text, address], { cwd: folder });
          expect(stdout.trim()).to.not.equal('');
          ran++;
        }
      }
      expect(ran).to.be.greaterThan(2);
    });
  }
});
