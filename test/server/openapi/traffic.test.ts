/** Answers of a live server, over real models of three engines, held to its own /openapi.json. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { complete, encodeRequest } from '#dist/protocol/encode.js';
import type { InferRequest } from '#dist/protocol/messages.js';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { oipCases, oipModels, type OipCase } from '../../support/oip-cases.js';
import { fixture } from '../../support/paths.js';
import { badInputs } from '../../support/server/bad-input.js';
import { OpenApiCheck, type CheckedAnswer, type Document } from '../../support/server/openapi.js';

interface Sent {
  readonly body?: Buffer | string;
  readonly headers?: Record<string, string>;
}

/** How to ask, and the status that comes, where it is known. */
type Request = readonly [method: string, path: string, what?: Sent, status?: number | undefined];

describe('live traffic and /openapi.json', function () {
  this.timeout(60_000);
  let host: ModelHost;
  let server: InferenceServer;
  let cases: readonly OipCase[];
  const tokens = `reader infer ${'r'.repeat(20)}\nboss admin,infer ${'b'.repeat(20)}`;
  const bearer = { authorization: `Bearer ${'b'.repeat(20)}` };
  before(async () => {
    host = await ModelHost.open({ models: oipModels });
    server = await createServer({ host, port: 0, adminPort: 0, logger: false, tokens });
    cases = await oipCases(host);
  });
  after(async () => {
    await server?.close();
    await host?.close();
  });

  const ask = async (base: string, method: string, path: string, { body, headers = {} }: Sent = {}) => {
    const answer = await fetch(base + path, {
      method,
      headers: { ...bearer, ...headers },
      ...(body !== undefined && { body: body as string }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, headers: answer.headers, body: bytes } satisfies CheckedAnswer;
  };
  const documentOf = async (base: string) =>
    JSON.parse(String((await ask(base, 'GET', '/openapi.json')).body)) as Document;
  /** Sends each request and holds its answer to the document. */
  const hold = async (base: string, check: OpenApiCheck, sent: readonly Request[]) => {
    for (const [method, path, what = {}, status] of sent) {
      const answer = await ask(base, method, path, what);
      const where = `${method} ${path} ${String(what.body).slice(0, 80)} → ${answer.status}`;
      if (status !== undefined) expect(answer.status, `${where} ${String(answer.body)}`).to.equal(status);
      expect(check.fault(method.toLowerCase(), path, answer), where).to.equal(undefined);
    }
  };
  const json = { 'content-type': 'application/json' };
  const post = (path: string, value: unknown, status?: number): Request => [
    'POST',
    path,
    { body: typeof value === 'string' ? value : JSON.stringify(value), headers: json },
    status,
  ];

  it('are compared in earnest', async () => {
    const check = new OpenApiCheck(await documentOf(server.url));
    const answer = await ask(server.url, 'GET', '/v2/models/two-onnx');
    const faultOf = (change: object, path = '/v2/models/two-onnx') =>
      check.fault('get', path, { ...answer, ...change });
    expect(faultOf({})).to.equal(undefined);
    expect(faultOf({ status: 418 })).to.include('418');
    expect(faultOf({ body: Buffer.from('{"name":1}') })).to.be.a('string');
    expect(faultOf({ headers: new Headers({ 'content-type': 'application/json' }) })).to.include('X-Request-Id');
    expect(faultOf({ headers: new Headers({ 'x-request-id': 'a', 'content-type': 'text/html' }) })).to.include('html');
    expect(faultOf({}, '/v3')).to.include('/v3');
  });

  it('say how long a request took, where that is asked for', async () => {
    const document = await documentOf(server.url);
    const check = new OpenApiCheck(document);
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const { parameters } = operation as { readonly parameters?: readonly { readonly $ref?: string }[] };
        expect(parameters, `${method} ${path}`).to.deep.include({ $ref: '#/components/parameters/ServerTiming' });
      }
    }
    const timed = { 'x-server-timing': 'on' };
    const rest = 'inference;dur=[0-9.]+, total;dur=[0-9.]+$';
    const requests: [Request, RegExp][] = [
      [['GET', '/v2/models/two-onnx', { headers: timed }], /^total;dur=[0-9.]+$/],
      [['GET', '/v2/models/none', { headers: timed }], /^total;dur=[0-9.]+$/],
      ...cases.slice(0, 3).map(({ model, inputs }): [Request, RegExp] => {
        const body = Buffer.concat(complete(encodeRequest({ inputs }, () => false)).parts);
        return [
          ['POST', `/v2/models/${model}/infer`, { headers: { ...timed, ...json }, body }],
          new RegExp(`^queue;dur=[0-9.]+, ${rest}`),
        ];
      }),
    ];
    for (const [[method, path, what = {}], timing] of requests) {
      const answer = await ask(server.url, method, path, what);
      expect(answer.headers.get('server-timing'), `${path} ${String(answer.body)}`).to.match(timing);
      expect(check.fault(method.toLowerCase(), path, answer)).to.equal(undefined);
      for (const value of ['off', '1', 'ON']) {
        const untimed = await ask(server.url, method, path, {
          ...what,
          headers: { ...what.headers, 'x-server-timing': value },
        });
        expect(untimed.headers.get('server-timing'), value).to.equal(null);
      }
    }
  });

  it('agree about every answer of the inference port', async () => {
    const document = await documentOf(server.url);
    const { valid, errors } = await new Validator().validate(structuredClone(document) as never);
    expect(valid, JSON.stringify(errors)).to.equal(true);
    const check = new OpenApiCheck(document);
    // The patterns hold for each model too.
    const isPattern = ([path]: [string, unknown]) => !/^\/v2\/models\/[^{}]+\/infer$/.test(path);
    const general = new OpenApiCheck({
      ...document,
      paths: Object.fromEntries(Object.entries(document.paths).filter(isPattern)),
    });
    const gets = [
      ...['/', '/ping', '/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs', '/docs/none/docs.js'],
      ...['/console/state', '/console/none/main.js'],
      ...['/v1/models', '/v2', '/v2/models', '/v2/models/stats', '/v2/health/live', '/v2/health/ready'],
    ];
    for (const { name, version } of [
      ...host.list(),
      { name: 'none', version: '9' },
      { name: 'a%2fb', version: '%00' },
    ]) {
      for (const at of [`/v2/models/${name}`, `/v2/models/${name}/versions/${version}`]) {
        gets.push(at, `${at}/ready`, `${at}/config`, `${at}/stats`, `${at}/card`, `${at}/monitoring`);
      }
      gets.push(`/console/state/${name}/${version}`);
      gets.push(`/v1/models/${name}`, `/v1/models/${name}/versions/${version}`);
    }
    await hold(
      server.url,
      check,
      gets.map((path) => ['GET', path]),
    );
    await hold(server.url, check, [
      post('/feedback', { request_id: 'nobody', label: 1 }, 404),
      ...cases.slice(0, 1).map((each) => post(`/v2/models/${each.model}/versions/${each.version}/feedback`, '[', 400)),
      post('/feedback', { feedback: [{ request_id: 'nobody', label: ['a'] }] }, 200),
      post('/feedback', { request_id: 'nobody', label: {} }, 422),
      post('/v2/models/two-onnx/feedback', { request_id: 'nobody', label: 1 }, 404),
      post('/v2/repository/index', '', 200),
      post('/v2/repository/index', { ready: true }, 200),
      post('/v2/repository/index', '[', 400),
      ['POST', '/v2/repository/index', { headers: { 'content-encoding': 'br' }, body: 'x' }, 415],
    ]);
    for (const [path, operations] of Object.entries(document.paths)) {
      if (!/^\/v2\/models\/[^{}]+\/infer$/.test(path) || !('post' in operations)) continue;
      const { example } = (
        operations['post'] as unknown as { requestBody: { content: Record<string, { example?: object }> } }
      ).requestBody.content['application/json'] as { example?: object };
      if (!example) continue;
      expect(check.exampleFault(path, 'post'), path).to.equal(undefined);
      await hold(server.url, check, [post(path, example, 200)]);
    }
    for (const each of cases) {
      if (each.special) continue; // NaN is no JSON
      const request: InferRequest = { id: 'one', inputs: each.inputs };
      const text = Buffer.concat(complete(encodeRequest(request, () => false)).parts).toString();
      const paths = [`/v2/models/${each.model}/infer`, `/v2/models/${each.model}/versions/${each.version}/infer`];
      const value = JSON.parse(text) as { inputs: { data: unknown[] }[] };
      for (const path of paths) {
        expect(Object.keys(document.paths)).to.include(path);
        const outputs = [{ name: 'OUTPUT__0', parameters: { classification: 1 } }];
        const withOutputs = text.replace(/}$/, `,"outputs":[{"name":"OUTPUT__0"}]}`);
        const binary = text.replace(/}$/, `,"parameters":{"binary_data_output":true}}`);
        const classes = text.replace(/}$/, `,"outputs":${JSON.stringify(outputs)}}`);
        await hold(server.url, general, [post(path, text, 200), post(path, '{"inputs":', 400)]);
        await hold(server.url, check, [
          post(path, text, 200),
          post(path, withOutputs, 200),
          post(path, binary, 200),
          post(path, classes),
          post(path, { inputs: value.inputs.slice(1) }, 400),
          post(path, { inputs: [{ ...value.inputs[0], shape: [9, 9, 9] }] }, 400),
          post(path, { inputs: [{ ...value.inputs[0], datatype: 'FP8' }] }, 400),
          post(path, '{"inputs":', 400),
          ['POST', path, { body: text, headers: { 'x-request-timeout-ms': 'soon' } }, 400],
          ['POST', path, { body: text, headers: { 'content-encoding': 'br' } }, 415],
          ['POST', path, { body: text, headers: { authorization: 'Bearer none' } }, 401],
        ]);
      }
    }
    const none = { inputs: [{ name: 'x', datatype: 'BYTES', shape: [0], data: null }] };
    const empty = await ask(server.url, 'POST', '/v2/models/strings-onnx/infer', {
      body: JSON.stringify(none),
      headers: json,
    });
    expect(check.fault('post', '/v2/models/strings-onnx/infer', empty)).to.equal(undefined);
    expect(JSON.parse(String(empty.body))).to.deep.include({
      outputs: [{ name: 'y', datatype: 'BYTES', shape: [0], data: [] }],
    });
    const rows = [0, 0.5, 1].map((value) => new Array<number>(784).fill(value));
    await hold(server.url, check, [
      post('/predict', { input_data: rows[0] }, 200),
      post('/predict', { input_data: rows[1], top_k: 3 }, 200),
      post('/predict?model=mnist-mlp', { inputs: rows }, 200),
      post('/predict', { model: 'none', input_data: [0] }, 404),
      post('/predict', { model: 'two-onnx', inputs: {} }, 422),
      ['POST', '/predict', { body: Buffer.alloc(3136), headers: { 'content-type': 'application/octet-stream' } }, 200],
      ['POST', '/predict', { body: 'x', headers: { 'content-type': 'image/png' } }, 422],
      ['POST', '/predict', { body: 'x', headers: { 'content-type': 'text/plain' } }, 415],
      post('/v1/models/mnist-mlp:predict', { instances: rows }, 200),
      post('/v1/models/two-onnx:predict', { instances: [{ a: [1, 2], b: [3, 4] }] }, 200),
      post('/v1/models/two-onnx/versions/1:predict', { inputs: { a: [[1, 2]], b: [[3, 4]] } }, 200),
      post('/v1/models/two-onnx:predict', { instances: [] }, 400),
      post('/v1/models/none:predict', { instances: [1] }, 404),
      post('/predictions/two-onnx', { a: [1, 2], b: [3, 4] }, 200),
      post('/predictions/two-onnx/1', { a: [[1, 2]], b: [[3, 4]] }, 200),
      post('/v2/models/two-onnx/infer', 'x'.repeat(5_000_000), 413),
      post('/predictions/two-onnx/2', { a: [[1, 2]], b: [[3, 4]] }, 404),
      post('/predictions/two-onnx', '{', 400),
      post('/predictions/mnist-mlp', rows[2], 200),
      ['PUT', '/predictions/none', { body: 'x' }, 404],
      ['PUT', '/predictions/two-onnx/1', { body: '{"a":[1,2],"b":[3,4]}', headers: json }, 200],
    ]);
    await hold(
      server.url,
      check,
      badInputs(784).map(({ body, headers, status }) => [
        'POST',
        '/predict',
        { body, headers: { ...json, ...headers } },
        status,
      ]),
    );
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const held = new Set([...check.seen, ...general.seen].map((seen) => seen.replace(/ \d+$/, '')));
    expect(operations.filter((operation) => !held.has(operation))).to.deep.equal([]);
  });

  it('agree about the admin port, whose document has its own routes', async () => {
    const { url } = server.admin as { url: string };
    const document = await documentOf(url);
    const { valid, errors } = await new Validator().validate(structuredClone(document) as never);
    expect(valid, JSON.stringify(errors)).to.equal(true);
    expect(Object.keys(document.paths)).to.include('/admin/models').and.not.include('/predict');
    const check = new OpenApiCheck(document);
    await hold(url, check, [
      ...['/health/live', '/health/ready', '/metrics', '/docs', '/admin/models', '/admin/models/two-onnx'].map(
        (path): Request => ['GET', path],
      ),
      ['GET', '/admin/models/none', {}, 404],
      ['GET', '/admin/models', { headers: { authorization: `Bearer ${'r'.repeat(20)}` } }, 403],
      ['GET', '/v2/models/two-onnx/ready', {}, 200],
      post('/v2/repository/index', '', 200),
      ...['/admin/models/mnist-mlp/aliases', '/admin/models/none/aliases', '/admin/models/mnist-mlp/aliases/none'].map(
        (path): Request => ['GET', path],
      ),
      ['PUT', '/admin/models/mnist-mlp/aliases/v1', { body: '{"version":"v1.0"}' }, 400],
      ['PUT', '/admin/models/mnist-mlp/aliases/a', { body: '{"version":"v9"}' }, 404],
      ['PUT', '/admin/models/mnist-mlp/aliases/a', { body: '{}' }, 422],
      ['DELETE', '/admin/models/mnist-mlp/aliases/a', {}, 404],
      post('/admin/models/mnist-mlp/clear', '', 200),
      post('/admin/models/none/clear', '', 404),
      post('/admin/models/two-onnx/load', '', 200),
      post('/admin/models/two-onnx/load', { version: 1 }, 422),
      post('/admin/models/two-onnx/load', { version: '9' }, 404),
      post('/admin/models/none/load', '', 404),
      post('/admin/models/two-onnx/unload', { version: '1' }, 200),
      post('/v2/repository/models/two-onnx/load', '', 200),
      post('/v2/repository/models/two-onnx/load', { parameters: { config: '{}' } }, 400),
      post('/v2/repository/models/none/load', '', 404),
      post('/v2/repository/models/none/unload', '', 404),
      post('/v2/repository/models/two-onnx/unload', '', 200),
      post('/v2/repository/models/two-onnx/load', '', 200),
      post('/admin/refresh', ''),
      post('/admin/refresh', '{"x":1}', 422),
    ]);
  });

  it('change together when models are loaded and unloaded', async () => {
    const path = '/v2/models/later/versions/1/infer';
    expect(Object.keys((await documentOf(server.url)).paths)).not.to.include(path);
    await host.load({ file: fixture('onnx/two.onnx'), name: 'later', warmup: false });
    const { paths, components } = await documentOf(server.url);
    expect(paths).to.include.keys(path, '/v2/models/later/infer');
    const schema = components['schemas']?.['InferRequest.later_.1'];
    expect(JSON.stringify(schema)).to.include('{"const":"FP32"}').and.include('{"const":"INT64"}');
    await host.unload('later');
    expect(Object.keys((await documentOf(server.url)).paths)).not.to.include(path);
  });

  it('say who may ask', async () => {
    const { paths, components } = (await documentOf(server.url)) as Document & {
      paths: Record<string, Record<string, { security?: object; responses: object }>>;
    };
    expect(components['securitySchemes']).to.have.nested.property('bearer.scheme', 'bearer');
    expect(paths['/predict']?.['post']?.security).to.deep.equal([{ bearer: ['infer'] }]);
    expect(paths['/predict']?.['post']?.responses).to.include.keys('401', '403');
    expect(paths['/health/live']?.['get']?.security).to.deep.equal([]);
    expect(paths['/health/live']?.['get']?.responses).not.to.include.keys('401');
    const admin = (await documentOf((server.admin as { url: string }).url)).paths as typeof paths;
    expect(admin['/admin/models']?.['get']?.security).to.deep.equal([{ bearer: ['admin'] }]);
    expect(admin['/openapi.json']?.['get']?.security).to.deep.equal([{ bearer: ['admin'] }]);
  });
});
