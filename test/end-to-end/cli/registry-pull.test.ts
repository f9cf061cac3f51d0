import { expect } from 'chai';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commit, startHub, type Hub } from '../../registry/pull/hub-server.js';
import { cli } from '../../support/cli-run.js';
import { onnx } from '../../support/paths.js';
import { hasPty, linesOn, onTerminal } from '../../support/pty.js';
import { main } from '../../support/server/serve-process.js';

interface Pulled {
  readonly added: boolean;
  readonly record: { source: { repository: string; revision: string; file: string } };
}

describe('node-libtorch registry pull', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-pull-'));
  const folders = ['--registry', join(folder, 'records'), '--models', join(folder, 'models')];
  const env = { HF_TOKEN: '', HF_ENDPOINT: '', NO_PROXY: '*' };
  let hub: Hub;
  const command = (place: string, version: string): string[] => [
    ...['registry', 'pull', place, '--name', 'linear', '--model-version', version, '--endpoint', hub.endpoint],
    ...folders,
  ];
  before(async () => {
    hub = await startHub({ files: { 'onnx/model.onnx': readFileSync(onnx('linear')) } });
  });
  after(async () => {
    await hub.close();
    rmSync(folder, { recursive: true });
  });

  it('adds a model at a commit, and does nothing the second time', async () => {
    const first = await cli([...command(`hf:org/model@${commit}`, 'v1.0'), '--json'], { env });
    expect(first.status, first.stderr).to.equal(0);
    const { added, record } = JSON.parse(first.stdout) as Pulled;
    expect(added).to.equal(true);
    expect(record.source).to.deep.equal({ repository: 'hf:org/model', revision: commit, file: 'onnx/model.onnx' });
    const again = await cli(command(`hf:org/model@${commit}`, 'v1.0'), { env });
    expect(again).to.include({ status: 0, stderr: '' });
    expect(again.stdout).to.match(/^linear v1\.0 is there already/);
  });

  it('takes a branch only with --resolve, and records its commit', async () => {
    const floating = await cli(command('hf:org/model@main', 'v2.0'), { env });
    expect(floating).to.include({ status: 2, stdout: '' });
    expect(floating.stderr).to.match(/^error \[ERR_INVALID_ARGUMENT\] [^]*--resolve/);
    const { status, stdout } = await cli([...command('hf:org/model@main', 'v2.0'), '--resolve', '--json'], { env });
    expect(status).to.equal(0);
    expect((JSON.parse(stdout) as Pulled).record.source).to.have.property('revision', commit);
  });

  it('refuses what is no place, and what the hub does not have; nothing is left', async () => {
    for (const place of [
      'org/model',
      'hf:model',
      `hf:../model@${commit}`,
      `hf:org/model@${commit}0`,
      's3:bucket/model',
    ]) {
      expect(await cli(command(place, 'v3.0'), { env }), place).to.include({ status: 2, stdout: '' });
    }
    const none = await cli(command(`hf:org/other@${commit}`, 'v3.0'), { env });
    expect(none).to.include({ status: 1, stdout: '' });
    expect(none.stderr).to.match(/^error \[ERR_MODEL_NOT_FOUND\] /);
    expect(readdirSync(join(folder, 'records', '.staging'))).to.deep.equal([]);
    expect(readdirSync(join(folder, 'models', '.staging'))).to.deep.equal([]);
  });

  it('shows on a terminal how far it is', async function () {
    if (!hasPty) this.skip();
    hub.fault = ({ path }, response) => {
      if (!path.includes('resolve')) return false;
      hub.fault = undefined;
      setTimeout(() => response.destroy(), 1500); // the second try goes well
      return true;
    };
    const { status, screen } = await onTerminal(
      70,
      [process.execPath, main, ...command(`hf:org/model@${commit}`, 'v4.0')],
      env,
    );
    expect(status, screen).to.equal(0);
    const drawn = screen.split('\r').map((part) => part.replace('\x1b[K', ''));
    expect(drawn.some((part) => /^Fetching onnx\/model\.onnx .* 0\/0 kB$/.test(part))).to.equal(true);
    expect(linesOn(screen)[0]).to.match(/^added linear v4\.0: onnx, 190 B/);
  });
});
