import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { ModelHost, Tensor } from 'node-libtorch';
import type { LabelAnswer } from 'node-libtorch/tasks';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { fixture } from '../support/paths.js';
import { digits } from '../support/server/digits.js';
import { rawConnection, until } from '../support/server/http.js';
import { MemoryHost } from '../support/server/memory-host.js';
import { encoderAnswers, picture, taskModels } from '../support/server/task-host.js';

interface Asked {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

const x = [
  [1, 2, 3, 4],
  [-4, -3, -2, -1],
];

describe('clients of other servers', () => {
  let host: ModelHost;
  let server: InferenceServer;
  let red: Buffer;
  let blue: Buffer;
  before(async () => {
    const files = ['two.onnx', 'dtypes.onnx'].map((name) => ({ file: fixture(`onnx/${name}`) }));
    const script = ['tuple_output', 'strings', 'dict_output'].map((name) => ({
      file: fixture(`torchscript/${name}.pt`),
    }));
    host = await ModelHost.open({
      models: [
        { name: 'mnist-mlp' },
        ...[...taskModels, ...files, ...script].map((model) => ({ ...model, warmup: false as const })),
      ],
      warmupBatchSizes: [1],
    });
    server = await createServer({ host, port: 0, logger: false, imageLimitBytes: 100_000, maxImagePixels: 40_000 });
    [red, blue] = await Promise.all([picture('red'), picture('blue')]);
  });
  after(async () => {
    await server.close();
    await host.close();
  });

  const send = async (path: string, init: RequestInit = {}): Promise<Asked> => {
    const response = await fetch(`${server.url}${path}`, init);
    const text = await response.text();
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      body = undefined;
    }
    return { status: response.status, type: response.headers.get('content-type'), text, body: body as Asked['body'] };
  };
  const post = (path: string, body: unknown, headers: Record<string, string> = {}, method = 'POST') =>
    send(path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: (typeof body === 'string' || body instanceof Uint8Array
        ? body
        : JSON.stringify(body)) as RequestInit['body'] & {},
    });
  const expectServes = async () => {
    expect((await post('/v1/models/bare:predict', { instances: x })).status).to.equal(200);
    expect((await post('/predictions/bare', x[0])).status).to.equal(200);
  };

