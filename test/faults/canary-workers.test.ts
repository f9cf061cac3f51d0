/** A canary with several workers: all split alike, the first process decides for all, and one that comes later has what the others have. */
import { expect } from 'chai';
import { digitVariant } from '../support/digit-variants.js';
import { AliasRegistry } from '../support/server/alias-registry.js';
import { askJson } from '../support/server/alias-traffic.js';
import { digits } from '../support/server/digits.js';
import { until } from '../support/server/http.js';
import { serveProcess, type LoggingProcess } from '../support/server/serve-process.js';

interface Canary {
  readonly state?: string;
  readonly version?: string;
  readonly stable?: string;
  readonly share?: number;
  readonly promotes?: string;
  readonly limit?: string;
  readonly code?: string;
  readonly numbers?: { readonly canary: { readonly answers: number; readonly errors: number } };
}

interface Models {
  readonly models: readonly { readonly version: string; readonly isDefault?: boolean; readonly state: string }[];
}

const name = 'mnist-mlp';
const users = Array.from({ length: 60 }, (_, i) => `user ${i}`);

describe('a canary with several workers', function () {
  this.timeout(120_000);
  let registry: AliasRegistry;
  let server: LoggingProcess;
  /** Of a test that has failed, it has not ended. */
  let endTraffic: (() => Promise<unknown>) | undefined;
  /** For what comes soon, on a machine that may be busy. */
  const patienceMs = 60_000;
  afterEach(async () => {
    const quiet = endTraffic?.().catch(() => undefined);
    endTraffic = undefined;
    server.child.kill('SIGKILL');
    await server.ended;
    await quiet;
    registry.remove();
  });

  const start = async (target: string) => {
    registry = new AliasRegistry();
    registry.add('v2.0', await digitVariant('errs'));
    await registry.alias('champion', 'v1.0');
    server = serveProcess([target, ...registry.flags, '--admin-port', '0', '--workers', '2']);
    await server.seen('worker ready', 2);
    const port = await server.port();
    const { adminPort } = server;
    const admin = <T = Canary>(method: string, path: string, body?: object) =>
      askJson<T>(adminPort, method, `/admin/models/${name}${path}`, { body });
    /** Each on a connection of its own, which goes to one worker or the other. */
    const predict = async (place: number, headers = {}) => {
      const body = { input_data: digits[place % digits.length]!.input };
      const answer = await askJson(port, 'POST', '/predict', { body, headers });
      return { status: answer.status, version: answer.headers['x-model-version'] };
    };
    const sides = async () => {
      const all: unknown[] = [];
      for (const user of users) all.push((await predict(0, { 'x-user': user })).version);
      return all;
    };
    const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return { admin, predict, sides, metrics };
  };

  it('is split alike by all, also by one that takes the place of another', async () => {
    const { admin, sides } = await start(`${name}@v1.0`);
    const set = await admin('PUT', '/canary', { version: 'v1.1', share: 0.4, sticky: 'X-User' });
    expect(set.body).to.include({ state: 'running', version: 'v1.1', stable: 'v1.0', share: 0.4 });
    const before = await sides();
    expect(new Set(before)).to.have.all.keys('v1.0', 'v1.1');
    for (let i = 0; i < 2; i++) expect(await sides()).to.deep.equal(before);
    process.kill(server.workers[0]!, 'SIGKILL');
    await server.seen('worker ready', 3);
    for (let i = 0; i < 3; i++) expect(await sides()).to.deep.equal(before);
    server.child.kill('SIGHUP');
    await server.seen('models refreshed');
    expect(await sides()).to.deep.equal(before);
    expect((await admin('DELETE', '/canary')).status).to.equal(200);
    expect(new Set(await sides())).to.have.all.keys('v1.0');
    expect((await admin('GET', '/canary')).body.code).to.equal('ERR_NO_CANARY');
  });

  it('that fails is rolled back everywhere, once, by what all have seen', async () => {
    const { admin, predict, metrics } = await start(`${name}@v1.0`);
    await admin('PUT', '/canary', { version: 'v2.0', share: 0.5 });
    let isOver = false;
    let sent = 0;
    const other: unknown[] = [];
    const traffic = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!isOver) {
          const { status, version } = await predict(sent++);
          if (status !== 200 && (status !== 500 || version !== 'v2.0')) other.push([status, version]);
        }
      }),
    );
    endTraffic = () => {
      isOver = true;
      return traffic;
    };
    const state = async () => (await admin('GET', '/canary')).body.state;
    await until('it is rolled back', async () => (await state()) === 'rolled back', patienceMs);
    await endTraffic();
    expect(other).to.deep.equal([]);
    const { body } = await admin('GET', '/canary');
    expect(body).to.include({ limit: 'errors', share: 0, version: 'v2.0', stable: 'v1.0' });
    expect(body.numbers?.canary.answers).to.be.at.least(200);
    for (let i = 0; i < 40; i++) expect(await predict(i)).to.deep.equal({ status: 200, version: 'v1.0' });
    expect(await metrics()).to.include(`node_libtorch_canary_rollbacks_total{model="${name}",reason="errors"} 1`);
    expect(server.lines.filter(({ canary }) => canary === 'rolled back').length).to.equal(1);
    process.kill(server.workers[0]!, 'SIGKILL');
    await server.seen('worker ready', 3);
    for (let i = 0; i < 40; i++) expect((await predict(i)).version).to.equal('v1.0');
    expect((await admin('GET', '/canary')).body.state).to.equal('rolled back');
  });

  it('becomes the default everywhere, also of a worker that comes later', async () => {
    const { admin, predict } = await start(`${name}@v1.0`);
    await admin('PUT', '/canary', { version: 'v1.1', share: 0.1 });
    const { body } = await admin<Models>('POST', '/canary/promote');
    expect(body.models.find(({ isDefault }) => isDefault)?.version).to.equal('v1.1');
    for (let i = 0; i < 20; i++) expect((await predict(i)).version).to.equal('v1.1');
    expect((await admin('GET', '/canary')).body.code).to.equal('ERR_NO_CANARY');
    process.kill(server.workers[0]!, 'SIGKILL');
    await server.seen('worker ready', 3);
    for (let i = 0; i < 20; i++) expect((await predict(i)).version).to.equal('v1.1');
  });

  it('takes the alias over, ends with its version, and is refused alike by all', async () => {
    const { admin, predict } = await start(`${name}@champion`);
    expect((await admin('PUT', '/canary', { version: 'v1.0', share: 0.5 })).body.code).to.equal('ERR_CANARY');
    expect((await admin('PUT', '/canary', { version: 'v9.9', share: 0.5 })).body.code).to.equal(
      'ERR_VERSION_NOT_FOUND',
    );
    const set = await admin('PUT', '/canary', { version: 'v1.1', share: 1, keepLoaded: false });
    expect(set.body).to.include({ promotes: 'champion', stable: 'v1.0' });
    expect((await predict(0)).version).to.equal('v1.1');
    await admin('DELETE', '/canary');
    const up = async () =>
      (await admin<Models>('GET', '')).body.models.flatMap(({ version, state }) => (state === 'READY' ? version : []));
    await until('its version is gone', async () => (await up()).join() === 'v1.0', patienceMs);
    await admin('PUT', '/canary', { version: 'v1.1', share: 1 });
    await admin('POST', '/unload', { version: 'v1.1' });
    await until('it has ended', async () => (await admin('GET', '/canary')).status === 404, patienceMs);
    expect((await predict(0)).version).to.equal('v1.0');
    await admin('PUT', '/canary', { version: 'v1.1', share: 0.1 });
    expect((await admin('POST', '/canary/promote')).status).to.equal(200);
    expect(await registry.aliases()).to.deep.equal({ champion: 'v1.1' });
    for (let i = 0; i < 20; i++) expect((await predict(i)).version).to.equal('v1.1');
    await until('it has ended', async () => (await admin('GET', '/canary')).status === 404, patienceMs);
  });

  it('is compared anew when the alias beside it moves, in every worker', async () => {
    const { admin, predict } = await start(`${name}@champion`);
    registry.add('v1.2');
    await admin('PUT', '/canary', { version: 'v1.1', share: 0.5 });
    for (let i = 0; i < 60; i++) await predict(i);
    const answered = async () => (await admin('GET', '/canary')).body.numbers?.canary.answers ?? NaN;
    await until('its answers are counted', async () => (await answered()) > 0, patienceMs);
    expect((await admin('PUT', '/aliases/champion', { version: 'v1.2' })).status).to.equal(200);
    await until('they are forgotten', async () => (await answered()) === 0, patienceMs);
    expect((await admin('GET', '/canary')).body).to.include({ state: 'running', stable: 'v1.2', version: 'v1.1' });
    for (let i = 0; i < 60; i++) expect((await predict(i)).version).to.be.oneOf(['v1.1', 'v1.2']);
    await until('it is counted again', async () => (await answered()) > 0, patienceMs);
  });
});
