import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
import { createServer, type InferenceServer, type ServerOptions } from '#dist/server/index.js';
import { grpc, GrpcClient } from '../support/server/grpc.js';
import { digits } from '../support/server/digits.js';
import { rejection } from '../support/rejection.js';
import { expectProblem, predict, until } from '../support/server/http.js';
import { fixture } from '../support/paths.js';

interface Version {
  readonly name: string;
  readonly version: string;
  readonly state: string;
  readonly reason: string;
  readonly digest?: string;
  readonly isDefault?: boolean;
  readonly statistics?: { success: number; rows: number };
}

const digitBody = JSON.stringify({ input_data: digits[0]!.input });

describe('the admin port', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-admin-'));
  const file = join(folder, 'linear.pt');
  let host: ModelHost;
  let server: InferenceServer;
  let admin: string;

  const start = async (options: Partial<ServerOptions> = {}): Promise<void> => {
    copyFileSync(fixture('torchscript/linear.pt'), file);
    host = await ModelHost.open({ models: [{ name: 'mnist-mlp' }, { file, warmup: false }] });
    server = await createServer({ host, port: 0, adminPort: 0, logger: false, ...options });
    admin = server.admin?.url ?? '';
  };
  afterEach(async () => {
    await server.close();
    await host.close();
  });
  after(() => rmSync(folder, { recursive: true }));

  const post = (path: string, body?: object | string, headers: Record<string, string> = {}, base = admin) =>
    fetch(`${base}${path}`, {
      method: 'POST',
      headers,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const list = async (name = ''): Promise<Version[]> => {
    const answer = await fetch(`${admin}/admin/models${name && `/${name}`}`);
    return ((await answer.json()) as { models: Version[] }).models;
  };
  const states = async (name: string) => (await list(name)).map(({ version, state }) => `${version} ${state}`);
  const problem = async (answer: Response) => ({
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, unknown>,
  });

  it('lists what is there, and what it has done', async () => {
    await start();
    expect((await predict(server.url, digitBody)).status).to.equal(200);
    const [digitModel, linear] = await list();
    expect(digitModel).to.deep.include({ name: 'mnist-mlp', version: 'v1.0', state: 'READY', isDefault: true });
    expect(digitModel?.digest).to.match(/^[0-9a-f]{64}$/);
    expect(digitModel?.statistics).to.include({ success: 1, rows: 1 });
    expect(linear).to.include({ name: 'linear', version: '1', state: 'READY' });
    expect(await list('linear')).to.have.length(1);
    expectProblem(await problem(await fetch(`${admin}/admin/models/none`)), {
      status: 404,
      code: 'ERR_MODEL_NOT_FOUND',
    });
  });

  it('loads anew beside what serves, and takes out of service', async () => {
    await start();
    const [before] = await list('linear');
    const old = host.model('linear');
    // Another model under the same name.
    copyFileSync(fixture('torchscript/numbers.pt'), `${file}.new`);
    renameSync(`${file}.new`, file);
    const loaded = await post('/admin/models/linear/load');
    expect(loaded.status).to.equal(200);
    expect(host.model('linear')).not.to.equal(old);
    expect((await list('linear'))[0]?.digest).not.to.equal(before?.digest);

    expect((await post('/admin/models/linear/unload', { version: '1' })).status).to.equal(200);
    expect(await states('linear')).to.deep.equal(['1 UNAVAILABLE']);
    expect(() => host.model('linear')).to.throw('linear');
    // It stays as it is.
    expect((await post('/admin/models/linear/unload')).status).to.equal(200);
    expect((await post('/admin/models/linear/load')).status).to.equal(200);
    expect(await states('linear')).to.deep.equal(['1 READY']);
  });

  it('keeps what serves when a load fails, and says why without a path', async () => {
    await start();
    const old = host.model('linear');
    for (const [content, code] of [
      ['not a model', 'ERR_MODEL_FORMAT'],
      ['', 'ERR_MODEL_FORMAT'],
    ] as const) {
      writeFileSync(file, content);
      const answer = await problem(await post('/admin/models/linear/load'));
      expectProblem(answer, { status: 422, code });
      expect(answer.body['detail']).to.include('linear');
      expect(JSON.stringify(answer.body)).not.to.include(folder);
    }
    rmSync(file);
    const gone = await problem(await post('/admin/models/linear/load'));
    expect(gone.status).to.be.within(400, 499);
    expect(JSON.stringify(gone.body)).not.to.include(folder);
    expect(host.model('linear')).to.equal(old);
    expect((await list('linear'))[0])
      .to.include({ state: 'READY' })
      .and.property('reason')
      .not.equal('');
    expect((await fetch(`${admin}/health/ready`)).status).to.equal(200);
    copyFileSync(fixture('torchscript/linear.pt'), file);
    expect((await post('/admin/models/linear/load')).status).to.equal(200);
    expect((await list('linear'))[0]?.reason).to.equal('');
  });

  it('speaks the repository extension: 200 without a body, an error string otherwise', async () => {
    await start();
    for (const body of [undefined, {}, { parameters: {} }, { parameters: { unload_dependents: false } }]) {
      const answer = await post('/v2/repository/models/linear/unload', body);
      expect([answer.status, await answer.text()]).to.deep.equal([200, '']);
    }
    for (const body of [undefined, '{}', { parameters: {} }]) {
      const answer = await post('/v2/repository/models/linear/load', body);
      expect([answer.status, await answer.text()]).to.deep.equal([200, '']);
    }
    for (const [path, body] of [
      ['none/load', {}],
      ['none/unload', {}],
      ['..%2Flinear/load', {}],
      ['%2Fetc%2Fpasswd/load', {}],
      ['linear/load', { parameters: { 'file:1/model.pt': 'AAAA' } }],
      ['linear/load', { parameters: { config: '{}' } }],
      ['linear/load', { parameters: { other: 1 } }],
      ['linear/load', { parameters: [] }],
      ['linear/load', { path: '/etc/passwd' }],
      ['linear/unload', { parameters: { unload_dependents: 'x' } }],
      ['linear/unload', { parameters: { other: true } }],
      ['linear/unload', { unload_dependents: true }],
      ['linear/load', 'not JSON'],
      ['linear/load', '[]'],
      ['linear/load', ' '.repeat(65 * 1024)],
    ] as const) {
      const answer = await post(`/v2/repository/models/${path}`, body);
      expect(answer.status, `${path} ${JSON.stringify(body).slice(0, 80)}`).to.be.within(400, 499);
      expect(((await answer.json()) as { error: unknown }).error)
        .to.be.a('string')
        .and.not.equal('');
    }
    expect(await states('linear')).to.deep.equal(['1 READY']);
  });

  it('speaks the repository extension over gRPC, on a port of its own', async () => {
    await start({ adminGrpcPort: 0, grpcPort: 0 });
    const [ops, clients] = [new GrpcClient(server.admin?.grpcPort), new GrpcClient(server.grpcPort)];
    const codeOf = (error: unknown) => (error as grpc.ServiceError).code;
    const change = (client: GrpcClient, rpc: typeof rpcs.repositoryModelLoad, model_name: string, parameters = {}) =>
      client.call(rpc, { repository_name: '', model_name, parameters }).then(() => 0, codeOf);
    try {
      const { repositoryModelLoad: load, repositoryModelUnload: unload } = rpcs;
      expect(await change(ops, unload, 'linear')).to.equal(0);
      expect(await states('linear')).to.deep.equal(['1 UNAVAILABLE']);
      expect(await change(ops, load, 'linear')).to.equal(0);
      expect(await states('linear')).to.deep.equal(['1 READY']);
      expect(await ops.call(rpcs.modelReady, { name: 'linear', version: '' })).to.deep.equal({ ready: true });
      expect((await ops.call(rpcs.repositoryIndex, { repository_name: '', ready: true })).models).to.have.length(2);
      expect(await change(ops, load, 'nobody')).to.equal(grpc.status.NOT_FOUND);
      const file = { 'file:1/model.pt': { bytes_param: Buffer.from('x') } };
      expect(await change(ops, load, 'linear', file)).to.equal(grpc.status.INVALID_ARGUMENT);
      expect(await change(ops, load, 'linear', { config: { string_param: '{}' } })).to.equal(
        grpc.status.INVALID_ARGUMENT,
      );
      const dependents = (value: object) => change(ops, unload, 'nobody', { unload_dependents: value });
      expect(await dependents({ string_param: 'x' })).to.equal(grpc.status.INVALID_ARGUMENT);
      expect(await dependents({ bool_param: true })).to.equal(grpc.status.NOT_FOUND);
      expect(await change(ops, load, '../linear')).to.equal(grpc.status.INVALID_ARGUMENT);
      const elsewhere = await ops.call(rpcs.modelMetadata, { name: 'linear', version: '' }).then(
        () => undefined,
        (error: unknown) => error as grpc.ServiceError,
      );
      expect(elsewhere).to.include({ code: grpc.status.UNIMPLEMENTED });
      expect(elsewhere?.details).to.include('port of inference');
      for (const rpc of [load, unload]) {
        expect(await change(clients, rpc, 'linear')).to.equal(grpc.status.UNIMPLEMENTED);
      }
      expect(await states('linear')).to.deep.equal(['1 READY']);
    } finally {
      ops.close();
      clients.close();
    }
  });

  it('is the only place for changes, unless it is said otherwise', async () => {
    await start();
    for (const path of [
      '/v2/repository/models/linear/load',
      '/v2/repository/models/linear/unload',
      '/v2/repository/models/x/load',
    ]) {
      const answer = await post(path, {}, {}, server.url);
      expect(answer.status, path).to.equal(404);
      expect(((await answer.json()) as { error: unknown }).error, path).to.be.a('string');
    }
    for (const path of ['/admin/models', '/admin/models/linear']) {
      expect((await fetch(`${server.url}${path}`)).status, path).to.equal(404);
    }
    expect((await post('/predict', digitBody, { 'content-type': 'application/json' })).status).to.equal(404);
    await server.close();
    server = await createServer({ host, port: 0, logger: false, repositoryOnInference: true });
    expect(server.admin).to.equal(undefined);
    expect((await post('/v2/repository/models/linear/unload', {}, {}, server.url)).status).to.equal(200);
    expect((await post('/v2/repository/models/linear/load', {}, {}, server.url)).status).to.equal(200);
    expect((await fetch(`${server.url}/admin/models`)).status).to.equal(404);
  });

  it('answers probes and metrics, and says that the server drains', async () => {
    await start();
    for (const path of ['/health/live', '/health/ready', '/metrics', '/openapi.json']) {
      expect((await fetch(`${admin}${path}`)).status, path).to.equal(200);
    }
    const document = (await (await fetch(`${admin}/openapi.json`)).json()) as { paths: object };
    expect(document.paths).to.include.keys('/admin/models', '/health/ready').and.not.include.keys('/predict');
    const closing = server.close({ preStopDelayMs: 2000 });
    const ready = await fetch(`${admin}/health/ready`);
    expect([ready.status, ((await ready.json()) as { status: string }).status]).to.deep.equal([503, 'draining']);
    expectProblem(await problem(await post('/admin/models/linear/load')), { status: 503, code: 'ERR_DRAINING' });
    await closing;
    await fetch(`${admin}/health/live`).then(
      () => expect.fail('it still listens'),
      () => undefined,
    );
  });

  it('answers when clients hold every connection of the other port', async () => {
    await start({ maxConnections: 1 });
    const held = await Promise.all(
      Array.from({ length: 60 }, () => fetch(`${server.url}/health/live`).catch(() => undefined)),
    );
    expect(held).to.have.length(60);
    for (let count = 0; count < 5; count++) expect((await fetch(`${admin}/health/ready`)).status).to.equal(200);
  });

  it('gives a load up at its deadline, and lets it go on when its client leaves', async () => {
    await start();
    const old = host.model('mnist-mlp');
    expectProblem(
      await problem(await post('/admin/models/mnist-mlp/load', undefined, { 'x-request-timeout-ms': '1' })),
      {
        status: 504,
        code: 'ERR_TIMEOUT',
      },
    );
    expect(host.model('mnist-mlp')).to.equal(old);
    for (const wrong of ['0', 'soon', '-1']) {
      const answer = await post('/admin/models/mnist-mlp/load', undefined, { 'x-request-timeout-ms': wrong });
      expect(answer.status).to.equal(400);
      await answer.text();
    }
    const gone = new AbortController();
    const began = new Promise<void>((resolve) => host.on('progress', () => resolve()));
    const asked = fetch(`${admin}/admin/models/mnist-mlp/load`, { method: 'POST', signal: gone.signal }).catch(
      () => 'left',
    );
    await began;
    gone.abort();
    expect(await asked).to.equal('left');
    await until('it was loaded all the same', () => host.model('mnist-mlp') !== old);
  });

  it('loads a further version of the registry, and no other name', async () => {
    await start();
    for (const [name, version] of [
      ['mnist-mlp', 'v9.9'],
      ['mnist-mlp', '../v1.0'],
      ['linear', '2'],
    ] as const) {
      const answer = await problem(await post(`/admin/models/${name}/load`, { version }));
      expect(answer.status, `${name} ${version}`).to.equal(version.startsWith('..') ? 422 : 404);
    }
    for (const body of [{ version: 1 }, { versions: ['v1.0'] }, { file }]) {
      expectProblem(await problem(await post('/admin/models/mnist-mlp/load', body)), {
        status: 422,
        code: 'ERR_VALIDATION',
      });
    }
    expect((await post('/admin/models/mnist-mlp/load', { version: 'v1.0' })).status).to.equal(200);
  });

  it('keeps one label for each route, whatever models are asked for', async () => {
    await start();
    for (let count = 0; count < 200; count++) await (await fetch(`${admin}/admin/models/name-${count}`)).text();
    const text = await (await fetch(`${admin}/metrics`)).text();
    const labels = new Set(
      [...text.matchAll(/^node_libtorch_http_request_duration_seconds_count\{[^}]*route="([^"]*)"/gm)].map(
        ([, route]) => route,
      ),
    );
    expect([...labels]).to.include('/admin/models/:model');
    expect(text).not.to.include('name-1');
    expect((await list()).filter(({ name }) => name.startsWith('name-'))).to.deep.equal([]);
  });

  it('wants a token of an administrator, none for probes, and one for metrics from elsewhere', async () => {
    const [infer, ops] = ['nlt_infer_0123456789abcdefghij', 'nlt_admin_0123456789abcdefghij'] as const;
    await start({ tokens: `ci infer ${infer}\nops admin ${ops}` });
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    for (const path of ['/admin/models', '/openapi.json']) {
      const statusOf = async (headers = {}) => (await fetch(`${admin}${path}`, { headers })).status;
      expect([await statusOf(), await statusOf(bearer(infer)), await statusOf(bearer(ops))], path).to.deep.equal([
        401, 403, 200,
      ]);
    }
    for (const path of [
      '/admin/models/linear/load',
      '/admin/models/linear/unload',
      '/admin/refresh',
      '/v2/repository/models/linear/load',
    ]) {
      const statuses = [await post(path), await post(path, {}, bearer(infer)), await post(path, {}, bearer(ops))].map(
        ({ status }) => status,
      );
      expect(statuses, path).to.deep.equal([401, 403, 200]);
    }
    for (const path of ['/health/live', '/health/ready', '/metrics']) {
      expect((await fetch(`${admin}${path}`)).status, path).to.equal(200);
    }
  });

  it('listens for others only with tokens, or where somebody says so', async () => {
    await start();
    const elsewhere = { host, port: 0, adminPort: 0, adminHost: '0.0.0.0', logger: false } as const;
    expect(await rejection(createServer(elsewhere))).to.include({ code: 'ERR_CONFIG' });
    await (await createServer({ ...elsewhere, tokens: 'ops admin nlt_admin_0123456789abcdefghij' })).close();
    await (await createServer({ ...elsewhere, insecure: true })).close();
    const taken = await rejection(createServer({ host, port: 0, adminPort: server.admin?.port ?? 0, logger: false }));
    expect(taken).to.include({ code: 'ERR_CONFIG' });
  });

  it('names the models that could not be loaded, and is ready for the others', async () => {
    writeFileSync(file, 'no model');
    host = await ModelHost.open({ models: [{ name: 'mnist-mlp' }, { file }], onModelError: 'continue' });
    server = await createServer({ host, port: 0, adminPort: 0, logger: false });
    admin = server.admin?.url ?? '';
    for (const url of [server.url, admin]) {
      const ready = await fetch(`${url}/health/ready`);
      expect(ready.status).to.equal(200);
      expect(await ready.json()).to.deep.equal({
        status: 'ready',
        models: [{ name: 'mnist-mlp', version: 'v1.0' }],
        failed: [{ name: 'linear', version: '1', code: 'ERR_MODEL_FORMAT' }],
      });
    }
    copyFileSync(fixture('torchscript/linear.pt'), file);
    expect((await post('/admin/models/linear/load')).status).to.equal(200);
    expect(await (await fetch(`${admin}/health/ready`)).json()).not.to.have.property('failed');
  });
});
