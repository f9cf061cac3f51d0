import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = new URL('../../', import.meta.url);
const main = fileURLToPath(new URL('dist/cli/main.js', root));
const script = readFileSync(new URL('scripts/export/node_libtorch_export.py', root), 'utf8');

describe('node-libtorch exporter', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exporter-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [main, 'exporter', ...args], { cwd: folder, encoding: 'utf8' });
  const written = (name = 'node_libtorch_export.py') => readFileSync(join(folder, name), 'utf8');

  it('writes the Python script, and says when it is there already', () => {
    const { status, stdout, stderr } = run();
    expect({ status, stdout, stderr }).to.deep.equal({
      status: 0,
      stdout: 'wrote node_libtorch_export.py\n',
      stderr: '',
    });
    expect(written()).to.equal(script);
    expect(run('--json').stdout).to.equal('{"output":"node_libtorch_export.py","written":false}\n');
  });

  it('writes it elsewhere, and to standard output', () => {
    expect(run('--output', 'other.py', '--json').stdout).to.equal('{"output":"other.py","written":true}\n');
    expect(written('other.py')).to.equal(script);
    expect(run('--output', '-').stdout).to.equal(script);
    const both = run('--output', '-', '--json');
    expect(both).to.include({ status: 2, stdout: '' });
    expect(JSON.parse(both.stderr)).to.have.nested.property('error.code', 'ERR_INVALID_ARGUMENT');
  });

  it('replaces no file that is another, unless it is told to', () => {
    writeFileSync(join(folder, 'mine.py'), 'mine');
    const { status, stderr } = run('--output', 'mine.py');
    expect(status).to.equal(1);
    expect(stderr).to.match(/ERR_INVALID_ARGUMENT.*mine\.py is there and is another one; --force/);
    expect(written('mine.py')).to.equal('mine');
    expect(run('--output', 'mine.py', '--force').status).to.equal(0);
    expect(written('mine.py')).to.equal(script);
  });

  it('says why a file cannot be written', () => {
    const { status, stderr } = run('--output', 'none/here.py');
    expect(status).to.equal(1);
    expect(stderr).to.match(/none\/here\.py cannot be written \(ENOENT\)/);
  });
});
