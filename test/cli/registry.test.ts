import { expect } from 'chai';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, json } from '../support/cli-run.js';
import { root } from '../support/paths.js';

const digest = 'sha256:4cf27f400bba704abd5f85f5b0a6df857516ecbef93e5ae52431be7a58b928eb';

/** A registry of copies of the digit model; no command here loads one. */
class Copies {
  readonly folder = mkdtempSync(join(tmpdir(), 'node-libtorch-registry-'));
  readonly flags = ['--registry', join(this.folder, 'records'), '--models', join(this.folder, 'models')];

  constructor() {
    for (const name of ['records', 'models']) mkdirSync(join(this.folder, name));
  }

  put(name: string, version: string, change: (record: Record<string, unknown>) => object = (record) => record): void {
    const [from, to] = ['mnist-mlp/v1.0', `${name}/${version}`];
    cpSync(`${root}models/${from}`, join(this.folder, 'models', to), { recursive: true });
    cpSync(`${root}model-registry/${from}`, join(this.folder, 'records', to), { recursive: true });
    const record = JSON.parse(readFileSync(this.path(name, version), 'utf8')) as Record<string, unknown>;
    this.write(name, version, JSON.stringify(change({ ...record, name, version })));
  }

  write(name: string, version: string, text: string): void {
    writeFileSync(this.path(name, version), text);
  }

  path(name: string, version: string, file = 'metadata.json'): string {
    return join(this.folder, 'records', name, version, file);
  }

  run(...args: string[]) {
    return cli(['registry', ...args, ...this.flags]);
  }

