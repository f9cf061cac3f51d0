import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { node } from '../support/child.js';
import { main, type Line } from '../support/server/serve-process.js';

const recorder = ['--import', './test/support/record-imports.mjs'];
/** What only a server that starts needs: it takes most of the time of a start. */
const heavy =
  /-> \S*\/(node_modules\/express|dist\/server\/index\.js|dist\/serving\/(?!names)|dist\/engines\/torch\/load\.js)/;

describe('faults: a failed start', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-start-'));
  let other: Server;
  let taken: string;
  before(async () => {
    other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    taken = String((other.address() as AddressInfo).port);
    writeFileSync(join(folder, 'broken.json'), '{"port": ');
    writeFileSync(join(folder, 'wrong.json'), '{"port": "http"}');
  });
  after(() => {
    other.close();
    rmSync(folder, { recursive: true });
  });

  const serve = async (...args: string[]) => {
    const { code, stdout, stderr } = await node([...recorder, main, 'serve', ...args]);
    const texts = stdout.split('\n');
    return {
      code,
      stderr,
      isHeavy: texts.some((text) => heavy.test(text)),
      lines: texts.filter((text) => text.startsWith('{')).map((text) => JSON.parse(text) as Line),
    };
  };

  const usage: [string, () => string[]][] = [
    ['an unknown flag', () => ['--prot', '1']],
    ['a setting out of bounds', () => ['--port', '70000']],
    ['a settings file that is not there', () => ['--config', join(folder, 'none.json')]],
    ['a settings file that is no JSON', () => ['--config', join(folder, 'broken.json')]],
    ['a settings file with a wrong value', () => ['--config', join(folder, 'wrong.json')]],
    ['settings that contradict each other', () => ['--headers-timeout-ms', '50', '--receive-timeout-ms', '10']],
  ];
  for (const [what, args] of usage) {
    it(`is found before the server is imported: ${what}`, async () => {
      const { code, isHeavy, stderr, lines } = await serve(...args());
      expect({ code, isHeavy, lines }).to.deep.equal({ code: 2, isHeavy: false, lines: [] });
      expect(stderr).to.match(/^error \[ERR_\w+\] .*\n/);
    });
  }

  for (const workers of ['1', '2']) {
    it(`is found before the server is imported, and logged: a port in use, ${workers} process(es)`, async () => {
      const { code, isHeavy, stderr, lines } = await serve('--port', taken, '--workers', workers);
      expect({ code, isHeavy }).to.deep.equal({ code: 1, isHeavy: false });
      expect(stderr).to.match(/^error \[ERR_CONFIG\] .*in use\n$/);
      expect(lines).to.have.length(1);
      expect(lines[0]).to.include({ level: 'fatal', code: 'ERR_CONFIG', msg: 'could not start' });
    });

    it(`is the last line of the log: a model that is not there, ${workers} process(es)`, async () => {
      const { code, stderr, lines } = await serve('no-such-model', '--port', '0', '--workers', workers);
      expect(code).to.equal(1);
      expect(stderr).to.match(/^error \[ERR_MODEL_NOT_FOUND\] .*\n$/);
      expect(lines.at(-1)).to.include({ level: 'fatal', code: 'ERR_MODEL_NOT_FOUND', msg: 'could not start' });
    });
  }

  it('ends, and frees the port, where the models cannot even be looked for', async () => {
    const { code, lines } = await serve(
      'mnist-mlp',
      '--port',
      '0',
      '--registry',
      join(folder, 'no', 'such', 'registry'),
    );
    expect(code).to.equal(1);
    expect(lines.at(-1)).to.include({ level: 'fatal', msg: 'could not start' });
  });

  it('says on standard error alone what somebody silenced', async () => {
    const { code, stderr, lines } = await serve('no-such-model', '--port', '0', '--log-level', 'silent');
    expect({ code, lines }).to.deep.equal({ code: 1, lines: [] });
    expect(stderr).to.match(/^error \[/);
  });
});