  describe('of KServe v1', () => {
    const predict = (model: string, body: unknown, headers?: Record<string, string>) =>
      post(`/v1/models/${model}:predict`, body, headers);

    it('are told of the server and of its models', async () => {
      expect((await send('/')).body).to.deep.equal({ status: 'alive' });
      expect((await send('/v1/models')).body['models']).to.include.members(['mnist-mlp', 'bare', 'texts', 'two']);
      const ready = await send('/v1/models/Several.labels');
      expect(ready).to.deep.include({ status: 200, type: 'application/json' });
      expect(ready.body).to.deep.equal({ name: 'Several.labels', ready: true });
      expect((await send('/v1/models/mnist-mlp/versions/v1.0')).body).to.deep.equal({ name: 'mnist-mlp', ready: true });
    });

    it('get a row for each instance, equal to what the model gives', async () => {
      const wanted = (await host.model('bare').run(Tensor.from(x))).toArray();
      const { status, type, body } = await predict('bare', { instances: x });
      expect(status, JSON.stringify(body)).to.equal(200);
      expect(type).to.equal('application/json');
      expect(body).to.deep.equal({ predictions: wanted });
      expect((await predict('bare', { instances: x.map((row) => ({ x: row })) })).body).to.deep.equal(body);
      expect((await predict('classes', { instances: x, signature_name: 'serving_default' })).body).to.deep.equal(body);
      const digit = await predict('mnist-mlp', { instances: [digits[2]?.input] });
      const logits = (digit.body['predictions'] as number[][])[0] ?? [];
      expect(logits.indexOf(Math.max(...logits))).to.equal(digits[2]?.label);
      const versioned = await post('/v1/models/mnist-mlp/versions/v1.0:predict', { instances: [digits[2]?.input] });
      expect(versioned.body).to.deep.equal(digit.body);
    });

    it('get columns for columns', async () => {
      const { predictions } = (await predict('bare', { instances: x })).body as { predictions: number[][] };
      expect((await predict('bare', { inputs: x })).body).to.deep.equal({ outputs: predictions });
      expect((await predict('bare', { inputs: { x } })).body).to.deep.equal({ outputs: predictions });
    });

    it('name several inputs, of other dtypes too', async () => {
      const { input_ids, attention_mask } = encoderAnswers;
      const wanted = await host.model('texts').run({
        input_ids: Tensor.from(input_ids, 'int64'),
        attention_mask: Tensor.from(attention_mask, 'int64'),
      });
      const instances = input_ids.map((ids, row) => ({ attention_mask: attention_mask[row], input_ids: ids }));
      expect((await predict('texts', { instances })).body).to.deep.equal({ predictions: wanted.toArray() });
      const columns = await predict('texts', { inputs: { input_ids, attention_mask } });
      expect(columns.body).to.deep.equal({ outputs: wanted.toArray() });
    });

    it('get several outputs as an object for each row, and by name in columns', async () => {
      const { signature } = host.model('two');
      const names = signature?.outputs.map(({ name }) => name) ?? [];
      expect(names.length).to.be.greaterThan(1);
      const inputs = Object.fromEntries(
        (signature?.inputs ?? []).map(({ name, shape }) => [name, [[...Array(shape?.at(-1) ?? 1).keys()]]]),
      );
      const columns = await predict('two', { inputs });
      expect(columns.status, columns.text).to.equal(200);
      const outputs = columns.body['outputs'] as Record<string, unknown[]>;
      expect(Object.keys(outputs)).to.deep.equal(names);
      const instance = Object.fromEntries(Object.entries(inputs).map(([name, rows]) => [name, rows[0]]));
      const rows = await predict('two', { instances: [instance] });
      expect(rows.status, rows.text).to.equal(200);
      const row = (rows.body['predictions'] as Record<string, unknown>[])[0] ?? {};
      for (const name of names) expect(row[name]).to.deep.equal(outputs[name]?.[0]);
    });

    it('keep 64-bit integers exact both ways', async () => {
      const { signature } = host.model('dtypes');
      const int64 = signature?.inputs.find(({ dtype }) => dtype === 'int64');
      expect(int64, 'an input of int64').to.not.equal(undefined);
      const big = '9007199254740993';
      const value = (dtype: string | null) =>
        dtype === 'int64' || dtype === 'uint64' ? big : dtype === 'bool' ? 'true' : '1';
      const members = signature?.inputs.map(({ name, dtype, shape }) => {
        const open = (shape ?? []).map(() => '[').join('');
        return `${JSON.stringify(name)}:${open}${value(dtype)}${open.replaceAll('[', ']')}`;
      });
      const answer = await predict('dtypes', `{"inputs":{${members?.join(',')}}}`);
      expect(answer.status, answer.text).to.equal(200);
      expect(answer.text).to.match(/900719925474099[3-9]|1801439850948198[3-9]/);
    });

    it('send no content type, as TensorFlow’s do, and NaN as Python writes it', async () => {
      const answer = await post('/v1/models/bare:predict', '{"instances":[[NaN,1,2,Infinity]]}', {
        'content-type': 'text/plain',
      });
      expect(answer.status, answer.text).to.equal(200);
      expect(answer.body).to.deep.equal({ predictions: [[null, null, null]] });
    });

    it('send images where the task takes them', async () => {
      const b64 = (bytes: Buffer) => ({ b64: bytes.toString('base64') });
      const forms = [
        { instances: [b64(red), b64(blue)] },
        { instances: [{ image_bytes: b64(red) }, { image_bytes: b64(blue) }] },
        { inputs: [b64(red), b64(blue)] },
      ];
      const answers = await Promise.all(forms.map((body) => predict('pictures', body)));
      for (const { status, body, text } of answers) {
        expect(status, text).to.equal(200);
        const scores = (body['predictions'] ?? body['outputs']) as [number, number][];
        expect(scores.map(([redness, blueness]) => redness > blueness)).to.deep.equal([true, false]);
      }
    });

    const faults: readonly [what: string, send: () => Promise<Asked>, status: number, words?: string][] = [
      ['an unknown model', () => predict('nobody', { instances: x }), 404],
      ['an unknown model, asked whether it is ready', () => send('/v1/models/nobody'), 404],
      ['an unknown version', () => post('/v1/models/bare/versions/9:predict', { instances: x }), 404],
      ['a list', () => predict('bare', x), 400],
      ['nothing to predict', () => predict('bare', {}), 400, 'instances'],
      ['both forms', () => predict('bare', { instances: x, inputs: x }), 400],
      ['instances that are no list', () => predict('bare', { instances: 'x' }), 400, 'list'],
      ['no instance', () => predict('bare', { instances: [] }), 400],
      ['an unknown member', () => predict('bare', { instances: x, more: 1 }), 400],
      ['another signature', () => predict('bare', { instances: x, signature_name: 'train' }), 400],
      ['ragged instances', () => predict('bare', { instances: [[1, 2, 3, 4], [1]] }), 400],
      ['mixed types', () => predict('bare', { instances: [[1, 'a', 3, 4]] }), 400],
      [
        'rows of other inputs',
        () => predict('texts', { instances: [{ input_ids: [1], attention_mask: [1] }, { input_ids: [1] }] }),
        400,
        '/instances/1',
      ],
      ['objects and values', () => predict('bare', { instances: [{ x: x[0] }, x[1]] }), 400],
      ['an unknown input', () => predict('bare', { instances: [{ y: x[0] }] }), 400],
      ['one value for two inputs', () => predict('texts', { instances: [[1, 2]] }), 400, 'input_ids'],
      [
        'a fraction for an integer',
        () => predict('texts', { instances: [{ input_ids: [1.5], attention_mask: [1] }] }),
        400,
      ],
      ['another width', () => predict('classes', { instances: [[1, 2]] }), 400],
      ['no JSON', () => predict('bare', '{"instances":[[1,'), 400],
      ['nothing', () => predict('bare', ''), 400],
      ['deep nesting', () => predict('bare', `{"instances":${'['.repeat(200)}${']'.repeat(200)}}`), 400],
      ['a broken image', () => predict('pictures', { instances: [{ b64: 'AAAA' }] }), 400],
      ['33 images', () => predict('pictures', { instances: Array(33).fill({ b64: 'AAAA' }) }), 400],
      [
        'an image of too many bytes',
        () => predict('pictures', { instances: [{ b64: Buffer.alloc(100_001).toString('base64') }] }),
        413,
      ],
      ['a body of too many bytes', () => predict('bare', ' '.repeat(4 * 2 ** 20 + 1)), 413],
      ['another method', () => send('/v1/models/bare:predict'), 405],
      ['another verb', () => post('/v1/models/bare:explain', { instances: x }), 405],
    ];
    for (const [what, ask, status, words = ''] of faults) {
      it(`refuse ${what} with ${status}, then serve`, async () => {
        const answer = await ask();
        expect(answer.status, answer.text).to.equal(status);
        expect(answer.type).to.equal('application/json');
        expect(Object.keys(answer.body)).to.deep.equal(['error']);
        expect(answer.body['error']).to.be.a('string').and.include(words);
        await expectServes();
      });
    }
  });

