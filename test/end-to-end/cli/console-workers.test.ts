/** The console's actions on the port of inference, where several processes answer: any worker may be asked. */
import { expect } from 'chai';
import { AliasRegistry } from '../../support/server/alias-registry.js';
import { askJson } from '../../support/server/alias-traffic.js';
import { digitBody, serveProcess, type LoggingProcess } from '../../support/server/serve-process.js';

const boss = 'boss_0123456789abcdef';
const reader = 'reader_0123456789abcdef';

interface Body {
  readonly code?: string;
  readonly aliases?: Record<string, string>;
  readonly serving?: Record<string, string>;
  readonly version?: string;
  readonly share?: number;
  readonly state?: string;
  readonly may?: { readonly act: boolean };
  readonly canaries?: readonly string[];
  readonly record?: { readonly card: string };
  readonly models?: readonly { readonly version: string; readonly state: string }[];
}

describe('serve --console full with --workers', function () {
  this.timeout(120_000);
  const registry = new AliasRegistry(['v1.0', 'v1.1', 'v1.2']);
  let server: LoggingProcess;
  let port: number;
  before(async () => {
    await registry.alias('champion', 'v1.0');
    // Its file is no model, and its record is a good one.
    registry.addBad('v2.0');
    const tokens = `boss admin,infer ${boss}\nreader infer ${reader}`;
    const args = ['mnist-mlp@champion', '--workers', '2', '--console', 'full'];
    server = serveProcess([...registry.flags, ...args], { NODE_LIBTORCH_TOKENS: tokens });
    await server.seen('worker ready', 2);
    port = await server.port();
  });
  after(async () => {
    server?.child.kill('SIGTERM');
    await server?.ended;
    registry.remove();
  });

  // A connection of its own each: the workers take turns.
  const as = (token: string) => (method: string, path: string, body?: object) =>
    askJson<Body>(port, method, path, { body, headers: { authorization: `Bearer ${token}` } });
  const ask = as(boss);
  const admin = (method: string, path: string, body?: object) => ask(method, `/admin/models/mnist-mlp${path}`, body);
  /** From both workers. */
  const twice = async <T>(one: () => Promise<T>): Promise<T[]> => [await one(), await one()];
  const answeredBy = async (path: string): Promise<string> => {
    const headers = { authorization: `Bearer ${boss}` };
    const { headers: got } = await askJson(port, 'POST', path, { body: digitBody, headers });
    return String(got['x-model-version']);
  };

  it('moves aliases, in the registry and in every worker', async () => {
    for (const { status, body } of await twice(() => admin('GET', '/aliases'))) {
      expect([status, body]).to.deep.equal([200, { aliases: { champion: 'v1.0' }, serving: { champion: 'v1.0' } }]);
    }
    expect((await admin('PUT', '/aliases/champion', { version: 'v1.1' })).status).to.equal(200);
    expect(await registry.aliases()).to.deep.equal({ champion: 'v1.1' });
    for (const path of ['/predict', '/predict?model=mnist-mlp%40champion']) {
      expect(await twice(() => answeredBy(path))).to.deep.equal(['v1.1', 'v1.1']);
    }
    for (const { body } of await twice(() => admin('GET', '/aliases/champion'))) {
      expect(body).to.deep.equal({ aliases: { champion: 'v1.1' }, serving: { champion: 'v1.1' } });
    }
    expect((await admin('PUT', '/aliases/second', { version: 'v1.1' })).status).to.equal(200);
    expect((await admin('DELETE', '/aliases/second')).status).to.equal(200);
    expect(await registry.aliases()).to.deep.equal({ champion: 'v1.1' });
  });

  it('sets, promotes and takes away canaries', async () => {
    const none = await admin('GET', '/canary');
    expect([none.status, none.body.code]).to.deep.equal([404, 'ERR_NO_CANARY']);
    const set = await admin('PUT', '/canary', { version: 'v1.2', share: 1, sticky: 'x-user' });
    expect([set.status, set.body.version, set.body.share, set.body.state]).to.deep.equal([200, 'v1.2', 1, 'running']);
    expect(await twice(() => answeredBy('/predict'))).to.deep.equal(['v1.2', 'v1.2']);
    for (const { body } of await twice(() => ask('GET', '/console/state'))) {
      expect([body.may?.act, body.canaries]).to.deep.equal([true, ['mnist-mlp']]);
    }
    expect((await admin('DELETE', '/canary')).status).to.equal(200);
    expect(await twice(() => answeredBy('/predict'))).to.deep.equal(['v1.1', 'v1.1']);
    for (const { status } of await twice(() => admin('GET', '/canary'))) expect(status).to.equal(404);
    expect((await admin('PUT', '/canary', { version: 'v1.2', share: 0.5 })).status).to.equal(200);
    const promoted = await admin('POST', '/canary/promote');
    expect(promoted.status, JSON.stringify(promoted.body)).to.equal(200);
    expect(await registry.aliases()).to.deep.equal({ champion: 'v1.2' });
    expect(await twice(() => answeredBy('/predict'))).to.deep.equal(['v1.2', 'v1.2']);
  });

  it('says what went wrong by its own code and status', async () => {
    const wrong = [
      ['PUT', '/canary', { version: 'v1.2', share: 0.5 }, 409, 'ERR_CANARY'],
      ['PUT', '/canary', { version: 'v9', share: 0.5 }, 404, 'ERR_VERSION_NOT_FOUND'],
      ['POST', '/canary/promote', undefined, 404, 'ERR_NO_CANARY'],
      ['DELETE', '/canary', undefined, 404, 'ERR_NO_CANARY'],
      ['PUT', '/aliases/champion', { version: 'v2.0' }, 422, 'ERR_MODEL_FORMAT'],
      ['PUT', '/aliases/champion', { version: 'v9' }, 404, 'ERR_VERSION_NOT_FOUND'],
      ['POST', '/clear', { version: 'v9' }, 404, 'ERR_VERSION_NOT_FOUND'],
    ] as const;
    for (const [method, path, given, status, code] of wrong) {
      const answer = await admin(method, path, given);
      expect([answer.status, answer.body.code], `${method} ${path}`).to.deep.equal([status, code]);
    }
    expect((await admin('POST', '/clear', { version: 'v2.0' })).status).to.equal(200);
    expect((await ask('GET', '/admin/models/nobody/aliases')).body.code).to.equal('ERR_MODEL_NOT_FOUND');
    const late = await askJson<Body>(port, 'PUT', '/admin/models/mnist-mlp/aliases/champion', {
      body: { version: 'v1.0' },
      headers: { authorization: `Bearer ${boss}`, 'x-request-timeout-ms': '1' },
    });
    expect([late.status, late.body.code]).to.deep.equal([504, 'ERR_TIMEOUT']);
    expect(await registry.aliases()).to.deep.equal({ champion: 'v1.2' });
  });

  it('has the record of a version that is not up', async () => {
    for (const { status, body } of await twice(() => ask('GET', '/console/state/mnist-mlp/v2.0'))) {
      expect(status).to.equal(200);
      expect(body.record?.card).to.include('# mnist-mlp v2.0').and.to.include(registry.digest('v2.0'));
    }
  });

  it('does none of it for whoever may only read', async () => {
    const read = as(reader);
    for (const { body } of await twice(() => read('GET', '/console/state'))) expect(body.may?.act).to.equal(false);
    const { status } = await read('PUT', '/admin/models/mnist-mlp/aliases/champion', { version: 'v1.0' });
    expect(status).to.equal(403);
  });
});
