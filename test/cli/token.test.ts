import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, parseTokens } from '#dist/server/security/token-text.js';
import { main } from '../support/server/serve-process.js';

const run = (...args: string[]) => {
  const env = { ...process.env, NODE_LIBTORCH_TOKENS: '' };
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env });
};

describe('node-libtorch token', () => {
  it('makes a token of 256 bits, and the line that lets it in', () => {
    const { stdout, status } = run('token', '--id', 'ops', '--scopes', 'infer,admin', '--expires', '2099-01-31');
    expect(status).to.equal(0);
    const [, token = '', line = ''] = /user: (.+)\nline of the tokens file: (.+)\n/.exec(stdout) ?? [];
    expect(token).to.match(/^nlt_[\w-]{43}$/);
    expect(line).not.to.include(token);
    const [parsed] = parseTokens(line, 'here');
    expect(parsed).to.include({ id: 'ops', expires: Date.UTC(2099, 0, 31) });
    expect(parsed?.digest.equals(digestOf(token))).to.equal(true);
    expect(run('token').stdout).not.to.equal(run('token').stdout);
  });

  it('makes the entry of a JSON file', () => {
    const { token, entry } = JSON.parse(run('token', '--json').stdout) as { token: string; entry: unknown };
    const [parsed] = parseTokens(JSON.stringify({ tokens: [entry] }), 'here');
    expect(parsed?.digest.equals(digestOf(token))).to.equal(true);
  });

  it('refuses what no tokens file may say', () => {
    for (const flags of [
      ['--scopes', 'root'],
      ['--id', '1'],
      ['--expires', 'soon'],
    ]) {
      const { status, stderr, stdout } = run('token', ...flags);
      expect({ status, stdout }, flags.join(' ')).to.deep.equal({ status: 2, stdout: '' });
      expect(stderr).to.match(/ERR_CONFIG/);
    }
  });
});

describe('node-libtorch serve', () => {
  it('does not open a port to strangers, and says at once what to do', () => {
    for (const host of ['0.0.0.0', '::', 'models.example']) {
      const { status, stderr } = run('serve', '--host', host, '--port', '0');
      expect(status).to.equal(2);
      expect(stderr).to.include('tokensFile or NODE_LIBTORCH_TOKENS').and.include('--insecure').and.include(host);
    }
  });

  it('does not begin with a tokens file that is wrong, and quotes nothing of it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-tokens-'));
    const file = join(folder, 'tokens');
    writeFileSync(file, 'ci root hunter2-hunter2-hunter2');
    const { status, stderr, stdout } = run('serve', '--tokens-file', file, '--port', '0');
    expect(status).to.be.oneOf([1, 2]);
    expect(stderr).to.match(/ERR_CONFIG.*one or both of infer, admin for the scopes of line 1/);
    expect(stderr + stdout).not.to.include('hunter2');
    rmSync(folder, { recursive: true });
  });

  it('takes a part of TLS alone for a usage error', () => {
    for (const flags of [
      ['--tls-cert', 'a.pem'],
      ['--tls-key', 'a.pem'],
      ['--tls-ca', 'a.pem'],
    ]) {
      const { status, stdout, stderr } = run('serve', 'mnist-mlp', '--port', '0', ...flags);
      expect({ status, stdout }, flags.join(' ')).to.deep.equal({ status: 2, stdout: '' });
      expect(stderr).to.match(/^error \[ERR_CONFIG\] Expected tlsCert and tlsKey together.*\n$/);
    }
  });
});