  json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
    return json<T>(['registry', ...args, ...this.flags]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

interface Listed {
  readonly versions: readonly { name: string; version: string; aliases: string[]; problem?: { code: string } }[];
}

describe('node-libtorch registry', function () {
  this.timeout(120_000); // some processes each
  let copies: Copies;
  before(() => {
    copies = new Copies();
    copies.put('digits', 'v1.0');
    copies.put('digits', 'v1.10');
    copies.put('digits', 'v1.2', (record) => ({
      ...record,
      schemaVersion: 2,
      sourceCommit: undefined,
      metrics: undefined,
    }));
    copies.put('broken', 'v1.0');
    copies.write('broken', 'v1.0', '{"schemaVersion": 2, "name": "\u001b[31mred"}');
  });
  after(() => copies.remove());

  it('says what it can do without a command, and refuses what it cannot', async () => {
    const { status, stderr, stdout } = await cli(['registry']);
    expect(status).to.equal(2);
    for (const name of ['add', 'list', 'show', 'verify', 'card', 'alias', 'rm', 'pull', 'sign', 'clear'])
      expect(stdout + stderr).to.match(new RegExp(`^ +${name} `, 'm'));
    expect(await cli(['registry', 'bake'])).to.include({ status: 2, stdout: '' });
    expect(await cli(['registry', 'show'])).to.include({ status: 2, stdout: '' });
    expect((await cli(['registry', 'add', '--help'])).stdout)
      .to.include('--registry <value>')
      .and.include('--strict');
  });

  it('list: versions in their order, broken ones marked and not fatal, nothing that a terminal obeys', async () => {
    const { status, stdout, stderr } = await copies.run('list');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    const [title, ...lines] = stdout.trimEnd().split('\n');
    expect(title).to.match(/^MODEL +VERSION +ENGINE +SIZE +TASK +CREATED +SIGNED$/);
    expect(lines.map((line) => line.split(/ +/).slice(0, 3).join(' '))).to.deep.equal([
      'broken v1.0 broken',
      'digits v1.0 torchscript',
      'digits v1.2 torchscript',
      'digits v1.10 torchscript',
      'broken: broken v1.0:',
    ]);
    expect(stdout).not.to.match(/[^\P{Cc}\n]/u);
    const { versions } = await copies.json<Listed>('list', 'broken');
    expect(versions).to.have.length(1);
    expect(versions[0]).to.deep.include({ name: 'broken', version: 'v1.0' });
    expect(versions[0]?.problem).to.include({ code: 'ERR_MANIFEST' });
  });

  it('alias: several for a version, moved, listed, removed', async () => {
    expect((await copies.run('alias', 'digits@v1.0', 'champion')).stdout).to.equal('digits@champion is v1.0\n');
    const { status, stderr } = await copies.run('alias', 'digits@v1.0', 'stable');
    expect(status).to.equal(0);
    expect(stderr).to.match(/^note: a running server takes it .*SIGHUP.*admin port\n$/);
    expect((await copies.run('alias', 'digits@v1.10', 'champion')).stdout).to.equal(
      'digits@champion is v1.10; it was v1.0\n',
    );
    expect(await copies.json('alias', 'digits')).to.deep.equal({
      name: 'digits',
      aliases: { champion: 'v1.10', stable: 'v1.0' },
    });
    const { versions } = await copies.json<Listed>('list', 'digits');
    expect(versions.map(({ aliases }) => aliases)).to.deep.equal([['stable'], [], ['champion']]);
    expect((await copies.run('alias', '--remove', 'digits', 'stable')).stdout).to.include(
      'digits@stable, which was v1.0',
    );
    const again = await copies.run('alias', '--remove', 'digits', 'stable');
    expect(again).to.include({ status: 1, stdout: '' });
    expect(again.stderr).to.match(/^error \[ERR_VERSION_NOT_FOUND\] .*champion/);
  });

  it('show: by version, alias and digest, for people and programs', async () => {
    const { stdout } = await copies.run('show', 'digits@champion');
    expect(stdout).to.match(/^digits v1\.10 \(champion\)\n/);
    for (const part of [
      copies.path('digits', 'v1.10', 'MODEL_CARD.md'),
      digest,
      '1f0811310c05b410867bccf6d42e5d890c0ac1b2',
      'testAccuracy  ',
    ])
      expect(stdout).to.include(part);
    const stated = (await copies.run('show', 'digits@v1.2')).stdout;
    expect(stated)
      .to.match(/commit +not stated/)
      .and.match(/^metrics\n {2}not stated$/m);
    const shown = await copies.json<{
      paths: Record<string, string>;
      sameArtifact: unknown[];
      record: { metrics: object };
    }>('show', digest);
    expect(shown).to.include({ name: 'digits', version: 'v1.0', digest });
    expect(shown.sameArtifact).to.have.length(2);
    expect(shown.record.metrics).to.have.property('testAccuracy');
    for (const path of ['artifact', 'record', 'card']) expect(readFileSync(shown.paths[path]!).length).to.be.above(0);
    expect(shown.paths['signature']).to.equal(null);
  });

  it('card: as it was written, in another format, and written anew', async () => {
    const written = readFileSync(copies.path('digits', 'v1.0', 'MODEL_CARD.md'), 'utf8');
    expect((await copies.run('card', 'digits@v1.0')).stdout).to.equal(written);
    expect((await copies.run('card', 'digits@v1.0', '--format', 'hf')).stdout).to.match(
      /^---\n[\s\S]*\n---\n[\s\S]*# digits v1\.0/,
    );
    const { bomFormat } = JSON.parse((await copies.run('card', 'digits@v1.0', '--format', 'cyclonedx')).stdout) as {
      bomFormat: string;
    };
    expect(bomFormat).to.equal('CycloneDX');
    const made = (await copies.run('card', 'digits@v1.2', '--format', 'markdown')).stdout;
    expect((await copies.run('card', 'digits@v1.2', '--write')).stdout).to.include(
      copies.path('digits', 'v1.2', 'MODEL_CARD.md'),
    );
    expect((await copies.run('card', 'digits@v1.2')).stdout).to.equal(made);
    expect(await copies.run('card', 'digits@v1.2', '--write', '--format', 'cyclonedx')).to.include({
      status: 2,
      stdout: '',
    });
    expect(await copies.run('card', 'digits@v1.2', '--format', 'pdf')).to.include({ status: 2, stdout: '' });
  });

  it('verify: says that a version is in quarantine, which is no fault of its files', async () => {
    const sha256 = digest.slice('sha256:'.length);
    const entry = { version: 'v1.0', failures: 3, refused: true, since: '2026-11-01T00:00:00.000Z' };
    const file = join(copies.folder, 'records', 'digits', 'quarantine.json');
    const quarantine = (sha256: string, refused = true) => {
      const [code, reason] = ['ERR_OPERATOR_NOT_FOUND', 'Expected its operators'];
      writeFileSync(
        file,
        JSON.stringify({ schemaVersion: 1, versions: [{ ...entry, sha256, refused, code, reason }] }),
      );
    };
    try {
      quarantine(sha256);
      const { status, stdout } = await copies.run('verify', 'digits@v1.0');
      expect({ status, stdout }).to.have.property('status', 0);
      expect(stdout).to.match(
        /^ok {3}digits v1\.0: .*, in quarantine.*: \[ERR_OPERATOR_NOT_FOUND\] Expected its operators \(registry clear digits@v1\.0\)\n$/,
      );
      const { versions } = await copies.json<{ versions: object[] }>('verify', 'digits@v1.0');
      expect(versions[0]).to.have.nested.property('quarantine.failures', 3);
      // Of another artifact that the version had, and of loads that may be tried again.
      for (const [other, refused] of [
        ['0'.repeat(64), true],
        [sha256, false],
      ] as const) {
        quarantine(other, refused);
        expect((await copies.run('verify', 'digits@v1.0')).stdout).not.to.include('quarantine');
      }
    } finally {
      rmSync(file);
    }
  });

  it('rm: not what an alias points to; a version whose record is broken', async () => {
    const used = await copies.run('rm', 'digits@champion');
    expect(used).to.include({ status: 1, stdout: '' });
    expect(used.stderr).to.match(/^error \[ERR_VERSION_IN_USE\] .*champion\n {2}fix: /);
    const vague = await copies.run('rm', 'digits');
    expect(vague).to.include({ status: 2, stdout: '' });
    expect((await copies.run('rm', 'digits@v1.2')).stdout).to.match(
      /^removed digits v1\.2: model\.pt, 925\.6 KiB, sha256:/,
    );
    expect((await copies.run('rm', 'broken@v1.0')).stdout).to.match(/^removed broken v1\.0/);
    const { versions } = await copies.json<Listed>('list');
    expect(versions.map(({ name, version }) => `${name} ${version}`)).to.deep.equal(['digits v1.0', 'digits v1.10']);
  });

  const wrong: [what: string, status: number, code: string, args: string[]][] = [
    ['a name that is not there', 1, 'ERR_MODEL_NOT_FOUND', ['show', 'nobody']],
    ['a version that is not there', 1, 'ERR_VERSION_NOT_FOUND', ['show', 'digits@v9']],
    ['an alias that is not there', 1, 'ERR_VERSION_NOT_FOUND', ['card', 'digits@nobody']],
    ['a digest of nothing', 1, 'ERR_VERSION_NOT_FOUND', ['show', `sha256:${'0'.repeat(64)}`]],
    ['a digest of another model', 1, 'ERR_VERSION_NOT_FOUND', ['show', `digits@sha256:${'0'.repeat(64)}`]],
    ['a digest that is cut', 2, 'ERR_INVALID_ARGUMENT', ['show', digest.slice(0, -1)]],
    ['a reference that cannot be', 2, 'ERR_INVALID_ARGUMENT', ['show', 'digits@v1.0@v2.0']],
    ['an alias that looks like a version', 2, 'ERR_INVALID_ARGUMENT', ['alias', 'digits@v1.0', 'v2']],
    ['an alias of a version that is not there', 1, 'ERR_VERSION_NOT_FOUND', ['alias', 'digits@v9', 'champion']],
    ['an alias to remove, with a version', 2, 'ERR_INVALID_ARGUMENT', ['alias', '--remove', 'digits@v1.0', 'champion']],
    ['nothing to verify', 2, 'ERR_INVALID_ARGUMENT', ['verify']],
    ['a model and all to verify', 2, 'ERR_INVALID_ARGUMENT', ['verify', 'digits', '--all']],
    ['a key that is not there', 2, 'ERR_CONFIG', ['verify', 'digits', '--key', 'none.pem']],
    ['nothing to sign with', 2, 'ERR_INVALID_ARGUMENT', ['sign', 'digits@v1.0']],
    ['a list of nobody', 1, 'ERR_MODEL_NOT_FOUND', ['list', 'nobody']],
  ];
  for (const [what, status, code, args] of wrong) {
    it(`${args[0]} refuses ${what}`, async () => {
      const plain = await copies.run(...args);
      expect(plain).to.include({ status, stdout: '' });
      expect(plain.stderr).to.match(new RegExp(`^error \\[${code}\\] .*\\n( {2}fix: .*\\n)?$`));
    });
  }

  it('tells an error as one object with --json', async () => {
    const [, status, code, args] = wrong[1]!;
    const object = await copies.run(...args, '--json');
    expect(object).to.include({ status, stdout: '' });
    expect(JSON.parse(object.stderr)).to.have.nested.property('error.code', code);
  });

  for (const [command, ...what] of [
    ['add', `${root}models/mnist-mlp/v1.0/model.pt`, '--name', 'digits', '--model-version', 'v1.0'],
    ['pull', `hf:somebody/model@${'0'.repeat(40)}`, '--name', 'digits', '--model-version', 'v1.0'],
  ] as const) {
    it(`${command} makes no folder that is to be both, whatever it is called`, async () => {
      const [real, link] = ['real', 'link'].map((name) => join(copies.folder, name));
      mkdirSync(real!);
      symlinkSync(real!, link!);
      try {
        for (const other of [join(real!, 'one'), join(link!, 'one'), `${real}/two/../one/`]) {
          const refused = await cli([
            'registry',
            command,
            ...what,
            '--registry',
            join(real!, 'one'),
            '--models',
            other,
          ]);
          expect(refused).to.include({ status: 2, stdout: '' });
          expect(refused.stderr).to.match(/^error \[ERR_CONFIG\] Expected two folders, .*one\n$/);
          expect(readdirSync(real!)).to.deep.equal([]);
        }
      } finally {
        for (const path of [link!, real!]) rmSync(path, { recursive: true });
      }
    });
  }

  const digits = ['--name', 'digits', '--model-version', 'v1.0'];
  const pull = ['pull', `hf:somebody/model@${'0'.repeat(40)}`, ...digits];
  const add = ['add', `${root}models/mnist-mlp/v1.0/model.pt`, ...digits];
  const unusable: readonly [string, readonly string[], NodeJS.ProcessEnv?][] = [
    ['a size that is none', [...pull, '--max-bytes', 'much']],
    ['no bytes', [...pull, '--max-bytes', '0']],
    ['a file elsewhere', [...pull, '--file', '../model.onnx']],
    ['a file without a name', [...pull, '--file', '']],
    ['an endpoint that is no web address', [...pull, '--endpoint', 'ftp://hub']],
    ['an endpoint of the environment', pull, { HF_ENDPOINT: 'ftp://hub' }],
    ['a token that no header can have', pull, { HF_TOKEN: 'two words' }],
    ['too little memory', [...pull, '--memory-limit', '5']],
    ['too little memory', [...add, '--memory-limit', '5']],
    ['a commit that git does not know', [...add, '--source-commit', 'no-such-commit']],
    ['a commit that git does not know', [...pull, '--source-commit', 'no-such-commit']],
  ];
  for (const [what, [command = '', ...args], env] of unusable) {
    it(`${command} refuses ${what}, and makes no folder`, async () => {
      const fresh = join(copies.folder, 'fresh');
      const folders = ['--registry', join(fresh, 'records'), '--models', join(fresh, 'models')];
      const { status, stdout, stderr } = await cli(['registry', command, ...args, ...folders], { env: { ...env } });
      expect({ status, stdout }, stderr).to.deep.equal({ status: 2, stdout: '' });
      expect(stderr).to.match(/^error \[ERR_INVALID_ARGUMENT\] .*\n$/);
      expect(existsSync(fresh)).to.equal(false);
    });
  }

  it('says which folder is missing', async () => {
    const gone = await cli(['registry', 'list', '--registry', join(copies.folder, 'none'), '--models', copies.folder]);
    expect(gone).to.include({ status: 1, stdout: '' });
    expect(gone.stderr).to.match(/^error \[ERR_CONFIG\] .*none/);
  });
});
