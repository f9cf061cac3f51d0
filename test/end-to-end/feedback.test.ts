/** Labels that come back, for answers of every protocol, over the real digit model. */
import { createServer as createHttp, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { ModelHost } from '#dist/index.js';
import { wireRequest } from '#dist/protocol/grpc/infer-codec.js';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
import { createApp, createServer, type InferenceServer } from '#dist/server/index.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { AliasRegistry } from '../support/server/alias-registry.js';
import { askJson } from '../support/server/alias-traffic.js';
import { digitModel } from '../support/paths.js';
import { digits } from '../support/server/digits.js';
import { grpc, GrpcClient } from '../support/server/grpc.js';

interface Report {
  readonly counted?: number;
  readonly rows?: number;
  readonly refused?: readonly { readonly request_id: string; readonly code: string; readonly pointer: string }[];
  readonly code?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

const { input, label } = digits[3]!;
const two = [digits[0]!, digits[1]!];

describe('feedback', function () {
  this.timeout(60_000);
  const registry = new AliasRegistry(['v1.0', 'v1.1']);
  let host: ModelHost;
  let server: InferenceServer;
  let client: GrpcClient;
  let inputName = '';
  before(async () => {
    await registry.alias('champion', 'v1.1');
    const models = [{ name: 'mnist-mlp', versions: ['champion', 'v1.0'], warmup: false as const }];
    host = await ModelHost.open({ registry: await registry.open(), models });
    server = await createServer({ host, port: 0, grpcPort: 0, logger: false, feedbackRequests: 100 });
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
  const post = <T = Report>(path: string, body: object | Buffer, headers: Record<string, string> = {}, at = port()) =>
    askJson<T>(at, 'POST', path, { body, headers });
  const idOf = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await post<unknown>(path, body, headers);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    return String(answer.headers['x-request-id']);
  };
  const twoRows = (headers = {}) =>
    idOf('/v1/models/mnist-mlp:predict', { instances: two.map((digit) => digit.input) }, headers);
  const give = (request_id: string, given: unknown, path = '/feedback') => post(path, { request_id, label: given });
  const tensor = (rows: number) => ({ name: inputName, datatype: 'FP32', shape: [rows, 784] });

  it('counts a label by the id of an answer of every protocol', async () => {
    const asked: [string, object][] = [
      ['/predict', { input_data: input }],
      ['/v2/models/mnist-mlp/infer', { inputs: [{ ...tensor(1), data: input }] }],
      ['/v1/models/mnist-mlp:predict', { instances: [input] }],
      ['/predictions/mnist-mlp', { data: [input] }],
    ];
    for (const [path, body] of asked) {
      const { status, body: report } = await give(await idOf(path, body), label);
      expect([status, report], path).to.deep.equal([200, { counted: 1, rows: 1, refused: [] }]);
    }
    let metadata: grpc.Metadata | undefined;
    const content = new Tensor('float32', Float32Array.from(input), [1, 784]);
    const message = wireRequest(
      { model: 'mnist-mlp', version: undefined },
      { id: 'mine', inputs: [{ name: inputName, content }] },
    );
    await client.call(rpcs.modelInfer, message, { onMetadata: (got) => (metadata = got) });
    expect((await give(String(metadata?.get('x-request-id')[0]), label)).status).to.equal(200);
    expect((await give('mine', label)).body.code).to.equal('ERR_FEEDBACK_REPEATED');
  });

  it('takes an index, a label of the task, and a list for several rows', async () => {
    const one = () => idOf('/predict', { input_data: input });
    const labels = two.map((digit) => digit.label);
    const counted = async (ask: () => Promise<string>, given: unknown) => (await give(await ask(), given)).body;
    expect(await counted(one, 3)).to.include({ rows: 1 });
    expect(await counted(one, '3')).to.include({ rows: 1 });
    expect(await counted(one, [3])).to.include({ rows: 1 });
    expect(await counted(twoRows, labels)).to.include({ rows: 2 });
    expect(await counted(twoRows, labels.map(String))).to.include({ rows: 2 });
  });

  it('refuses labels that are none, says where, and counts nothing of them', async () => {
    const both = await twoRows();
    const wrong: [unknown, string][] = [
      [10, '/label'],
      [-1, '/label'],
      [1.5, '/label'],
      ['cat', '/label'],
      [true, '/label'],
      [null, '/label'],
      [undefined, '/label'],
      [{}, '/label'],
      [[], '/label'],
      [3, '/label'],
      [[1], '/label'],
      [[1, 2, 3], '/label'],
      [[1, 10], '/label/1'],
      [[1, 'cat'], '/label/1'],
      [[1, null], '/label/1'],
      [[1, [2]], '/label/1'],
    ];
    for (const [given, pointer] of wrong) {
      const { status, body } = await give(both, given);
      const first = body.errors?.[0]?.pointer;
      const isOne = pointer === '/label' && !Array.isArray(given);
      expect([status, body.code], JSON.stringify(given)).to.deep.equal([422, 'ERR_VALIDATION']);
      // One label for two rows is wrong before its class is looked at.
      expect(first, JSON.stringify(given)).to.equal(isOne ? '/label' : pointer);
      expect(JSON.stringify(body)).not.to.include('cat');
    }
    expect((await give(both, [0, 1])).body).to.include({ rows: 2 });
  });

  it('refuses bodies that are none', async () => {
    const bodies: [object | Buffer, number, string][] = [
      [Buffer.from('{'), 400, 'ERR_MALFORMED_JSON'],
      [[], 422, 'ERR_VALIDATION'],
      [{}, 422, 'ERR_VALIDATION'],
      [{ request_id: '', label: 1 }, 422, 'ERR_VALIDATION'],
      [{ request_id: 7, label: 1 }, 422, 'ERR_VALIDATION'],
      [{ request_id: 'x'.repeat(257), label: 1 }, 422, 'ERR_VALIDATION'],
      [{ request_id: 'a', label: 1, more: 1 }, 422, 'ERR_VALIDATION'],
      [{ feedback: [] }, 422, 'ERR_VALIDATION'],
      [{ feedback: 'a' }, 422, 'ERR_VALIDATION'],
      [{ feedback: new Array(1001).fill({ request_id: 'a', label: 1 }) }, 422, 'ERR_VALIDATION'],
      [{ feedback: [{ request_id: 'a', label: 1 }], label: 1 }, 422, 'ERR_VALIDATION'],
      [{ request_id: 'a', label: 'x'.repeat(2 ** 20) }, 413, 'ERR_PAYLOAD_TOO_LARGE'],
    ];
    for (const [body, status, code] of bodies) {
      const answer = await post('/feedback', body);
      expect([answer.status, answer.body.code], JSON.stringify(body).slice(0, 80)).to.deep.equal([status, code]);
    }
    const text = await post('/feedback', Buffer.from('{}'), { 'content-type': 'text/plain' });
    expect(text.status).to.equal(415);
  });

  it('says that an id is unknown, forgotten, or has its label', async () => {
    const unknown = await give('nobody', 1);
    expect([unknown.status, unknown.body.code]).to.deep.equal([404, 'ERR_UNKNOWN_REQUEST']);
    const id = await idOf('/predict', { input_data: input });
    expect((await give(id, label)).status).to.equal(200);
    const again = await give(id, label);
    expect([again.status, again.body.code]).to.deep.equal([409, 'ERR_FEEDBACK_REPEATED']);
    const old = await idOf('/predict', { input_data: input });
    for (let count = 0; count < 100; count++) await idOf('/predict', { input_data: input });
    expect((await give(old, label)).body.code).to.equal('ERR_UNKNOWN_REQUEST');
    expect((await give(id, label)).body.code).to.equal('ERR_UNKNOWN_REQUEST');
  });

  it("takes a client's own id, and the newest answer where it comes again", async () => {
    const headers = { 'x-request-id': 'order-17' };
    expect(await idOf('/predict', { input_data: input }, headers)).to.equal('order-17');
    await twoRows(headers);
    expect((await give('order-17', label)).status).to.equal(422);
    expect((await give('order-17', [0, 1])).body).to.include({ rows: 2 });
  });

  it('takes a label for each model that has answered under one id, and asks which where it cannot tell', async () => {
    const letters = Array.from('abcdefghij');
    const named = (name: string, labels: string[]) => ({
      ...{ name, file: digitModel, warmup: false as const, task: { type: 'classification' as const, labels } },
    });
    const models = [named('digits', Array.from('0123456789')), named('letters', letters)];
    const both = await ModelHost.open({ models });
    const two = await createServer({ host: both, port: 0, logger: false });
    try {
      const at = Number(new URL(two.url).port);
      const asked = async (id: string, ...models: string[]) => {
        for (const model of models) {
          const headers = { 'x-request-id': id };
          const { status } = await post(`/v1/models/${model}:predict`, { instances: [input] }, headers, at);
          expect(status).to.equal(200);
        }
      };
      const given = async (request_id: string, value: unknown, path = '/feedback') => {
        const { status, body } = await post(path, { request_id, label: value }, {}, at);
        return status === 200 ? 200 : `${body.code} ${body.errors?.[0]?.pointer}`;
      };
      const right = async (model: string) => {
        const { body } = await askJson<{ models: { realised?: { rows: number; correct: number } }[] }>(
          ...([at, 'GET', `/v2/models/${model}/monitoring`] as const),
        );
        return [body.models[0]?.realised?.rows ?? 0, body.models[0]?.realised?.correct ?? 0];
      };
      // A name of one of them alone.
      await asked('one', 'digits', 'letters');
      expect(await given('one', letters[label])).to.equal(200);
      expect(await given('one', String(label))).to.equal(200);
      expect(await given('one', String(label))).to.match(/^ERR_FEEDBACK_REPEATED/);
      expect([await right('digits'), await right('letters')]).to.deep.equal([
        [1, 1],
        [1, 1],
      ]);
      // An index of both.
      await asked('two', 'digits', 'letters');
      expect(await given('two', label)).to.equal('ERR_VALIDATION /request_id');
      expect(await given('two', 'z')).to.equal('ERR_VALIDATION /label');
      expect(await given('two', label, '/v2/models/digits/feedback')).to.equal(200);
      expect(await given('two', label, '/v2/models/digits/feedback')).to.match(/^ERR_FEEDBACK_REPEATED/);
      expect(await given('two', label)).to.equal(200);
      expect([await right('digits'), await right('letters')]).to.deep.equal([
        [2, 2],
        [2, 2],
      ]);
    } finally {
      await two.close();
      await both.close();
    }
  });

  it('knows a request of the Open Inference Protocol by its own id too', async () => {
    const inputs = [{ ...tensor(1), data: input }];
    await idOf('/v2/models/mnist-mlp/infer', { id: 'message 1', inputs });
    expect((await give('message 1', label)).body).to.include({ counted: 1 });
    expect((await give('message 1', label)).status).to.equal(409);
  });

  it('counts each item of a list by itself, and says which were refused', async () => {
    const [first, second, third] = [
      await idOf('/predict', { input_data: input }),
      await twoRows(),
      await idOf('/predict', { input_data: input }),
    ];
    const { status, body } = await post('/feedback', {
      feedback: [
        { request_id: first, label },
        { request_id: 'nobody', label },
        { request_id: second, label: [0, 77] },
        { request_id: first, label },
        { request_id: third, label: String(label) },
      ],
    });
    expect(status).to.equal(200);
    expect([body.counted, body.rows]).to.deep.equal([2, 2]);
    expect(body.refused?.map(({ code, pointer }) => [code, pointer])).to.deep.equal([
      ['ERR_UNKNOWN_REQUEST', '/feedback/1/request_id'],
      ['ERR_VALIDATION', '/feedback/2/label/1'],
      ['ERR_FEEDBACK_REPEATED', '/feedback/3/request_id'],
    ]);
    expect((await give(second, [0, 1])).body).to.include({ counted: 1 });
    // A list that has not the form is refused whole.
    const fourth = await idOf('/predict', { input_data: input });
    const bad = await post('/feedback', { feedback: [{ request_id: fourth, label }, { request_id: 'x' }] });
    expect([bad.status, bad.body.errors?.[0]?.pointer]).to.deep.equal([422, '/feedback/1/label']);
    const below = await post('/feedback', { feedback: [{ request_id: fourth, label: [-1] }] });
    expect([below.status, below.body.errors?.[0]?.pointer]).to.deep.equal([422, '/feedback/0/label/0']);
    expect((await give(fourth, label)).status).to.equal(200);
  });

  it('counts by the path only what that model, or version, has answered', async () => {
    const id = await idOf('/v2/models/mnist-mlp/versions/v1.0/infer', { inputs: [{ ...tensor(1), data: input }] });
    for (const path of ['/v2/models/mnist-mlp/versions/v1.1', '/v2/models/mnist-mlp@champion']) {
      expect((await give(id, label, `${path}/feedback`)).body.code, path).to.equal('ERR_UNKNOWN_REQUEST');
    }
    expect((await give(id, label, '/v2/models/nothing/feedback')).body.code).to.equal('ERR_MODEL_NOT_FOUND');
    const missing = await give(id, label, '/v2/models/mnist-mlp/versions/v9/feedback');
    expect(missing.body.code).to.equal('ERR_VERSION_NOT_FOUND');
    expect((await give(id, label, '/v2/models/mnist-mlp/versions/v1.0/feedback')).status).to.equal(200);
    expect((await give(id, label, '/v2/models/mnist-mlp/feedback')).status).to.equal(409);
  });

  it('says in the report how often the answers of a version were right', async () => {
    const path = '/v2/models/mnist-mlp/versions/v1.0';
    const realised = async () => {
      const { body } = await askJson<{ models: { realised?: { rows: number; correct: number } }[] }>(
        port(),
        'GET',
        `${path}/monitoring`,
      );
      return body.models[0]?.realised ?? { rows: 0, correct: 0 };
    };
    const before = await realised();
    for (const given of [label, label, (label + 1) % 10]) {
      const id = await idOf(`${path}/infer`, { inputs: [{ ...tensor(1), data: input }] });
      expect((await give(id, given)).status).to.equal(200);
    }
    const after = await realised();
    expect([after.rows - before.rows, after.correct - before.correct]).to.deep.equal([3, 2]);
    expect(after).to.include.keys('accuracy', 'calibrationError');
  });

  it('counts what became of labels in the metrics', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const series = 'node_libtorch_feedback_total{model="mnist-mlp",version="v1.0"';
    expect(text).to.include(`${series},outcome="accepted"} `);
    expect(text).to.include('node_libtorch_feedback_total{model="",version="",outcome="ERR_UNKNOWN_REQUEST"} ');
  });

  it('works where an app is mounted behind a parser of bodies', async () => {
    const app = express().use('/ml', express.json(), createApp({ host, logger: false }));
    const http: Server = createHttp(app as never).listen(0, '127.0.0.1');
    await new Promise((resolve) => http.once('listening', resolve));
    try {
      const at = (http.address() as AddressInfo).port;
      const answer = await post<unknown>('/ml/predict', { input_data: input }, {}, at);
      const request_id = String(answer.headers['x-request-id']);
      expect((await post('/ml/feedback', { request_id, label }, {}, at)).body).to.include({ counted: 1 });
      expect((await post('/ml/feedback', { request_id, label }, {}, at)).status).to.equal(409);
    } finally {
      http.close();
    }
  });

  it('takes a label of those alone who have asked, where tokens are asked for', async () => {
    const secrets = { ann: 'ann_0123456789abcdef', bob: 'bob_0123456789abcdef', desk: 'desk_0123456789abcdef' };
    // Two tokens of one id are one client.
    const tokens = `ann infer ${secrets.ann}\nann infer ${secrets.desk}\nbob infer ${secrets.bob}`;
    const guarded = await createServer({ host, port: 0, grpcPort: 0, logger: false, tokens });
    const calls = new GrpcClient(guarded.grpcPort);
    const at = Number(new URL(guarded.url).port);
    const bearer = (who: keyof typeof secrets) => ({ authorization: `Bearer ${secrets[who]}` });
    const ask = (who: keyof typeof secrets, path: string, body: object, headers = {}) =>
      post(path, body, { ...bearer(who), ...headers }, at);
    const codeOf = async (who: keyof typeof secrets, request_id: string, path = '/feedback') => {
      const { status, body } = await ask(who, path, { request_id, label });
      return status === 200 ? 200 : `${status} ${body.code}`;
    };
    const unknown = '404 ERR_UNKNOWN_REQUEST';
    const repeated = '409 ERR_FEEDBACK_REPEATED';
    const inputs = [{ ...tensor(1), data: input }];
    try {
      // Both call their requests the same, by header and by body.
      for (const who of ['ann', 'bob'] as const) {
        const asked = await ask(who, '/v2/models/mnist-mlp/infer', { id: '1', inputs }, { 'x-request-id': 'order' });
        expect(asked.status).to.equal(200);
      }
      expect(await codeOf('bob', '1')).to.equal(200);
      expect(await codeOf('bob', 'order')).to.equal(repeated);
      expect(await codeOf('desk', 'order')).to.equal(200);
      expect(await codeOf('ann', '1')).to.equal(repeated);
      const answers = [
        await ask('ann', '/predict', { input_data: input }),
        await ask('ann', '/v1/models/mnist-mlp:predict', { instances: [input] }),
        await ask('ann', '/predictions/mnist-mlp', { data: [input] }),
      ].map(({ headers }) => String(headers['x-request-id']));
      const content = new Tensor('float32', Float32Array.from(input), [1, 784]);
      const message = wireRequest(
        { model: 'mnist-mlp', version: undefined },
        { id: 'over gRPC', inputs: [{ name: inputName, content }] },
      );
      await calls.call(rpcs.modelInfer, message, { metadata: bearer('ann') });
      for (const id of [...answers, 'over gRPC']) {
        expect(await codeOf('bob', id), id).to.equal(unknown);
        expect(await codeOf('bob', id, '/v2/models/mnist-mlp/feedback'), id).to.equal(unknown);
        const list = await ask('bob', '/feedback', { feedback: [{ request_id: id, label }] });
        expect(list.body.refused?.map(({ code }) => code)).to.deep.equal(['ERR_UNKNOWN_REQUEST']);
        expect(await codeOf('ann', id), id).to.equal(200);
        expect(await codeOf('ann', id), id).to.equal(repeated);
        expect(await codeOf('bob', id), id).to.equal(unknown);
      }
    } finally {
      calls.close();
      await guarded.close();
    }
  });

  it('remembers nothing where it is switched off', async () => {
    for (const off of [{ feedbackRequests: 0 }, { monitoring: 'off' as const }]) {
      const quiet = await createServer({ host, port: 0, logger: false, ...off });
      try {
        const at = Number(new URL(quiet.url).port);
        const answer = await post<unknown>('/predict', { input_data: input }, {}, at);
        const request_id = String(answer.headers['x-request-id']);
        expect((await post('/feedback', { request_id, label }, {}, at)).status).to.equal(404);
      } finally {
        await quiet.close();
      }
    }
  });
});
