/** One version of the digit model, named in every way over every protocol. */
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { wireRequest } from '#dist/protocol/grpc/infer-codec.js';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { AliasRegistry } from '../support/server/alias-registry.js';
import { askJson } from '../support/server/alias-traffic.js';
import { digits } from '../support/server/digits.js';
import { grpc, GrpcClient } from '../support/server/grpc.js';
import { rejection } from '../support/rejection.js';

const { input } = digits[0]!;
const tensor = { name: 'image', datatype: 'FP32' as const, shape: [1, 784] };

describe('a version by its alias and its digest', function () {
  this.timeout(60_000);
  const registry = new AliasRegistry(['v1.0', 'v1.1', 'v2.0']);
  let host: ModelHost;
  let server: InferenceServer;
  let client: GrpcClient;
  let inputName = '';
  before(async () => {
    await registry.alias('champion', 'v1.1');
    await registry.alias('previous', 'v1.0');
    await registry.alias('elsewhere', 'v2.0');
    const models = [{ name: 'mnist-mlp', versions: ['champion', 'v1.0'], warmup: false as const }];
    host = await ModelHost.open({ registry: await registry.open(), models });
    server = await createServer({ host, port: 0, grpcPort: 0, logger: false });
    client = new GrpcClient(server.grpcPort);
    inputName = host.model().signature?.inputs[0]?.name ?? '';
  });
  after(async () => {
    client.close();
    await server.close();
    await host.close();
    registry.remove();
  });
  const port = () => Number(new URL(server.url).port);
  const ask = <T = Record<string, unknown>>(method: string, path: string, body?: object) =>
    askJson<T>(port(), method, path, { body });

  /** What each name means. */
  const meant = () =>
    [
      ['champion', 'v1.1'],
      ['v1.1', 'v1.1'],
      ['previous', 'v1.0'],
      [`sha256:${registry.digest('v1.1')}`, 'v1.1'],
      [`sha256:${registry.digest('v1.0')}`, 'v1.0'],
      [`SHA256:${registry.digest('v1.0').toUpperCase()}`, 'v1.0'],
    ] as const;
  /** As it is written in a path, and as some clients write it. */
  const written = (reference: string) => [reference, encodeURIComponent(reference)];

  it('is found in the version member of the Open Inference Protocol, in JSON', async () => {
    const inputs = [{ ...tensor, name: inputName, data: input }];
    for (const [reference, version] of meant()) {
      for (const text of written(reference)) {
        for (const base of [`/v2/models/mnist-mlp/versions/${text}`, `/v2/models/mnist-mlp@${text}`]) {
          const { status, headers, body } = await ask('POST', `${base}/infer`, { inputs });
          expect([status, body['model_version'], body['model_name']], base).to.deep.equal([200, version, 'mnist-mlp']);
          expect(headers['x-model-version']).to.equal(version);
          expect(headers['x-model-digest']).to.equal(`sha256:${registry.digest(version)}`);
          for (const path of ['', '/ready', '/config', '/stats', '/card']) {
            expect(await statusOf(`${base}${path}`), `${base}${path}`).to.deep.equal({ status: 200, version });
          }
        }
      }
    }
  });
  const statusOf = async (path: string) => {
    const answer = await fetch(`${server.url}${path}`);
    await answer.text();
    return { status: answer.status, version: answer.headers.get('x-model-version') };
  };

  it('is found by KServe v1, TorchServe and /predict', async () => {
    for (const [reference, version] of meant()) {
      for (const text of written(reference)) {
        const asked = [
          [`/v1/models/mnist-mlp/versions/${text}:predict`, { instances: [input] }],
          [`/v1/models/mnist-mlp@${text}:predict`, { instances: [input] }],
          [`/predictions/mnist-mlp/${text}`, { data: [input] }],
          [`/predict?model_version=${text}`, { input_data: input }],
          [`/predict?model=mnist-mlp%40${text}`, { input_data: input }],
        ] as const;
        for (const [path, body] of asked) {
          const { status, headers } = await ask('POST', path, body);
          expect([status, headers['x-model-version']], path).to.deep.equal([200, version]);
        }
        expect(await statusOf(`/v1/models/mnist-mlp/versions/${text}`)).to.deep.equal({ status: 200, version });
      }
      for (const choice of [
        { model_version: reference },
        { model: 'mnist-mlp', model_version: reference },
        { model: `mnist-mlp@${reference}` },
      ]) {
        const { status, body } = await ask('POST', '/predict', { input_data: input, ...choice });
        expect([status, body['model_version']], JSON.stringify(choice)).to.deep.equal([200, version]);
      }
    }
  });

  it('is found in model_version and model_name of gRPC', async () => {
    const content = new Tensor('float32', Float32Array.from(input), tensor.shape);
    for (const [reference, version] of meant()) {
      for (const [model_name, model_version] of [
        ['mnist-mlp', reference],
        [`mnist-mlp@${reference}`, ''],
      ] as const) {
        let metadata: grpc.Metadata | undefined;
        const options = { onMetadata: (got: grpc.Metadata) => (metadata = got) };
        const target = { model: model_name, version: model_version || undefined };
        const message = wireRequest(target, { inputs: [{ name: inputName, content }] });
        const answer = await client.call(rpcs.modelInfer, message, options);
        expect([answer.model_name, answer.model_version]).to.deep.equal(['mnist-mlp', version]);
        expect(metadata?.get('x-model-version')).to.deep.equal([version]);
        const named = { name: model_name, version: model_version };
        expect(await client.call(rpcs.modelReady, named)).to.deep.equal({ ready: true });
        const stats = await client.call(rpcs.modelStatistics, named);
        expect(stats.model_stats.map((each) => each.version)).to.deep.equal([version]);
      }
    }
  });

  it('is refused where nothing is called so, and where nothing can be', async () => {
    const unknown = ['challenger', 'elsewhere', 'v9.9', `sha256:${'0'.repeat(64)}`, `sha256:${'A'.repeat(64)}`];
    const wrong = ['sha256:12', 'sha512:' + '0'.repeat(128), 'a b', 'a@b', '..', 'ä'];
    for (const [references, status] of [
      [unknown, 404],
      [wrong, 400],
    ] as const) {
      for (const reference of references) {
        const text = encodeURIComponent(reference);
        for (const path of [`/v2/models/mnist-mlp/versions/${text}`, `/v2/models/mnist-mlp%40${text}/ready`]) {
          if (reference === '..' && path.includes('/versions/..')) continue; // no client sends it
          expect((await askJson(port(), 'GET', path)).status, path).to.equal(status);
        }
        const code = status === 404 ? grpc.status.NOT_FOUND : grpc.status.INVALID_ARGUMENT;
        const named = { name: 'mnist-mlp', version: reference };
        expect(await rejection(client.call(rpcs.modelMetadata, named)), reference).to.include({ code });
      }
    }
    // An alias that the registry has, of a version that is not loaded, says so.
    const { body } = await ask('GET', '/v2/models/mnist-mlp/versions/elsewhere');
    expect(body['error']).to.include('elsewhere is v2.0, which is not loaded');
    const both = await ask('GET', '/v2/models/mnist-mlp@champion/versions/v1.0');
    expect(both.status).to.equal(400);
    expect((await ask('GET', '/v2/models/mnist-mlp@champion/versions/champion')).status).to.equal(200);
  });

  it('tells in the metadata what traces it', async () => {
    const { body } = await ask('GET', '/v2/models/mnist-mlp/versions/champion');
    const record = await (await registry.open()).resolve('mnist-mlp', 'champion');
    expect(body).to.deep.include({
      version: 'v1.1',
      digest: `sha256:${registry.digest('v1.1')}`,
      aliases: ['champion'],
      source_commit: record.sourceCommit,
      metrics: record.metrics,
    });
    const card = await fetch(`${server.url}${String(body['card'])}`);
    expect(card.headers.get('content-type')).to.equal('text/markdown; charset=utf-8');
    expect(await card.text()).to.include(record.artifact.sha256);
  });
});