  describe('of TorchServe', () => {
    const predict = (model: string, body: unknown, headers?: Record<string, string>, method?: string) =>
      post(`/predictions/${model}`, body, headers, method);
    const none = { 'content-type': '' };

    it('ping, and find no management on this port', async () => {
      const ping = await send('/ping');
      expect(ping).to.deep.include({ status: 200, type: 'application/json' });
      expect(ping.body).to.deep.equal({ status: 'Healthy' });
      for (const path of ['/models', '/models/bare']) expect((await send(path)).status, path).to.equal(404);
      const options = await fetch(`${server.url}/predictions/bare`, { method: 'OPTIONS' });
      expect(options.status).to.equal(204);
      expect(options.headers.get('allow')).to.equal('POST, PUT, OPTIONS');
    });

    it('get a row for a row, a list for a list, in every wrapper', async () => {
      const run = async (rows: number[][]) => (await host.model('bare').run(Tensor.from(rows))).toArray() as number[][];
      // A row alone may be rounded otherwise than among others.
      const [[first], both] = [await run([x[0] ?? []]), await run(x)];
      for (const model of ['bare', `bare/${host.model('bare').version}`]) {
        for (const body of [x[0], { data: x[0] }, { body: x[0] }, { x: x[0] }]) {
          const answer = await predict(model, body);
          expect(answer.status, answer.text).to.equal(200);
          expect(answer.body, JSON.stringify(body)).to.deep.equal(first);
        }
      }
      for (const body of [
        { instances: x },
        { instances: x.map((data) => ({ data })) },
        { instances: x.map((row) => ({ x: row })) },
      ]) {
        expect((await predict('bare', body)).body, JSON.stringify(body)).to.deep.equal({
          predictions: both,
        });
      }
      const put = await predict('bare', x[0], {}, 'PUT');
      expect(put.body).to.deep.equal(first);
      const bytes = new Uint8Array(Float32Array.from(x[0] ?? []).buffer);
      const octets = { 'content-type': 'application/octet-stream' };
      expect((await predict('vectors', bytes, octets)).body).to.deep.equal(first);
      const two = await predict('vectors', new Uint8Array(Float32Array.from(x.flat()).buffer), octets);
      expect(two.body).to.deep.equal(both);
      // The signature of this one says how many dimensions there are.
      expect((await predict('vectors', x)).body).to.deep.equal(both);
    });

    it('get scores by label, the best first, of images as curl sends them', async () => {
      const { rows } = (await host.model('pictures').predict(blue)) as LabelAnswer<'classification'>;
      const wanted = rows[0]?.map(({ label, score }) => [label, score]);
      const data = new FormData();
      data.append('data', new Blob([new Uint8Array(blue)]), 'blue.png');
      const answers = [
        await predict('pictures', blue, none, 'PUT'),
        await predict('pictures', blue, { 'content-type': 'application/x-www-form-urlencoded' }),
        await predict('pictures', blue, { 'content-type': 'image/png' }),
        await send('/predictions/pictures', { method: 'POST', body: data }),
        await predict('pictures', JSON.stringify({ data: blue.toString('base64') })),
        await predict('pictures', JSON.stringify({ body: { b64: blue.toString('base64') } })),
      ];
      for (const { status, body, text } of answers) {
        expect(status, text).to.equal(200);
        expect(Object.entries(body)).to.deep.equal(wanted);
      }
      const b64 = { b64: red.toString('base64') };
      const several = await predict('pictures', { instances: [b64, { data: b64 }] });
      const predictions = several.body['predictions'] as Record<string, number>[];
      expect(predictions.map((row) => Object.keys(row)[0])).to.deep.equal(['red', 'red']);
    });

    it('may send the whole request as a field of a form', async () => {
      const input = JSON.stringify(digits[7]?.input);
      expect(input.length).to.be.greaterThan(2000);
      for (const name of ['data', 'body']) {
        const body = new FormData();
        body.append(name, input);
        const asField = await send('/predictions/mnist-mlp', { method: 'POST', body });
        expect(asField.text, name).to.equal((await predict('mnist-mlp', digits[7]?.input)).text);
      }
    });

    it('are each counted for its client, whatever the model makes of the request', async () => {
      const clients: unknown[] = [];
      const spied = ['mnist-mlp', 'pictures'].map((name) => host.model(name));
      for (const served of spied) {
        const answer = served.predict.bind(served);
        served.predict = (input, options) => {
          clients.push(options?.client);
          return answer(input, options);
        };
      }
      try {
        expect((await predict('mnist-mlp', digits[7]?.input)).status).to.equal(200);
        expect((await predict('pictures', blue, none, 'PUT')).status).to.equal(200);
      } finally {
        for (const served of spied) Reflect.deleteProperty(served, 'predict');
      }
      expect(clients).to.deep.equal(['127.0.0.1', '127.0.0.1']);
    });

    it('are answered by the model that is there once the body has come', async () => {
      const changing = new MemoryHost();
      const own = await createServer({ host: changing.asHost(), port: 0, logger: false });
      try {
        for (const [path, body] of [
          ['/predictions/tiny', '[[1, 1]]'],
          ['/v1/models/tiny:predict', '{"instances":[[1, 1]]}'],
        ]) {
          const { socket, received } = await rawConnection(own.port);
          const asked: string[] = [];
          let version = 'v1.0';
          changing.model = (name) => {
            asked.push(version);
            return MemoryHost.prototype.model.call(changing, name, version);
          };
          socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body?.length}\r\n\r\n`);
          await until('it is looked up', () => asked.length > 0);
          version = 'v2.0';
          socket.write(body ?? '');
          await until('it is answered', () => received().includes('\r\n\r\n'));
          expect(received())
            .to.match(/^HTTP\/1\.1 200 /)
            .and.include('x-model-version: v2.0');
          socket.destroy();
        }
      } finally {
        await own.close();
      }
    });

    it('get what the task says: labels in their order, vectors', async () => {
      const digit = await predict('mnist-mlp', digits[7]?.input);
      expect(digit.status, digit.text).to.equal(200);
      // Members that are numbers come first in an object, whatever their order: the text has it.
      expect(digit.text.startsWith(`{"${digits[7]?.label}":`)).to.equal(true);
      expect(Object.keys(digit.body)).to.have.length(5);
      const { input_ids, attention_mask } = encoderAnswers;
      const vectors = await predict('texts', { input_ids, attention_mask });
      const [ids, mask] = [input_ids[0], attention_mask[0]];
      const one = await predict('texts', { input_ids: ids, attention_mask: mask });
      expect(vectors.body).to.have.length(2);
      for (const [i, value] of (encoderAnswers.mean[0] ?? []).entries()) {
        expect((one.body as unknown as number[])[i]).to.be.closeTo(value, 1e-6);
        expect((vectors.body as unknown as number[][])[0]?.[i]).to.be.closeTo(value, 1e-6);
      }
    });

    it('get several outputs by name', async () => {
      const answer = await predict('tuple_output', [1, 2, 3, 4]);
      expect(answer.status, answer.text).to.equal(200);
      expect(Object.keys(answer.body).length).to.be.greaterThan(1);
    });

    const faults: readonly [what: string, send: () => Promise<Asked>, status: number][] = [
      ['an unknown model', () => predict('nobody', x[0]), 404],
      ['an unknown version', () => predict('bare/9', x[0]), 404],
      ['no model', () => post('/predictions', x[0]), 404],
      ['a body that is no JSON', () => predict('bare', '[1, 2'), 400],
      ['nothing', () => predict('bare', ''), 400],
      ['a text for numbers', () => predict('bare', '"text"'), 400],
      ['ragged rows', () => predict('bare', [[1, 2], [3]]), 400],
      ['an unknown input', () => predict('bare', { y: x[0] }), 400],
      ['a missing input', () => predict('texts', { input_ids: [1] }), 400],
      ['an empty object', () => predict('bare', {}), 400],
      [
        'raw bytes of half a row',
        () => predict('vectors', Buffer.alloc(6), { 'content-type': 'application/octet-stream' }),
        400,
      ],
      [
        'raw bytes without a dtype',
        () => predict('bare', Buffer.alloc(16), { 'content-type': 'application/octet-stream' }),
        400,
      ],
      ['an image for a model of numbers', () => predict('vectors', red, none), 400],
      ['bytes of no picture', () => predict('pictures', Buffer.from('nothing'), { 'content-type': 'image/png' }), 400],
      [
        'a picture that is cut off',
        async () => predict('pictures', (await readFile(fixture('images/rgb.png'))).subarray(0, 900), none),
        400,
      ],
      [
        'a picture of too many pixels',
        async () => predict('pictures', await picture('red', 'png', [201, 200]), none),
        400,
      ],
      ['instances that are no list', () => predict('bare', { instances: 1 }), 400],
      ['no instance', () => predict('bare', { instances: [] }), 400],
      [
        'a form without a part',
        () => post('/predictions/bare', '--b--\r\n', { 'content-type': 'multipart/form-data; boundary=b' }),
        400,
      ],
      [
        'a form that is cut off',
        () => post('/predictions/bare', '--b\r\n', { 'content-type': 'multipart/form-data; boundary=b' }),
        400,
      ],
      ['another method', () => send('/predictions/bare'), 405],
    ];
    for (const [what, ask, status] of faults) {
      it(`refuse ${what} with ${status}, then serve`, async () => {
        const answer = await ask();
        expect(answer.status, answer.text).to.equal(status);
        expect(answer.type).to.equal('application/json');
        expect(answer.body).to.have.all.keys('code', 'type', 'message');
        const types: Record<number, string[]> = {
          400: ['BadRequestException'],
          404: ['ModelNotFoundException', 'ModelVersionNotFoundException', 'ResourceNotFoundException'],
          405: ['MethodNotAllowedException'],
        };
        expect(answer.body).to.include({ code: status });
        expect(types[status]).to.include(answer.body['type']);
        await expectServes();
      });
    }
  });
});
