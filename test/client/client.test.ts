import { expect } from 'chai';
import {
  InferenceClient,
  InferenceServerError,
  Tensor,
  type ClientOptions,
  type ModelMetadata,
} from '#dist/client/index.js';
import { handMade, json, text, type Handler, type HandMade, type Seen } from '../support/hand-made-server.js';
import { rejection } from '../support/errors.js';

const metadata = (datatype: string): ModelMetadata & object => ({
  name: 'm',
  versions: ['1'],
  platform: 'p',
  inputs: [{ name: 'x', datatype: datatype as 'FP32', shape: [-1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
});
const good = { model_name: 'm', model_version: '1', outputs: [{ name: 'y', datatype: 'FP32', shape: [1], data: [1] }] };

const isInfer = ({ path }: Seen) => path.endsWith('/infer');

/** What a request says, its bytes behind the JSON apart. */
function message({ headers, body }: Seen) {
  const length = Number(headers['inference-header-content-length'] ?? body.length);
  return {
    json: JSON.parse(body.toString('utf8', 0, length)) as Record<string, unknown>,
    bytes: body.subarray(length),
  };
}

describe('InferenceClient', () => {
  let made: HandMade;
  let extensions: string[];
  let datatype: string;
  let asked: string[];

  /** A server whose metadata a test may change. */
  const everything = (infer = json(200, good)) =>
    made.answer((seen, response) => {
      if (seen.path === '/v2' || seen.path === '/base/v2') {
        asked.push('server');
        json(200, { name: 's', version: '1', extensions })(seen, response);
      } else if (isInfer(seen)) infer(seen, response);
      else {
        asked.push(seen.path);
        json(200, metadata(datatype))(seen, response);
      }
    });
  const inferences = () => made.seen.filter(isInfer);
  const clientOf = (options: ClientOptions = {}, path = '') =>
    new InferenceClient(`${made.url}${path}`, { retries: 0, ...options });

  before(async () => {
    made = await handMade();
  });
  beforeEach(() => {
    extensions = ['binary_tensor_data'];
    datatype = 'FP32';
    asked = [];
    everything();
  });
  after(() => made.close());

  it('sends bytes where the server takes them, and asks the server once', async () => {
    const client = clientOf();
    const x = Tensor.from([1, 2]);
    await Promise.all([client.model('m').infer({ x }), client.model('m').infer({ x }), client.model('n').infer({ x })]);
    await client.model('m').infer({ x });
    expect(asked).to.deep.equal(['server']);
    const { json: sent, bytes } = message(inferences()[0]!);
    expect(sent).to.deep.equal({
      parameters: { binary_data_output: true },
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2], parameters: { binary_data_size: 8 } }],
    });
    expect([...new Float32Array(new Uint8Array(bytes).buffer)]).to.deep.equal([1, 2]);
    expect(inferences()[0]!.headers['content-type']).to.equal('application/octet-stream');
  });

  it('sends JSON to a server without that extension, and where it is told so', async () => {
    const x = Tensor.from([1, NaN, -Infinity]);
    extensions = [];
    await clientOf().model('m').infer({ x });
    const { body, headers } = inferences()[0]!;
    expect(body.toString()).to.equal(
      '{"inputs":[{"name":"x","datatype":"FP32","shape":[3],"data":[1,NaN,-Infinity]}]}',
    );
    expect(headers)
      .to.include({ 'content-type': 'application/json' })
      .and.not.have.property('inference-header-content-length');
    extensions = ['binary_tensor_data'];
    await clientOf().model('m').infer({ x }, { binary: false });
    expect(inferences()[1]!.body.toString()).to.equal(body.toString());
    expect(asked).to.deep.equal(['server']);
  });

  const says: readonly [string, Handler, remembered: boolean][] = [
    ['is overloaded', json(503, {}), false],
    ['is behind a gateway that has lost it', text(502, '<title>502</title>'), false],
    ['wants a token first', json(401, {}), false],
    ['is told too much', json(429, {}), false],
    ['fails', json(500, {}), false],
    ['sends to a login', text(302, '', { location: '/login' }), false],
    ['forbids it', json(403, {}), true],
    ['has no such page', json(404, {}), true],
    ['has no such method', json(405, {}), true],
    ['has not made it', json(501, {}), true],
    ['answers with a page', text(200, '<title>Hello</title>'), true],
  ];
  for (const [what, first, remembered] of says) {
    it(`${remembered ? 'remembers' : 'does not remember'} of a server that ${what} that it takes no bytes`, async () => {
      const client = clientOf();
      const x = Tensor.from([1]);
      let isFirst = true;
      made.answer((seen, response) => {
        if (isInfer(seen)) return json(200, good)(seen, response);
        asked.push(seen.path);
        if (!isFirst) return json(200, { name: 's', version: '1', extensions })(seen, response);
        isFirst = false;
        return first(seen, response);
      });
      for (let i = 0; i < 3; i++) await client.model('m').infer({ x });
      const ways = inferences().map(({ headers }) => headers['content-type']?.replace('application/', ''));
      expect(ways).to.deep.equal(remembered ? ['json', 'json', 'json'] : ['json', 'octet-stream', 'octet-stream']);
      expect(asked).to.have.length(remembered ? 1 : 2);
    });
  }

  it('asks for metadata once, where inputs need it', async () => {
    const client = clientOf();
    datatype = 'INT64';
    const model = client.model('m');
    await Promise.all([model.infer({ x: [1] }), model.infer({ x: [2] })]);
    await client.model('m').infer({ x: [3] });
    expect(asked.filter((what) => what !== 'server')).to.deep.equal(['/v2/models/m']);
    const [input] = message(inferences()[0]!).json['inputs'] as [object];
    expect(input).to.include({ datatype: 'INT64' });
    await client.model('m', '2').infer({ x: [3] });
    expect(asked.at(-1)).to.equal('/v2/models/m/versions/2');
  });

  it('asks again when a server refuses what it knew, and sends what is right now', async () => {
    const model = clientOf().model('m');
    await model.infer({ x: [1] });
    everything((seen, response) => {
      const [input] = message(seen).json['inputs'] as [{ datatype: string }];
      if (input.datatype === datatype) json(200, good)(seen, response);
      else json(400, { error: 'another datatype' })(seen, response);
    });
    datatype = 'INT64';
    extensions = [];
    expect((await model.infer({ x: [1] })).tensor().toArray()).to.deep.equal([1]);
    expect(inferences()).to.have.length(2);
    expect(inferences()[1]!.headers['content-type']).to.equal('application/json');
    // The same refusal again is the answer.
    everything(json(400, { error: 'never' }));
    const error = await rejection(() => model.infer({ x: [1] }), 'ERR_BAD_REQUEST');
    expect(error).to.be.an.instanceOf(InferenceServerError);
    expect(inferences()).to.have.length(1);
  });

  it('sends half floats as bytes to a server that refuses them in JSON', async () => {
    extensions = [];
    everything((seen, response) => {
      if (seen.headers['inference-header-content-length'] === undefined)
        json(400, { error: 'no FP16' })(seen, response);
      else json(200, good)(seen, response);
    });
    await clientOf()
      .model('m')
      .infer({ x: Tensor.from([1], 'float16') });
    expect(inferences()).to.have.length(2);
    await rejection(
      () =>
        clientOf()
          .model('m')
          .infer({ x: Tensor.from([1]) }),
      'ERR_BAD_REQUEST',
    );
  });

  it('sends every option where the protocol has it', async () => {
    const client = clientOf({ headers: { 'X-Own': 'a' }, token: 'secret' });
    await client.model('m').infer(
      { x: Tensor.from([1]) },
      {
        ...{ id: 'q', outputs: ['y', 'z'], parameters: { big: 9007199254740993n, flag: true }, priority: 2 },
        ...{ classification: 3, timeoutMs: 5000, headers: { 'x-more': 'b' } },
      },
    );
    const { json: sent } = message(inferences()[0]!);
    expect(sent).to.deep.include({
      id: 'q',
      outputs: [
        { name: 'y', parameters: { classification: 3, binary_data: true } },
        { name: 'z', parameters: { classification: 3, binary_data: true } },
      ],
    });
    const parameters = sent['parameters'] as Record<string, number>;
    expect(parameters).to.include({ flag: true, priority: 2 });
    expect(parameters['timeout']).to.be.within(1, 5_000_000);
    expect(inferences()[0]!.body.toString()).to.include('"big":9007199254740993');
    const { headers } = inferences()[0]!;
    expect(headers).to.include({ 'x-own': 'a', 'x-more': 'b', authorization: 'Bearer secret' });
    expect(Number(headers['x-request-timeout-ms'])).to.be.within(1, 5000);
    // Nobody asked for a limit: the server is told none.
    await clientOf()
      .model('m')
      .infer({ x: Tensor.from([1]) });
    expect(inferences()[1]!.headers).to.not.have.property('x-request-timeout-ms');
    expect(message(inferences()[1]!).json['parameters']).to.deep.equal({ binary_data_output: true });
  });

  it('asks for classes of all outputs, where none is named', async () => {
    await clientOf()
      .model('m')
      .infer({ x: Tensor.from([1]) }, { classification: 2, binary: false });
    expect(message(inferences()[0]!).json['outputs']).to.deep.equal([{ name: 'y', parameters: { classification: 2 } }]);
  });

  it('asks for a token before each try, and never shows it', async () => {
    let count = 0;
    const client = clientOf({ token: async () => `t${++count}` });
    await client.model('m').infer({ x: Tensor.from([1]) }, { binary: true });
    await client.model('m').infer({ x: Tensor.from([1]) }, { binary: true });
    expect(inferences().map(({ headers }) => headers.authorization)).to.deep.equal(['Bearer t1', 'Bearer t2']);
    for (const token of ['geheim\n', 'ge heim', '', 5 as never]) {
      const error = await rejection(() => clientOf({ token: () => token }).isLive(), 'ERR_INVALID_ARGUMENT');
      expect(error.message).to.not.include('heim');
      expect(() => clientOf({ token }))
        .to.throw()
        .with.property('code', 'ERR_INVALID_ARGUMENT');
    }
  });

  it('encodes names, and keeps the path in front of /v2', async () => {
    const client = clientOf({}, '/base/');
    await client.model('a/b c%', 'v 1').infer({ x: Tensor.from([1]) });
    expect(inferences()[0]!.path).to.equal('/base/v2/models/a%2Fb%20c%25/versions/v%201/infer');
    expect(asked).to.deep.equal(['server']);
  });

  it('tells ready, not ready and not there apart from a fault', async () => {
    const client = clientOf();
    made.answer(text(200, ''));
    expect(await client.isReady()).to.equal(true);
    expect(await client.model('m').isReady()).to.equal(true);
    made.answer(json(503, { ready: false }));
    expect([await client.isLive(), await client.isReady(), await client.model('m').isReady()]).to.deep.equal([
      false,
      false,
      false,
    ]);
    made.answer(json(404, { error: 'no model' }));
    expect(await client.model('m').isReady()).to.equal(false);
    await rejection(() => client.isReady(), 'ERR_MODEL_NOT_FOUND');
    made.answer(json(401, { error: 'who?' }));
    const error = await client
      .model('m')
      .isReady()
      .catch((caught: unknown) => caught);
    expect(error).to.include({ status: 401 });
  });

  it('waits until a server is ready, which is not even there at first', async () => {
    const client = clientOf();
    made.answer((seen) => void seen.socket.destroy(), json(503, {}), json(404, {}), json(200, {}));
    await client.waitUntilReady({ model: 'm', intervalMs: 1 });
    expect(made.seen).to.have.length(4);
    made.answer(json(503, {}));
    const unready = await rejection(() => client.waitUntilReady({ timeoutMs: 30, intervalMs: 5 }), 'ERR_TIMEOUT');
    expect(unready.cause).to.equal(undefined);
  });

  it('waits for a server behind a gateway, and says at last why it was not reached', async () => {
    const client = clientOf();
    const page = (status: number) => text(status, `<title>${status} from the gateway</title>`);
    made.answer(page(502), page(504), page(503), json(200, {}));
    await client.waitUntilReady({ intervalMs: 1 });
    expect(made.seen).to.have.length(4);
    made.answer(page(504));
    const error = await rejection(() => client.waitUntilReady({ timeoutMs: 1000, intervalMs: 5 }), 'ERR_TIMEOUT');
    expect(error.cause).to.be.an.instanceOf(InferenceServerError).with.property('status', 504);
    made.answer(page(500));
    await rejection(() => client.waitUntilReady({ intervalMs: 1 }), 'ERR_INTERNAL');
  });

  it('reads the index of servers, and the list of KServe', async () => {
    const client = clientOf();
    made.answer(json(200, [{ name: 'm', version: '1', state: 'READY', reason: '' }, { name: 'n' }]));
    expect(await client.models()).to.deep.equal([
      { name: 'm', version: '1', state: 'READY', reason: '' },
      { name: 'n', version: '', state: 'UNKNOWN', reason: '' },
    ]);
    made.answer(json(404, { detail: 'Not Found' }), json(200, { models: ['a'] }));
    expect((await client.models()).map(({ name }) => name)).to.deep.equal(['a']);
    made.answer(json(404, { detail: 'Not Found' }), json(404, {}));
    await rejection(() => client.models(), 'ERR_MODEL_NOT_FOUND');
  });

  it('loads and unloads with parameters, once', async () => {
    const client = clientOf({ retries: 5 });
    made.answer(text(200, ''));
    await client.load('m', { parameters: { config: '{}' } });
    await client.unload('m');
    expect(made.seen.map(({ path, body }) => [path, body.toString()])).to.deep.equal([
      ['/v2/repository/models/m/load', '{"parameters":{"config":"{}"}}'],
      ['/v2/repository/models/m/unload', '{}'],
    ]);
    made.answer((seen) => void seen.socket.destroy());
    await rejection(() => client.load('m'), 'ERR_CONNECTION');
    expect(made.seen).to.have.length(1);
  });

  it('keeps one connection for calls one after the other', async () => {
    const client = clientOf();
    for (let i = 0; i < 5; i++) await client.model('m').infer({ x: Tensor.from([1]) });
    expect(new Set(made.seen.map(({ socket }) => socket))).to.have.property('size', 1);
    client.close();
  });

  it('is of no use after close', async () => {
    const client = clientOf();
    client.close();
    client.close();
    await rejection(() => client.isLive(), 'ERR_DISPOSED');
  });

  it('gives outputs that share no memory with each other', async () => {
    const parts =
      '{"model_name":"m","outputs":[{"name":"a","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}},{"name":"b","datatype":"INT64","shape":[1],"parameters":{"binary_data_size":8}}]}';
    const bytes = Buffer.concat([
      Buffer.from(parts),
      Buffer.from(new Float32Array([1, 2]).buffer),
      Buffer.from(new BigInt64Array([-3n]).buffer),
    ]);
    everything(text(200, bytes as never, { 'inference-header-content-length': String(parts.length) }));
    const result = await clientOf()
      .model('m')
      .infer({ x: Tensor.from([1]) });
    const [a, b] = [result.tensor('a'), result.tensor('b')];
    expect(a.data.buffer.byteLength).to.equal(8);
    structuredClone(a.data, { transfer: [a.data.buffer as ArrayBuffer] });
    expect(b.toArray()).to.deep.equal([-3n]);
    expect(() => result.strings('a'))
      .to.throw('strings')
      .with.property('code', 'ERR_BAD_ANSWER');
    expect(() => result.tensor('none'))
      .to.throw('a, b')
      .with.property('code', 'ERR_BAD_ANSWER');
    expect(() => result.tensor())
      .to.throw('a, b')
      .with.property('code', 'ERR_BAD_ANSWER');
  });

  const wrong: readonly [string, () => unknown][] = [
    ['no URL', () => new InferenceClient('nowhere')],
    ['a file', () => new InferenceClient('file:///a')],
    ['a password in the URL', () => new InferenceClient('http://user:hidden@host')],
    ['a query', () => new InferenceClient('http://host/?a=1')],
    ['an unknown option', () => new InferenceClient('http://host', { retry: 1 } as never)],
    ['an unknown protocol', () => new InferenceClient('http://host', { protocol: 'ftp' as never })],
    ['HTTP to a URL of gRPC', () => new InferenceClient('grpc://host:1', { protocol: 'http' })],
    ['a path to gRPC', () => new InferenceClient('grpc://host:1/base')],
    ['an agent to gRPC', () => new InferenceClient('grpc://host:1', { agent: {} as never })],
    ['fetch and an agent', () => new InferenceClient('http://host', { fetch, agent: {} as never })],
    ['tls without TLS', () => new InferenceClient('http://host', { tls: { rejectUnauthorized: false } })],
    ['an unknown option of tls', () => new InferenceClient('https://host', { tls: { cafile: 'x' } as never })],
    ['no time', () => new InferenceClient('http://host', { timeoutMs: 0 })],
    ['negative retries', () => new InferenceClient('http://host', { retries: -1 })],
    ['a header with a line end', () => new InferenceClient('http://host', { headers: { a: 'b\r\nc: d' } })],
    ['a header of ours', () => new InferenceClient('http://host', { headers: { 'Content-Length': '1' } })],
    ['no name', () => new InferenceClient('http://host').model('')],
    ['an empty version', () => new InferenceClient('http://host').model('m', '')],
  ];
  for (const [what, action] of wrong) {
    it(`refuses ${what}`, () => {
      expect(action).to.throw().with.property('code', 'ERR_INVALID_ARGUMENT');
      expect(action).to.throw().with.property('message').not.include('hidden');
    });
  }

  const x = Tensor.from([1]);
  const wrongCalls: readonly [string, object, object][] = [
    ['an unknown option', { x }, { timeout: 1 }],
    ['a signal in place of options', { x }, new AbortController().signal],
    ['outputs that are no array', { x }, { outputs: 'y' }],
    ['a priority below 0', { x }, { priority: -1 }],
    ['no classes', { x }, { classification: 0 }],
    ['another compression', { x }, { compression: 'br' }],
    ['a parameter that is an object', { x }, { parameters: { a: {} } }],
    ['no object of inputs', [x], {}],
    ['a header with a line end', { x }, { headers: { a: 'b\nc' } }],
  ];
  for (const [what, inputs, options] of wrongCalls) {
    it(`refuses ${what}, and sends nothing`, async () => {
      made.answer(json(200, good));
      await rejection(
        () =>
          clientOf()
            .model('m')
            .infer(inputs as never, options),
        'ERR_INVALID_ARGUMENT',
      );
      expect(made.seen).to.have.length(0);
    });
  }
});
