import { Buffer } from 'node:buffer';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { expect } from 'chai';
import express from 'express';
import { ModelHost } from '#dist/index.js';
import { Pieces } from '#dist/protocol/binary/pieces.js';
import { datatypeOf } from '#dist/protocol/datatype.js';
import { decodeResponse, headerLengthName } from '#dist/protocol/decode.js';
import { complete, encodeRequest } from '#dist/protocol/encode.js';
import type { InferRequest, NamedTensor } from '#dist/protocol/messages.js';
import { createApp, createServer, type InferenceServer } from '#dist/server/index.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { fixture } from '../support/paths.js';
import { oipCases, oipModels, type OipCase } from '../support/oip-cases.js';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

describe('the Open Inference Protocol over HTTP', () => {
  let host: ModelHost;
  let server: InferenceServer;
  let cases: readonly OipCase[];
  before(async () => {
    host = await ModelHost.open({ models: oipModels });
    server = await createServer({ host, port: 0, logger: false, jsonLimitBytes: 100_000, binaryLimitBytes: 1_000_000 });
    cases = await oipCases(host);
    for (const name of ['no_forward', 'raises']) {
      await host.load({ file: fixture(`torchscript/${name}.pt`), name: `${name}-pt`, warmup: false });
    }
  });
  after(async () => {
    await server.close();
    await host.close();
  });

  const send = (method: string, path: string, body?: Buffer | string, headers: object = {}, port = server.port) =>
    new Promise<Answer>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, method, path, headers: { ...headers } };
      const sent = httpRequest(options, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
        );
      });
      sent.once('error', reject).end(body);
    });
  const post = (path: string, body: Buffer | string, headers: object = {}) => send('POST', path, body, headers);
  const json = ({ body }: Answer) => JSON.parse(body.toString()) as Record<string, unknown>;
  /** Every error: a text under `error`, and this content type. */
  const refused = (answer: Answer, status: number, what: string) => {
    expect(answer.status, `${what}: ${answer.body.toString()}`).to.equal(status);
    expect(answer.headers['content-type'], what).to.equal('application/json');
    expect(json(answer), what).to.have.all.keys('error');
    expect(json(answer)['error'], what).to.be.a('string').with.length.within(1, 400);
    return json(answer)['error'] as string;
  };
  const encoded = (request: InferRequest, isBinary: (index: number) => boolean) => {
    let index = 0;
    const message = complete(encodeRequest(request, () => isBinary(index++)));
    const { headerLength, parts } = message;
    return {
      body: Buffer.concat(parts),
      headers: headerLength === undefined ? {} : { [headerLengthName]: headerLength },
    };
  };
  const decoded = ({ body, headers }: Answer) => {
    const length = headers[headerLengthName];
    return decodeResponse(Pieces.of(body), length === undefined ? {} : { headerLength: Number(length) });
  };
  const bytesOf = (content: NamedTensor['content']) =>
    content instanceof Tensor
      ? Buffer.from(content.data.buffer, content.data.byteOffset, content.data.byteLength).toString('hex')
      : content.data;
  const shown = (tensors: readonly NamedTensor[]) =>
    tensors.map(({ name, content }) => [
      name,
      content instanceof Tensor ? datatypeOf(content.dtype) : 'BYTES',
      [...content.shape],
      bytesOf(content),
    ]);

  it('answers as model.run does, bit for bit, in JSON, binary and both', async () => {
    for (const { model, version, inputs, outputs } of cases) {
      for (const sent of [() => true, () => false, (index: number) => index % 2 === 0]) {
        for (const binary of [true, false]) {
          const asked = outputs.map(({ name }) => ({ name, parameters: { binary_data: binary } }));
          const { body, headers } = encoded({ id: 'a b', inputs, outputs: asked }, sent);
          const answer = await post(`/v2/models/${model}/infer`, body, headers);
          expect(answer.status, answer.body.toString()).to.equal(200);
          const response = decoded(answer);
          expect(shown(response.outputs), model).to.deep.equal(shown(outputs));
          expect(response).to.include({ modelName: model, modelVersion: version, id: 'a b' });
          const isBinary = answer.headers['content-type'] === 'application/octet-stream';
          expect(isBinary, model).to.equal(binary);
          expect(headerLengthName in answer.headers).to.equal(binary);
        }
      }
    }
  });

  it('reads large tensors where they land, each request its own', async () => {
    const rows = 20_000;
    const served = host.model('linear-pt');
    const answers = await Promise.all(
      [1, 2, 3].map(async (factor) => {
        const data = Float32Array.from({ length: rows * 4 }, (_, i) => factor * (i % 1000));
        const tensor = new Tensor('float32', data, [rows, 4]);
        const request = { inputs: [{ name: 'x', content: tensor }], parameters: { binary_data_output: true } };
        const { parts, headerLength } = complete(encodeRequest(request, () => true));
        const headers = { [headerLengthName]: headerLength };
        const { body } = await post('/v2/models/linear-pt/infer', Buffer.concat(parts), headers);
        return [body, await served.run(tensor)] as const;
      }),
    );
    for (const [body, wanted] of answers) {
      const { data } = wanted;
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      expect(bytes.length).to.be.above(64 * 1024);
      expect(body.subarray(-bytes.length).equals(bytes)).to.equal(true);
    }
  });

  it('takes any content type, and none', async () => {
    const { model, inputs } = cases[0]!;
    const { body, headers } = encoded({ inputs }, () => true);
    for (const type of [
      undefined,
      'application/octet-stream',
      'application/json',
      'text/plain',
      'x/y; charset=latin1',
    ]) {
      const typed = type === undefined ? headers : { ...headers, 'content-type': type };
      expect((await post(`/v2/models/${model}/infer`, body, typed)).status, type).to.equal(200);
    }
  });

  it('takes raw bytes of the only input, and answers with bytes', async () => {
    const { model, inputs, outputs } = cases[0]!;
    const { data } = (inputs[0] as { content: Tensor }).content;
    const answer = await post(`/v2/models/${model}/infer`, Buffer.from(data.buffer, data.byteOffset, data.byteLength), {
      [headerLengthName]: 0,
    });
    expect(answer.headers['content-type']).to.equal('application/octet-stream');
    expect(shown(decoded(answer).outputs)).to.deep.equal(shown(outputs));
    refused(await post(`/v2/models/dtypes-onnx/infer`, 'x', { [headerLengthName]: 0 }), 400, 'twelve inputs');
    refused(await post(`/v2/models/linear-pt/infer`, 'x', { [headerLengthName]: 0 }), 400, 'no datatype');
  });

  it('compresses an answer to /infer that is asked for so, and nothing else', async () => {
    const { model, inputs, outputs } = cases[0]!;
    const path = `/v2/models/${model}/infer`;
    const { body, headers } = encoded({ inputs, parameters: { binary_data_output: true } }, () => true);
    const plain = await post(path, body, headers);
    for (const [encoding, decode, encode] of [
      ['gzip', gunzipSync, gzipSync],
      ['deflate', inflateSync, deflateSync],
    ] as const) {
      const sent = { ...headers, 'content-encoding': encoding, 'accept-encoding': encoding };
      const answer = await post(path, encode(body), sent);
      expect(answer.headers['content-encoding']).to.equal(encoding);
      // It counts what comes out of it.
      expect(answer.headers[headerLengthName]).to.equal(plain.headers[headerLengthName]);
      expect(shown(decoded({ ...answer, body: decode(answer.body) }).outputs)).to.deep.equal(shown(outputs));
      const error = await post('/v2/models/nobody/infer', body, { ...headers, 'accept-encoding': encoding });
      refused(error, 404, 'an error');
      expect(error.headers).to.not.have.property('content-encoding');
    }
    for (const accepted of ['gzip, deflate, br', 'br', 'identity', '*', 'gzip;q=0', '']) {
      const answer = await post(path, body, { ...headers, 'accept-encoding': accepted });
      expect(answer.headers, accepted).to.not.have.property('content-encoding');
      const metadata = await send('GET', `/v2/models/${model}`, undefined, { 'accept-encoding': accepted });
      expect(metadata.headers, accepted).to.not.have.property('content-encoding');
    }
    refused(
      await post(path, gzipSync(Buffer.alloc(2_000_000)), { ...headers, 'content-encoding': 'gzip' }),
      413,
      'a bomb',
    );
    refused(await post(path, body, { ...headers, 'content-encoding': 'gzip' }), 400, 'no gzip');
    refused(await post(path, body, { ...headers, 'content-encoding': 'br' }), 415, 'br');
  });

  it('refuses what is wrong with its code, and answers the next one', async () => {
    const { model, inputs } = cases[0]!;
    const path = `/v2/models/${model}/infer`;
    const good = encoded({ inputs }, () => true);
    const input = (member: object) =>
      JSON.stringify({ inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 784], ...member }] });
    const data = Array<number>(784).fill(0.5);
    const cases4xx: readonly (readonly [string, string | Buffer, object, number])[] = [
      ...['-1', '99999999999', 'NaN', '', '1e2', String(good.body.length + 1), '5'].map(
        (length) => [`the header length ${length}`, good.body, { [headerLengthName]: length }, 400] as const,
      ),
      ['binary data without a header', good.body, {}, 400],
      ['one byte too few', good.body.subarray(0, -1), good.headers, 400],
      ['one byte too many', Buffer.concat([good.body, Buffer.of(0)]), good.headers, 400],
      ['another name', input({ name: 'other', data }), {}, 400],
      ['the name __proto__', input({ name: '__proto__', data }), {}, 400],
      ['the name constructor', input({ name: 'constructor', data }), {}, 400],
      ['an input twice', `{"inputs":[${input({ data }).slice(11, -2)},${input({ data }).slice(11, -2)}]}`, {}, 400],
      ['no inputs', '{"inputs":[]}', {}, 400],
      ['another datatype', input({ datatype: 'INT64', data: data.map(() => 1) }), {}, 400],
      ['a shape that the model has not', input({ shape: [784], data }), {}, 400],
      ['one value too few', input({ data: data.slice(1) }), {}, 400],
      ['33 dimensions', input({ shape: Array(33).fill(1), data: [1] }), {}, 400],
      ['a negative dimension', input({ shape: [-1, 784], data }), {}, 400],
      ['a dimension of 1.5', input({ shape: [1.5, 784], data }), {}, 400],
      ['a value out of the range of the record', input({ data: [...data.slice(1), 1.5] }), {}, 400],
      [
        'an output that is not there',
        JSON.stringify({ ...JSON.parse(input({ data })), outputs: [{ name: 'no' }] }),
        {},
        400,
      ],
      [
        'classification 0',
        JSON.stringify({
          ...JSON.parse(input({ data })),
          outputs: [{ name: 'logits', parameters: { classification: 0 } }],
        }),
        {},
        400,
      ],
      ['a timeout of -1', JSON.stringify({ ...JSON.parse(input({ data })), parameters: { timeout: -1 } }), {}, 400],
      [
        'a priority that is text',
        JSON.stringify({ ...JSON.parse(input({ data })), parameters: { priority: 'x' } }),
        {},
        400,
      ],
      ['a sequence', JSON.stringify({ ...JSON.parse(input({ data })), parameters: { sequence_id: 'x' } }), {}, 400],
      ['X-Request-Timeout-Ms 0', input({ data }), { 'x-request-timeout-ms': '0' }, 400],
      ['JSON beyond its limit', ' '.repeat(100_001), {}, 413],
      ['a header beyond the limit of JSON', Buffer.alloc(200_000, ' '), { [headerLengthName]: 150_000 }, 413],
      ['bytes beyond their limit', Buffer.alloc(1_000_001), { [headerLengthName]: 20 }, 413],
    ];
    for (const [what, body, headers, status] of cases4xx) {
      refused(await post(path, body, headers), status, what);
      expect((await post(path, good.body, good.headers)).status, `after ${what}`).to.equal(200);
    }
    const late = await post(path, JSON.stringify({ ...JSON.parse(input({ data })), parameters: { timeout: 1 } }));
    refused(late, 503, 'a timeout of 1 µs');
  });

  it('finds models by percent-encoded names and versions, and no others', async () => {
    const { body, headers } = encoded({ inputs: cases[0]!.inputs }, () => true);
    for (const path of ['mnist%2Dmlp', 'mnist-mlp/versions/v1.0', '%6dnist-mlp/versions/v1%2e0']) {
      expect((await post(`/v2/models/${path}/infer`, body, headers)).status, path).to.equal(200);
      expect(json(await send('GET', `/v2/models/${path}`)), path).to.include({ name: 'mnist-mlp' });
      expect((await post(`/v2/models/${path}/infer/?x=1`, body, headers)).status, path).to.equal(200);
    }
    const statuses = {
      404: ['nobody', 'MNIST-MLP', 'mnist-mlp/versions/2'],
      400: ['a%2Fb', '%2e%2e', '..%2f..%2fetc', 'a%00', '%20', '😀', 'é'.repeat(200), 'mnist-mlp/versions/%20'],
    };
    for (const [status, paths] of Object.entries(statuses)) {
      for (const path of paths.map((each) => encodeURI(each).replaceAll('%25', '%'))) {
        for (const rest of ['', '/ready', '/config', '/stats']) {
          refused(await send('GET', `/v2/models/${path}${rest}`), Number(status), `${path}${rest}`);
        }
        refused(await post(`/v2/models/${path}/infer`, body, headers), Number(status), path);
        const instances = '{"instances":[[1]]}';
        refused(await send('GET', `/v1/models/${path}`), Number(status), path);
        refused(await post(`/v1/models/${path}:predict`, instances), Number(status), path);
        const own = await post(`/predictions/${path.replace('/versions', '')}`, instances);
        expect(own.status, path).to.equal(Number(status));
      }
    }
    refused(await send('GET', '/v2/models/%E0%A4%A'), 400, 'no UTF-8');
    refused(await post('/v2/models/%E0%A4%A/infer', body, headers), 400, 'no UTF-8');
  });

  it('says 405 with Allow, answers HEAD and OPTIONS, and has no other routes', async () => {
    const infer = '/v2/models/mnist-mlp/infer';
    for (const [method, path, allow] of [
      ['GET', infer, 'POST, OPTIONS'],
      ['PUT', infer, 'POST, OPTIONS'],
      ['POST', '/v2/models/mnist-mlp', 'GET, HEAD, OPTIONS'],
      ['DELETE', '/v2/health/live', 'GET, HEAD, OPTIONS'],
      ['GET', '/v2/repository/index', 'POST, OPTIONS'],
    ] as const) {
      const answer = await send(method, path);
      expect(refused(answer, 405, path)).to.include(path);
      expect(answer.headers.allow).to.equal(allow);
      expect((await send('OPTIONS', path)).headers.allow).to.equal(allow);
    }
    for (const path of ['/v2', '/v2/', '/v2/health/live', '/v2/health/ready', '/v2/models', '/v2/models/stats']) {
      const answer = await send('GET', path);
      expect([answer.status, answer.headers['content-type']], path).to.deep.equal([200, 'application/json']);
      expect((await send('HEAD', path)).headers['content-length'], path).to.equal(String(answer.body.length));
    }
    for (const path of [
      '/v2/logging',
      '/v2/trace/setting',
      '/v2/systemsharedmemory/status',
      '/v2/nothing',
      '/v2/models/a/b/c',
    ]) {
      refused(await send('GET', path), 404, path);
    }
    for (const what of ['load', 'unload'])
      expect(refused(await post(`/v2/repository/models/mnist-mlp/${what}`, '{}'), 404, what)).to.include('admin port');
    refused(await post('/v2/models/mnist-mlp/generate', '{}'), 404, 'generate');
  });

  it('takes an error of a run about an undeclared input for the caller’s, and no other', async () => {
    const ask = (model: string, data: readonly number[], shape: readonly number[], datatype = 'FP32') =>
      post(`/v2/models/${model}/infer`, JSON.stringify({ inputs: [{ name: 'x', datatype, shape, data }] }));
    expect(refused(await ask('linear-pt', [1, 2], [1, 2]), 400, 'shape')).to.include(
      'cannot be multiplied (1x2 and 4x3)',
    );
    expect(refused(await ask('linear-pt', [1, 2, 3, 4], [1, 4], 'INT64'), 400, 'dtype')).to.include('dtype');
    expect(refused(await ask('linear-pt', [1], []), 400, 'rank')).to.include('at least 1D');
    refused(await post('/v1/models/linear-pt:predict', '{"instances":[[1,2]]}'), 400, 'v1');
    expect((await post('/predictions/linear-pt', '{"instances":[[1,2]]}')).status).to.equal(400);
    // What the model's author says may hold anything.
    const own = refused(await ask('raises-pt', [-1], [1]), 500, 'raised');
    expect(own).to.equal('The model raised an error while it ran.');
  });

  it('says of a model without forward that it is not ready, and why', async () => {
    for (const path of ['', '/ready', '/config']) {
      expect(refused(await send('GET', `/v2/models/no_forward-pt${path}`), 400, path)).to.include('no_forward-pt');
    }
    refused(await send('GET', '/v1/models/no_forward-pt'), 400, 'v1');
    const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] });
    expect(refused(await post('/v2/models/no_forward-pt/infer', body), 400, 'infer')).to.include('forward');
    const index = JSON.parse((await post('/v2/repository/index', '')).body.toString()) as Record<string, string>[];
    const entry = index.find(({ name }) => name === 'no_forward-pt');
    expect(entry).to.include({ state: 'UNAVAILABLE' });
    expect(entry?.['reason']).to.include('no method forward');
  });

  it('refuses shared memory wherever it is asked for', async () => {
    const input = { name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] };
    const region = { shared_memory_region: 'a' };
    for (const body of [
      { parameters: region, inputs: [input] },
      { inputs: [{ ...input, parameters: region }] },
      { inputs: [input], outputs: [{ name: 'output', parameters: region }] },
    ]) {
      const what = JSON.stringify(body);
      expect(refused(await post('/v2/models/linear-pt/infer', what), 400, what)).to.include('shared memory');
    }
  });

  it('lists the repository, all of it or what is ready', async () => {
    for (const body of ['', '{}', '{"ready":true}', '{"ready":false,"other":1}']) {
      const answer = await post('/v2/repository/index', body);
      const entries = JSON.parse(answer.body.toString()) as { name: string; state: string }[];
      expect(entries.filter(({ state }) => state === 'READY').length, body).to.equal(host.list().length - 1); // no_forward
    }
    for (const body of ['[]', '{"ready":1}', '{', 'x', '"y"'])
      refused(await post('/v2/repository/index', body), 400, body);
  });

  it('is the same in somebody’s Express app, with a body parser in front of it', async () => {
    const app = express();
    app.use(express.json()).use('/ml', createApp({ host, logger: false }) as express.RequestHandler);
    const listening = app.listen(0);
    await new Promise((resolve) => listening.once('listening', resolve));
    const { port } = listening.address() as { port: number };
    try {
      const { model, inputs, outputs } = cases[0]!;
      for (const binary of [true, false]) {
        const { body, headers } = encoded({ inputs, parameters: { binary_data_output: binary } }, () => binary);
        const typed = binary ? headers : { ...headers, 'content-type': 'application/json' };
        const answer = await send('POST', `/ml/v2/models/${model}/infer`, body, typed, port);
        expect(shown(decoded(answer).outputs)).to.deep.equal(shown(outputs));
      }
      const none = refused(await send('GET', '/ml/v2/nothing', undefined, {}, port), 404, 'mounted');
      expect(none).to.include('/ml/openapi.json');
    } finally {
      listening.close();
    }
  });

  it('reads what a parser of text, of bytes or of JSON has left', async () => {
    for (const parser of [express.text({ type: '*/*' }), express.raw({ type: '*/*' }), express.json({ type: '*/*' })]) {
      const listening = express()
        .use(parser, createApp({ host, logger: false }) as express.RequestHandler)
        .listen(0);
      await new Promise((resolve) => listening.once('listening', resolve));
      const { port } = listening.address() as { port: number };
      try {
        const { model, inputs, outputs } = cases[0]!;
        const { body, headers } = encoded({ inputs, parameters: { binary_data_output: false } }, () => false);
        const typed = { ...headers, 'content-type': 'application/json' };
        const answer = await send('POST', `/v2/models/${model}/infer`, body, typed, port);
        expect(shown(decoded(answer).outputs)).to.deep.equal(shown(outputs));
        const index = await send('POST', '/v2/repository/index', '{"ready":true}', typed, port);
        expect(JSON.parse(index.body.toString())).to.have.length(host.list().length - 1); // no_forward
      } finally {
        listening.close();
      }
    }
  });
});
