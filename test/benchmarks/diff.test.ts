import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { root } from '../support/paths.js';

/** A repository with the benchmarks alone: enough for what happens before anything is measured. */
describe('bench:diff before it measures', () => {
  let folder: string;
  const diff = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['benchmarks/diff.mjs', ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_LIBTORCH_CACHE: join(folder, 'cache') },
    });
    return { status, stdout, stderr };
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'node-libtorch-test-'));
    for (const part of ['lib', 'diff.mjs'])
      cpSync(join(root, 'benchmarks', part), join(folder, 'benchmarks', part), { recursive: true });
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
    execFileSync('git', ['init', '-q'], { cwd: folder });
    execFileSync('git', [...who, 'commit', '-q', '--allow-empty', '-m', 'empty'], { cwd: folder });
  });
  after(() => rm(folder, { recursive: true }));

  it('has nothing to judge against in a clone without the baseline, and is no failure', async () => {
    await writeFile(join(folder, 'benchmarks/baseline.json'), JSON.stringify({ commit: '1'.repeat(40), why: 'gone' }));
    const { status, stdout, stderr } = diff('--fail');
    expect({ status, stdout }).to.deep.equal({ status: 0, stdout: '' });
    expect(stderr).to.match(/^Nothing to judge against: this clone does not have commit 1{40}/);
  });

  it('refuses a commit that was asked for and is not there', () => {
    const { status, stderr } = diff('--before', 'v0.0.99');
    expect(status).to.equal(2);
    expect(stderr).to.equal('Expected a commit or a folder but received v0.0.99\n');
  });

  it('refuses a folder that was not built', async () => {
    await mkdir(join(folder, 'tree'));
    const { status, stderr } = diff('--before', 'tree');
    expect(status).to.equal(2);
    expect(stderr).to.match(/^tree is no built tree: it has no dist\/index\.js\n {2}fix: /);
  });

  it('refuses subjects that it does not know', async () => {
    await mkdir(join(folder, 'built/dist'), { recursive: true });
    await writeFile(join(folder, 'built/dist/index.js'), '');
    const { status, stderr } = diff('--before', 'built', '--after', 'built', '--only', 'predict-64,nothing');
    expect(status).to.equal(2);
    expect(stderr).to.match(/^Expected subjects of predict-64, .* but received nothing\n$/);
  });

  it('moves the baseline to this commit when it is told to, with the reason', async () => {
    expect(diff('--accept', '--why', 'a test').status).to.equal(0);
    const head = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: folder, encoding: 'utf8' }).trim();
    const written: unknown = JSON.parse(await readFile(join(folder, 'benchmarks/baseline.json'), 'utf8'));
    expect(written).to.deep.equal({ commit: head, why: 'a test' });
  });
});
