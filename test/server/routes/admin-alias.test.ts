/** Aliases over the admin port of a program's own host. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { takeLock } from '#dist/registry/store/lock.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { AliasRegistry } from '../../support/server/alias-registry.js';
import { askJson } from '../../support/server/alias-traffic.js';

interface Aliases {
  readonly aliases: Readonly<Record<string, string>>;
  readonly serving: Readonly<Record<string, string>>;
}

interface Problem {
  readonly code: string;
  readonly detail: string;
}

describe('aliases on the admin port', function () {
  this.timeout(60_000);
  let registry: AliasRegistry;
  let host: ModelHost;
  let server: InferenceServer;
  beforeEach(async () => {
    registry = new AliasRegistry();
    await registry.alias('champion', 'v1.0');
    const models = [{ name: 'mnist-mlp', versions: ['champion'], warmup: false as const }];
    host = await ModelHost.open({ registry: await registry.open(), models });
    server = await createServer({ host, port: 0, adminPort: 0, logger: false });
  });
  afterEach(async () => {
    await server.close();
    await host.close();
    registry.remove();
  });

  const ask = <T = Aliases & Problem>(method: string, path: string, body?: object) =>
    askJson<T>(port(), method, `/admin/models/${path}`, body ? { body } : {});
  const port = () => Number(new URL(server.admin?.url ?? '').port);
  const put = (alias: string, version: string) => ask('PUT', `mnist-mlp/aliases/${alias}`, { version });
  const up = () => host.list().map(({ version }) => version);

  it('are moved, listed and taken away', async () => {
    const moved = await put('champion', 'v1.1');
    expect([moved.status, moved.body]).to.deep.equal([
      200,
      { aliases: { champion: 'v1.1' }, serving: { champion: 'v1.1' } },
    ]);
    expect(up()).to.deep.equal(['v1.1']);
    expect(await registry.aliases()).to.deep.equal({ champion: 'v1.1' });
    // By another alias, and by the digest: what they mean now.
    expect((await put('stable', 'champion')).body.aliases).to.deep.equal({ champion: 'v1.1', stable: 'v1.1' });
    expect((await put('old', `sha256:${registry.digest('v1.0')}`)).body.serving['old']).to.equal('v1.0');
    expect((await put('old', `SHA256:${registry.digest('v1.0').toUpperCase()}`)).body.serving['old']).to.equal('v1.0');
    expect(up()).to.deep.equal(['v1.1', 'v1.0']);
    const one = await ask('GET', 'mnist-mlp/aliases/old');
    expect(one.body).to.deep.equal({ aliases: { old: 'v1.0' }, serving: { old: 'v1.0' } });
    const shown = await ask<{ models: { version: string; aliases?: string[] }[] }>('GET', 'mnist-mlp@stable');
    expect(shown.body.models.map(({ version, aliases }) => [version, aliases])).to.deep.equal([
      ['v1.1', ['champion', 'stable']],
    ]);
    const { sourceCommit, metrics } = await (await registry.open()).record('mnist-mlp', 'v1.1');
    expect((shown.body.models[0] as { record?: object }).record).to.deep.include({ sourceCommit, metrics });
    const gone = await ask('DELETE', 'mnist-mlp/aliases/stable');
    expect([gone.status, gone.body.aliases]).to.deep.equal([200, { champion: 'v1.1', old: 'v1.0' }]);
    expect(gone.body.serving).to.deep.equal(gone.body.aliases);
    expect(up()).to.include('v1.1');
    const again = await ask('DELETE', 'mnist-mlp/aliases/stable');
    expect([again.status, again.body.code]).to.deep.equal([404, 'ERR_VERSION_NOT_FOUND']);
    expect((await ask('GET', 'mnist-mlp/aliases/stable')).status).to.equal(404);
  });

  it('that are none, and versions that nobody has, are refused with a code; nothing changes', async () => {
    registry.addBad('v1.2');
    for (const [alias, version, status, code] of [
      ['v1.1', 'v1.1', 400, 'ERR_BAD_REQUEST'],
      ['latest', 'v1.1', 400, 'ERR_BAD_REQUEST'],
      ['a%2Fb', 'v1.1', 400, 'ERR_BAD_REQUEST'],
      ['x'.repeat(65), 'v1.1', 400, 'ERR_BAD_REQUEST'],
      ['champion', 'v9.9', 404, 'ERR_VERSION_NOT_FOUND'],
      ['champion', 'nobody', 404, 'ERR_VERSION_NOT_FOUND'],
      ['champion', `sha256:${'0'.repeat(64)}`, 404, 'ERR_VERSION_NOT_FOUND'],
      ['champion', '../v1.1', 422, 'ERR_VALIDATION'],
      ['champion', 'sha256:12', 422, 'ERR_VALIDATION'],
      ['champion', 'v1.2', 422, 'ERR_MODEL_FORMAT'],
    ] as const) {
      const answer = await put(alias, version);
      expect([answer.status, answer.body.code], `${alias} ${version}`).to.deep.equal([status, code]);
    }
    for (const change of ['load', 'unload', 'clear']) {
      const answer = await ask('POST', `mnist-mlp/${change}`, { version: 'sha256:12' });
      expect([answer.status, answer.body.code], change).to.deep.equal([422, 'ERR_VALIDATION']);
    }
    for (const body of [undefined, {}, { version: 5 }, { version: 'v1.1', more: 1 }]) {
      const answer = await ask('PUT', 'mnist-mlp/aliases/champion', body);
      expect([answer.status, answer.body.code], JSON.stringify(body)).to.deep.equal([422, 'ERR_VALIDATION']);
      expect(answer.body.detail).not.to.include('undefined');
    }
    expect((await ask('PUT', 'nobody/aliases/champion', { version: 'v1.0' })).body.code).to.equal(
      'ERR_MODEL_NOT_FOUND',
    );
    expect((await ask('PUT', 'mnist-mlp@v1.0/aliases/champion', { version: 'v1.0' })).status).to.equal(400);
    expect(await registry.aliases()).to.deep.equal({ champion: 'v1.0' });
    expect([up(), [...host.aliases('mnist-mlp')]]).to.deep.equal([['v1.0'], [['champion', 'v1.0']]]);
  });

  it('of which the registry cannot be written stay: what was loaded for them is gone again', async () => {
    const expectAsBefore = async (): Promise<void> => {
      expect(up()).to.deep.equal(['v1.0']);
      expect([...host.aliases('mnist-mlp')]).to.deep.equal([['champion', 'v1.0']]);
      expect((await fetch(`${server.url}/v2/models/mnist-mlp/versions/champion`)).status).to.equal(200);
    };
    const lock = join(registry.registryDir, '.lock');
    const held = await takeLock(lock);
    const late = await askJson<Problem>(port(), 'PUT', '/admin/models/mnist-mlp/aliases/champion', {
      body: { version: 'v1.1' },
      headers: { 'x-request-timeout-ms': '1500' },
    });
    expect([late.status, late.body.code]).to.deep.equal([504, 'ERR_TIMEOUT']);
    await expectAsBefore();
    await held?.release();
    // Root may write into any folder, but nobody into a file as into a folder.
    rmSync(join(registry.registryDir, '.staging'), { recursive: true, force: true });
    writeFileSync(join(registry.registryDir, '.staging'), '');
    const { status, body } = await put('champion', 'v1.1');
    expect([status, body.code]).to.deep.equal([409, 'ERR_INTEGRITY']);
    expect((await put('champion', 'v1.0')).status, 'nothing has to be written').to.equal(200);
    await expectAsBefore();
    expect(await registry.aliases()).to.deep.equal({ champion: 'v1.0' });
    rmSync(join(registry.registryDir, '.staging'));
    expect((await put('champion', 'v1.1')).status).to.equal(200);
  });

  it('move one after the other, and beside loads, unloads and refreshes', async () => {
    const moves = Array.from({ length: 8 }, (_, i) => put('champion', i % 2 === 0 ? 'v1.1' : 'v1.0'));
    const others = [askJson(port(), 'POST', '/admin/refresh'), ask('POST', 'mnist-mlp/load', { version: 'champion' })];
    const answers = await Promise.all([...moves, ...others]);
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 200));
    const { champion } = await registry.aliases();
    expect(champion).to.equal('v1.0');
    expect(host.model('mnist-mlp', 'champion').version).to.equal('v1.0');
    expect([...host.aliases('mnist-mlp')]).to.deep.equal([['champion', 'v1.0']]);
    expect(up()).to.deep.equal(['v1.0']);
  });

  it('by which a model serves stay in force where a load finds them gone', async () => {
    await registry.alias('champion', undefined);
    expect((await ask('POST', 'mnist-mlp/load', { version: 'v1.1' })).status).to.equal(200);
    expect(host.model('mnist-mlp', 'champion').version).to.equal('v1.0');
    // A registry that has no folder for a moment says nothing of aliases.
    const there = join(registry.registryDir, 'mnist-mlp');
    renameSync(there, `${there}.away`);
    await askJson(port(), 'POST', '/admin/refresh');
    renameSync(`${there}.away`, there);
    expect([up(), host.model('mnist-mlp', 'champion').version]).to.deep.equal([['v1.0', 'v1.1'], 'v1.0']);
  });

  it('are followed by a refresh of a program’s own host', async () => {
    await registry.alias('champion', 'v1.1');
    const refresh = () => askJson<{ loaded: string[]; failed: object[] }>(port(), 'POST', '/admin/refresh');
    expect((await refresh()).body).to.deep.equal({ loaded: ['mnist-mlp v1.1'], unloaded: [], failed: [] });
    expect([up(), host.model().version]).to.deep.equal([['v1.1'], 'v1.1']);
    expect((await refresh()).body.loaded).to.deep.equal([]);
  });

  it('are taken by load and unload: what they mean now', async () => {
    await registry.alias('champion', 'v1.1');
    expect(host.model('mnist-mlp', 'champion').version).to.equal('v1.0');
    expect((await ask('POST', 'mnist-mlp/load', { version: 'champion' })).status).to.equal(200);
    expect(host.model('mnist-mlp', 'champion').version).to.equal('v1.1');
    expect(up()).to.deep.equal(['v1.1']);
    expect((await ask('POST', 'mnist-mlp@champion/unload')).status).to.equal(200);
    expect(up()).to.deep.equal([]);
  });

  it('let a version that failed again and again be tried after it was cleared', async () => {
    registry.addBad('v1.2');
    const codes: string[] = [];
    for (let times = 0; times < 4; times++) codes.push((await put('champion', 'v1.2')).body.code);
    expect(codes).to.deep.equal([...new Array<string>(3).fill('ERR_MODEL_FORMAT'), 'ERR_QUARANTINED']);
    expect((await ask('POST', 'mnist-mlp/clear', { version: 'v1.2' })).status).to.equal(200);
    expect((await put('champion', 'v1.2')).body.code).to.equal('ERR_MODEL_FORMAT');
    expect((await ask('POST', 'nobody/clear')).status).to.equal(404);
  });
});
