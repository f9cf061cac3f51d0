/** Canary releases over the admin port, and the requests of every protocol that they split. */
import { expect } from 'chai';
import { ModelHost, type HostModel } from '#dist/index.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { digitVariant } from '../../support/digit-variants.js';
import { AliasRegistry } from '../../support/server/alias-registry.js';
import { askJson } from '../../support/server/alias-traffic.js';
import { digits } from '../../support/server/digits.js';
import { grpc, GrpcClient } from '../../support/server/grpc.js';
import { keptLogger } from '../../support/server/logs.js';
import { OpenApiCheck, type Document } from '../../support/server/openapi.js';

const { input } = digits[0]!;
const name = 'mnist-mlp';
const users = Array.from({ length: 40 }, (_, i) => `user ${i}`);

interface Canary {
  readonly version: string;
  readonly stable: string;
  readonly state: string;
  readonly share: number;
  readonly reason?: string;
  readonly code?: string;
  readonly detail?: string;
}

describe('a canary on the admin port', function () {
  this.timeout(60_000);
  let registry: AliasRegistry;
  let host: ModelHost;
  let server: InferenceServer;
  let logs: ReturnType<typeof keptLogger>;
  const open = async (versions: string[], options: Pick<HostModel, 'batching' | 'warmup'> = {}): Promise<void> => {
    const models = [{ name, versions, warmup: false as const, ...options }];
    host = await ModelHost.open({ registry: await registry.open(), models });
    logs = keptLogger();
    server = await createServer({ host, port: 0, adminPort: 0, grpcPort: 0, logger: logs.logger });
  };
  beforeEach(async () => {
    registry = new AliasRegistry();
    registry.add('v2.0', await digitVariant('errs'));
    await registry.alias('champion', 'v1.0');
  });
  afterEach(async () => {
    await server.close();
    await host.close();
    registry.remove();
  });
  const port = (url: string | undefined): number => Number(new URL(url ?? '').port);
  const admin = <T = Canary>(method: string, body?: object | Buffer, path = `${name}/canary`) =>
    askJson<T>(port(server.admin?.url), method, `/admin/models/${path}`, { body });
  const put = (body: object) => admin('PUT', { version: 'v1.1', share: 0.5, ...body });
  /** What is wrong with the answer to GET by the server's own description. */
  const fault = async () => {
    const url = `${server.admin?.url}/admin/models/${name}/canary`;
    const document = (await (await fetch(`${server.admin?.url}/openapi.json`)).json()) as Document;
    const { status, headers, ...answer } = await fetch(url).then(async (got) => ({
      status: got.status,
      headers: got.headers,
      body: Buffer.from(await got.arrayBuffer()),
    }));
    return new OpenApiCheck(document).fault('get', url, { status, headers, ...answer });
  };
  /** Which version answers a request of this protocol. */
  const answers = async (path: string, body: object, headers = {}) => {
    const answer = await askJson<Record<string, unknown>>(port(server.url), 'POST', path, { body, headers });
    expect(answer.status, `${path} ${JSON.stringify(answer.body)}`).to.equal(200);
    const version = answer.headers['x-model-version'];
    const said = answer.body['model_version'];
    if (said !== undefined) expect(said, path).to.equal(version);
    return version;
  };

  it('is set, shown, changed, ended and promoted, as the description says', async () => {
    await open(['v1.0']);
    const none = await admin('GET');
    expect([none.status, none.body.code]).to.deep.equal([404, 'ERR_NO_CANARY']);
    expect((await admin('GET', undefined, 'nobody/canary')).body.code).to.equal('ERR_MODEL_NOT_FOUND');
    const set = await put({ sticky: 'X-User' });
    expect([set.status, set.body.state, set.body.stable, set.body.share]).to.deep.equal([200, 'running', 'v1.0', 0.5]);
    const shown = await admin('GET');
    expect(shown.body).to.deep.equal(set.body);
    expect(await fault()).to.equal(undefined);
    expect((await put({ share: 1, maxLatencyMs: 500, maxDisagreement: 0.2 })).body.share).to.equal(1);
    const ended = await admin<{ models: unknown[] }>('DELETE');
    expect([ended.status, ended.body.models.length]).to.deep.equal([200, 3]);
    expect((await admin('DELETE')).body.code).to.equal('ERR_NO_CANARY');
    expect((await admin('POST', undefined, `${name}/canary/promote`)).body.code).to.equal('ERR_NO_CANARY');
    await put({});
    const promoted = await admin<{ models: { version: string; isDefault?: boolean }[] }>(
      'POST',
      undefined,
      `${name}/canary/promote`,
    );
    expect(promoted.body.models.find(({ isDefault }) => isDefault)?.version).to.equal('v1.1');
    expect(await answers('/predict', { input_data: input })).to.equal('v1.1');
    const said = logs
      .lines()
      .filter(({ canary }) => canary !== undefined)
      .map(({ canary }) => canary);
    expect(said).to.deep.equal(['started', 'changed', 'ended', 'started', 'promoted']);
  });

  it('moves the alias by which the model is served when it is promoted, in the registry too', async () => {
    await open(['champion']);
    await put({ share: 0.1 });
    expect((await admin('POST', undefined, `${name}/canary/promote`)).status).to.equal(200);
    expect(await registry.aliases()).to.deep.equal({ champion: 'v1.1' });
    expect(host.list().map(({ version }) => version)).to.deep.equal(['v1.1']);
    expect((await admin('GET')).body.code).to.equal('ERR_NO_CANARY');
  });

  it('splits every protocol by one draw, sticky by a header or by metadata', async () => {
    await open(['v1.0']);
    await put({ sticky: 'X-User' });
    const client = new GrpcClient(server.grpcPort);
    const inputName = host.model(name, 'v1.0').signature?.inputs[0]?.name ?? '';
    const content = new Tensor('float32', Float32Array.from(input), [1, 784]);
    const oip = { inputs: [{ name: inputName, datatype: 'FP32', shape: [1, 784], data: input }] };
    const sides: (string | string[] | undefined)[] = [];
    for (const user of users) {
      const headers = { 'x-user': user };
      const side = await answers('/predict', { input_data: input }, headers);
      sides.push(side);
      for (const [path, body] of [
        ['/predict', { input_data: input, top_k: 2 }],
        [`/v2/models/${name}/infer`, oip],
        [`/v1/models/${name}:predict`, { instances: [input] }],
        [`/predictions/${name}`, { data: [input] }],
      ] as const) {
        expect(await answers(path, body, headers), `${path} ${user}`).to.equal(side);
      }
      let metadata: grpc.Metadata | undefined;
      const request = { inputs: [{ name: inputName, content }] };
      const answer = await client.infer(name, request, {
        metadata: headers,
        onMetadata: (got: grpc.Metadata) => (metadata = got),
      });
      expect([answer.modelVersion, metadata?.get('x-model-version')[0]], user).to.deep.equal([side, side]);
      for (const version of ['v1.0', 'v1.1']) {
        expect(await answers(`/v2/models/${name}/versions/${version}/infer`, oip, headers)).to.equal(version);
      }
    }
    client.close();
    expect(sides.filter((side) => side === 'v1.1').length).to.be.within(8, 32);
    expect(new Set(sides)).to.have.all.keys('v1.0', 'v1.1');
  });

  it('is blamed for requests that its full queue refuses, whatever the protocol', async () => {
    await open(['v1.0'], { batching: { maxBatchSize: 8 }, warmup: { batchSizes: [1, 2] } });
    await put({ share: 1 });
    const { queue, signature, notBatched } = host.model(name, 'v1.1');
    expect(notBatched).to.equal(undefined);
    Object.defineProperty(queue, 'isFullFor', { value: () => true });
    const inputs = [{ name: signature?.inputs[0]?.name ?? '', datatype: 'FP32', shape: [1, 784], data: input }];
    const refused: unknown[] = [];
    for (const [path, body, headers] of [
      [`/v2/models/${name}/infer`, { inputs }, {}],
      ['/predict', { input_data: input, top_k: 2 }, {}],
      ['/predict', Buffer.alloc(784 * 4), { 'content-type': 'application/octet-stream' }],
    ] as const) {
      refused.push((await askJson(port(server.url), 'POST', path, { body, headers })).status);
    }
    expect(refused).to.deep.equal([429, 429, 429]);
    host.canaries?.tick();
    expect(host.canary(name)?.numbers.canary).to.include({ answers: 3, errors: 3 });
    expect(host.canary(name)?.numbers.stable.answers).to.equal(0);
  });

  it('is not sticky by what every object has: those without the header are split at random', async () => {
    await open(['v1.0']);
    for (const sticky of ['__proto__', 'constructor', 'hasOwnProperty']) {
      await put({ sticky, share: 0.5 });
      const sides = new Set<unknown>();
      for (let i = 0; i < 30; i++) sides.add(await answers('/predict', { input_data: input }));
      expect(sides, sticky).to.have.all.keys('v1.0', 'v1.1');
    }
  });

  it('that fails is rolled back, which the log, the metrics and GET tell', async () => {
    await open(['v1.0']);
    await put({ version: 'v2.0' });
    let failed = 0;
    for (let i = 0; i < 600; i++) {
      const body = { input_data: digits[i % digits.length]!.input };
      const { status, headers } = await askJson(port(server.url), 'POST', '/predict', { body });
      if (status !== 200) expect([++failed && status, headers['x-model-version']]).to.deep.equal([500, 'v2.0']);
    }
    expect(failed).to.be.greaterThan(20);
    host.canaries?.tick();
    const { body } = await admin('GET');
    expect(body).to.include({ state: 'rolled back', share: 0, version: 'v2.0' });
    expect(body.reason).to.match(/^errors: /);
    expect(await fault()).to.equal(undefined);
    const line = logs.lines().find(({ canary }) => canary === 'rolled back');
    expect(line).to.deep.include({ level: 'error', model: name, version: 'v2.0', stable: 'v1.0', limit: 'errors' });
    expect(line?.['numbers']).to.be.an('object');
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).to.include(`node_libtorch_canary_rollbacks_total{model="${name}",reason="errors"} 1`);
    expect(metrics).to.include(`node_libtorch_canary_share_ratio{model="${name}",version="v2.0"} 0`);
    expect(metrics).to.match(
      /canary_requests_total\{model="mnist-mlp",version="v2.0",outcome="ERR_MODEL_EXECUTION"\} \d+/,
    );
    const refusal = await admin('POST', undefined, `${name}/canary/promote`);
    expect([refusal.status, refusal.body.code]).to.deep.equal([409, 'ERR_CANARY']);
  });

  it('is refused with a code for a body that is none', async () => {
    await open(['v1.0']);
    for (const [body, status, code] of [
      [{}, 422, 'ERR_VALIDATION'],
      [{ version: 'v1.1' }, 422, 'ERR_VALIDATION'],
      [{ version: 'v1.1', share: 0 }, 422, 'ERR_VALIDATION'],
      [{ version: 'v1.1', share: 1.5 }, 422, 'ERR_VALIDATION'],
      [{ version: 'v1.1', share: '0.5' }, 422, 'ERR_VALIDATION'],
      [{ version: 7, share: 0.5 }, 422, 'ERR_VALIDATION'],
      [{ version: 'a b', share: 0.5 }, 422, 'ERR_VALIDATION'],
      [{ version: 'v1.1', share: 0.5, sticky: 'x user' }, 422, 'ERR_VALIDATION'],
      [{ version: 'v1.1', share: 0.5, sticky: null }, 422, 'ERR_VALIDATION'],
      [{ version: 'v1.1', share: 0.5, shares: 1 }, 422, 'ERR_VALIDATION'],
      [{ version: 'v1.1', share: 0.5, alias: 'nobody' }, 404, 'ERR_VERSION_NOT_FOUND'],
      [{ version: 'v9.9', share: 0.5 }, 404, 'ERR_VERSION_NOT_FOUND'],
      [{ version: 'v1.0', share: 0.5 }, 409, 'ERR_CANARY'],
      [{ version: 'champion', share: 0.5 }, 409, 'ERR_CANARY'],
      [Buffer.from('{'), 400, 'ERR_MALFORMED_JSON'],
      [Buffer.from('[]'), 422, 'ERR_VALIDATION'],
    ] as const) {
      const answer = await admin('PUT', body);
      expect([answer.status, answer.body.code], JSON.stringify(body)).to.deep.equal([status, code]);
    }
    expect((await admin('PUT', { version: 'v1.1', share: 0.5 }, `${name}@v1.0/canary`)).body.code).to.equal(
      'ERR_BAD_REQUEST',
    );
    expect((await admin('PUT', { version: 'v1.1', share: 0.5 }, 'nobody/canary')).body.code).to.equal(
      'ERR_MODEL_NOT_FOUND',
    );
    expect((await admin('GET')).body.code).to.equal('ERR_NO_CANARY');
    expect(host.list().map(({ version }) => version)).to.deep.equal(['v1.0']);
  });
});
