import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import express from 'express';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Tensor, type ModelHost } from 'node-libtorch';
import { postprocessorFor, type EmbeddingAnswer, type LabelAnswer } from 'node-libtorch/tasks';
import { createApp, createServer, type InferenceServer } from '#dist/server/index.js';
import { rejection } from '../support/errors.js';
import { ImageJobs } from '../support/image-jobs.js';
import { fixture } from '../support/paths.js';
import { digits } from '../support/server/digits.js';
import { exchangeRaw, expectProblem, predict, type Answer } from '../support/server/http.js';
import { octets, octetStream } from '../support/server/octets.js';
import { encoderAnswers, openTaskHost, picture } from '../support/server/task-host.js';

const x = [
  [1, 2, 3, 4],
  [-4, -3, -2, -1],
];
const imageOf = (type: string) => ({ 'content-type': `image/${type}` });

describe('POST /predict for every task', () => {
  let host: ModelHost;
  let server: InferenceServer;
  let red: Buffer;
  let blue: Buffer;
  before(async () => {
    host = await openTaskHost();
    server = await createServer({ host, port: 0, logger: false, imageLimitBytes: 100_000, maxImagePixels: 40_000 });
    [red, blue] = await Promise.all([picture('red'), picture('blue')]);
  });
  after(async () => {
    await server.close();
    await host.close();
  });

  const json = (body: unknown, query = '') => predict(server.url, JSON.stringify(body), {}, query);
  const form = async (
    parts: Record<string, string | Buffer | Buffer[]>,
    query = '',
    url = server.url,
  ): Promise<Answer> => {
    const data = new FormData();
    for (const [name, value] of Object.entries(parts)) {
      if (typeof value === 'string') data.append(name, value);
      else for (const bytes of [value].flat()) data.append(name, new Blob([new Uint8Array(bytes)]), 'picture');
    }
    const response = await fetch(`${url}/predict${query}`, { method: 'POST', body: data });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
  };
  const expectServes = async () => {
    const { body } = await json({ input_data: digits[3]?.input });
    expect(Object.keys(body)).to.deep.equal(['predictions', 'confidence_scores', 'model_version', 'inference_time_ms']);
    expect(body['predictions']).to.deep.equal([digits[3]?.label]);
    expect((await predict(server.url, blue, imageOf('png'), '?model=pictures')).status).to.equal(200);
  };

  it('answers a classifier that is named, with its labels', async () => {
    const answer = (await host.model('classes').predict(Tensor.from(x))) as LabelAnswer<'classification'>;
    const best = answer.rows.map(([first]) => first!);
    const { status, body } = await json({ input_data: x.flat(), batch_size: 2, model: 'classes' });
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(body).to.have.all.keys('predictions', 'confidence_scores', 'labels', 'model_version', 'inference_time_ms');
    expect(body['predictions']).to.deep.equal(best.map(({ index }) => index));
    expect(body['labels']).to.deep.equal(best.map(({ label }) => label));
    for (const [row, { score }] of best.entries()) {
      expect((body['confidence_scores'] as number[])[row]).to.be.closeTo(score, 1e-6);
    }
    expect(body['model_version']).to.equal(host.model('classes').version);
  });

  it('answers so many classes as top_k asks for, in every form of a request', async () => {
    const input = digits[5]?.input ?? [];
    const answers = [
      await json({ input_data: input, top_k: 3 }),
      await json({ inputs: [input], top_k: 3 }),
      await json({ inputs: { input: [input] }, model: 'mnist-mlp', top_k: 3, model_version: 'v1.0' }),
      await json({ input_data: input }, '?top_k=3'),
      await predict(server.url, octets(input), octetStream, '?top_k=3&model=mnist-mlp&model_version=v1.0'),
    ];
    const wanted = (await host.model().predict(new Tensor('float32', Float32Array.from(input), [1, 784]), {
      topK: 3,
    })) as LabelAnswer<'classification'>;
    for (const { status, body } of answers) {
      expect(status, JSON.stringify(body)).to.equal(200);
      expect(body['top_k']).to.deep.equal(wanted.rows);
      expect(body['predictions']).to.deep.equal([digits[5]?.label]);
      expect(body['labels']).to.deep.equal([String(digits[5]?.label)]);
    }
  });

  it('answers several labels, vectors, and texts by their tokens', async () => {
    const several = await json({ input_data: x.flat(), batch_size: 2, model: 'Several.labels' });
    const { rows } = (await host.model('Several.labels').predict(Tensor.from(x))) as LabelAnswer<'multi-label'>;
    expect(several.body['labels']).to.deep.equal(rows.map((row) => row.map(({ label }) => label)));
    expect(several.body['predictions']).to.deep.equal(rows.map((row) => row.map(({ index }) => index)));
    expect(several.body).to.not.have.property('top_k');

    const vectors = await json({ inputs: x, model: 'vectors' });
    expect(vectors.body['embeddings']).to.deep.equal((await host.model('vectors').run(Tensor.from(x))).toArray());

    const { input_ids, attention_mask } = encoderAnswers;
    for (const [model, wanted] of [
      ['texts', encoderAnswers.mean],
      ['first', encoderAnswers.cls],
    ] as const) {
      const { status, body } = await json({ inputs: { input_ids, attention_mask }, model });
      expect(status, JSON.stringify(body)).to.equal(200);
      const got = body['embeddings'] as number[][];
      for (const [i, row] of wanted.entries())
        for (const [j, value] of row.entries()) expect(got[i]?.[j]).to.be.closeTo(value, 1e-6);
    }
    const served = host.model('texts');
    const { embeddings } = (await served.predict({
      input_ids: Tensor.from(input_ids, 'int64'),
      attention_mask: Tensor.from(attention_mask, 'int64'),
    })) as EmbeddingAnswer;
    const exact = await json({ inputs: { INPUT__0: input_ids, INPUT__1: attention_mask }, model: 'texts' });
    expect(exact.body['embeddings']).to.deep.equal(embeddings.toArray());
  });

  it('answers images: raw, in forms, in base64', async () => {
    for (const format of ['png', 'jpeg', 'webp', 'gif', 'avif'] as const) {
      const bytes = await picture('blue', format);
      const { status, body } = await predict(server.url, bytes, imageOf(format), '?model=pictures');
      expect(status, `${format} ${JSON.stringify(body)}`).to.equal(200);
      expect(body['labels'], format).to.deep.equal(['blue']);
    }
    const answers = [
      await form({ file: [red, blue], model: 'pictures', top_k: '2' }),
      await form({ one: red, two: blue, model: 'pictures', top_k: '2', model_version: host.model('pictures').version }),
      await form({ image: [red, blue] }, '?model=pictures&top_k=2'),
      await json({
        images: [red.toString('base64'), `data:image/png;base64,${blue.toString('base64')}`],
        model: 'pictures',
        top_k: 2,
      }),
    ];
    const wanted = (await host.model('pictures').predict([red, blue], { topK: 2 })) as LabelAnswer<'classification'>;
    for (const { status, body } of answers) {
      expect(status, JSON.stringify(body)).to.equal(200);
      expect(body['labels']).to.deep.equal(['red', 'blue']);
      expect(body['top_k']).to.deep.equal(wanted.rows);
    }
    const zipped = await predict(
      server.url,
      gzipSync(red),
      { ...imageOf('png'), 'content-encoding': 'gzip' },
      '?model=pictures',
    );
    expect(zipped.body['labels']).to.deep.equal(['red']);
    const photo = await readFile(fixture('images/rgb.png'));
    expect((await predict(server.url, photo, imageOf('jpeg'), '?model=pictures')).status, 'the bytes decide').to.equal(
      200,
    );
  });

  it('keeps the deadline while images wait to be decoded, and does not decode them after it', async () => {
    await expectServes();
    const jobs = new ImageJobs();
    try {
      jobs.hold();
      const others = host.model('pictures').predict([red, red]);
      const soon = { 'x-request-timeout-ms': '50' };
      const late = { status: 504, code: 'ERR_TIMEOUT' };
      expectProblem(await predict(server.url, blue, { ...imageOf('png'), ...soon }, '?model=pictures'), late);
      const instances = [{ b64: blue.toString('base64') }];
      const v1 = await fetch(`${server.url}/v1/models/pictures:predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...soon },
        body: JSON.stringify({ instances }),
      });
      // As Triton maps it.
      expect(v1.status, await v1.text()).to.equal(503);
      await rejection(() => host.model('pictures').predict(blue, { timeoutMs: 20 }), 'ERR_TIMEOUT');
      jobs.letGo();
      expect(((await others) as LabelAnswer<'classification'>).rows).to.have.length(2);
      expect(jobs.given).to.equal(2);
      await rejection(() => host.model('pictures').predict(blue, { timeoutMs: -1 }), 'ERR_INVALID_ARGUMENT');
    } finally {
      jobs.restore();
    }
  });

  const invalid = { status: 422, code: 'ERR_VALIDATION' };
  const tooLarge = { status: 413, code: 'ERR_PAYLOAD_TOO_LARGE' };
  const badImage = { status: 422, code: 'ERR_INVALID_IMAGE' };
  const noTask = { status: 422, code: 'ERR_TASK' };
  const shape = { status: 422, code: 'ERR_INVALID_SHAPE' };
  const range = { status: 422, code: 'ERR_OUT_OF_RANGE' };
  const input = { status: 422, code: 'ERR_INVALID_INPUT' };
  const boundary = { 'content-type': 'multipart/form-data; boundary=b' };
  const part = (name: string, body: string, more = '') =>
    `--b\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${body}\r\n`;
  const file = part('f', 'x', '; filename="f"');
  const onForm = (body: string, headers: Record<string, string> = boundary) => predict(server.url, body, headers);
  const onPicture = (bytes: Buffer, type = 'png', query = '?model=pictures') =>
    predict(server.url, bytes, imageOf(type), query);
  const tokens = { input_ids: [[1, 2]], attention_mask: [[1, 1]] };

  const faults: readonly [what: string, send: () => Promise<Answer>, expected: { status: number; code: string }][] = [
    ['an unknown model', () => json({ inputs: [1], model: 'nobody' }), { status: 404, code: 'ERR_MODEL_NOT_FOUND' }],
    [
      'an unknown model of a form',
      () => form({ f: red, model: 'nobody' }),
      { status: 404, code: 'ERR_MODEL_NOT_FOUND' },
    ],
    [
      'an unknown version',
      () => json({ inputs: [1], model: 'texts', model_version: '7' }),
      { status: 404, code: 'ERR_VERSION_NOT_FOUND' },
    ],
    ['a model without a task', () => json({ inputs: x, model: 'bare' }), noTask],
    ['a picture for a model without a task', () => onPicture(red, 'png', '?model=bare'), noTask],
    ['a picture for a model of numbers', () => onPicture(red, 'png', ''), noTask],
    ['a form for a model of numbers', () => form({ f: red }), noTask],
    ['rows for a model of tokens', () => json({ input_data: [1], model: 'texts' }), noTask],
    ['top_k 0', () => json({ input_data: x[0], model: 'classes', top_k: 0 }), invalid],
    ['top_k beyond the classes', () => json({ input_data: x[0], model: 'classes', top_k: 4 }), range],
    ['top_k beyond the classes, of a picture', () => onPicture(red, 'png', '?model=pictures&top_k=3'), range],
    ['top_k that is no number', () => form({ f: red, model: 'pictures', top_k: 'two' }), invalid],
    ['top_k for labels', () => json({ inputs: x, model: 'Several.labels', top_k: 1 }), invalid],
    ['two names for the model', () => json({ inputs: x, model: 'classes' }, '?model=vectors'), invalid],
    ['a query member twice', () => json({ inputs: x }, '?model=a&model=b'), invalid],
    ['an unknown query member', () => json({ inputs: x }, '?modle=a'), invalid],
    ['a model name of 129 characters', () => json({ inputs: x, model: 'm'.repeat(129) }), invalid],
    ['inputs beside input_data', () => json({ inputs: x, input_data: [1] }), invalid],
    ['ragged inputs', () => json({ inputs: [[1, 2, 3, 4], [1]], model: 'classes' }), shape],
    ['mixed types', () => json({ inputs: [[1, 'two', 3, 4]], model: 'classes' }), input],
    ['null among numbers', () => json({ inputs: [[1, null, 3, 4]], model: 'classes' }), input],
    ['a flag among numbers', () => json({ inputs: [[1, true, 3, 4]], model: 'classes' }), range],
    ['a fraction among integers', () => json({ inputs: { ...tokens, input_ids: [[1.5, 2]] }, model: 'texts' }), range],
    [
      'an integer beyond int64',
      () =>
        predict(server.url, '{"model":"texts","inputs":{"attention_mask":[[1]],"input_ids":[[9223372036854775808]]}}'),
      range,
    ],
    ['an input that is missing', () => json({ inputs: { input_ids: [[1, 2]] }, model: 'texts' }), input],
    ['an input that is unknown', () => json({ inputs: { ...tokens, more: 1 }, model: 'texts' }), input],
    ['one value for two inputs', () => json({ inputs: [[1, 2]], model: 'texts' }), input],
    [
      'a mask without a token',
      () => json({ inputs: { input_ids: [[1, 2]], attention_mask: [[0, 0]] }, model: 'texts' }),
      range,
    ],
    ['another width', () => json({ inputs: [[1, 2]], model: 'classes' }), shape],
    ['images that are no texts', () => json({ images: [1], model: 'pictures' }), invalid],
    ['no images', () => json({ images: [], model: 'pictures' }), invalid],
    ['33 images', () => json({ images: Array(33).fill('AA'), model: 'pictures' }), invalid],
    ['base64 of no picture', () => json({ images: ['AAAA'], model: 'pictures' }), badImage],
    [
      'an image type that nobody decodes',
      () => onPicture(red, 'tiff'),
      { status: 415, code: 'ERR_UNSUPPORTED_MEDIA_TYPE' },
    ],
    ['SVG', () => onPicture(Buffer.from('<svg/>'), 'svg+xml'), { status: 415, code: 'ERR_UNSUPPORTED_MEDIA_TYPE' }],
    ['bytes of no picture', () => onPicture(Buffer.from('nothing'), 'jpeg'), badImage],
    ['no bytes', () => onPicture(Buffer.alloc(0), 'jpeg'), badImage],
    [
      'a picture that is cut off',
      async () => onPicture((await readFile(fixture('images/rgb.png'))).subarray(0, 900)),
      badImage,
    ],
    ['a picture of too many pixels', async () => onPicture(await picture('red', 'png', [201, 200])), range],
    ['a picture of too many bytes', () => onPicture(Buffer.alloc(100_001)), tooLarge],
    ['a file of too many bytes', () => form({ f: Buffer.alloc(100_001), model: 'pictures' }), tooLarge],
    ['a form without a file', () => form({ model: 'pictures' }), invalid],
    ['33 files', () => form({ f: Array<Buffer>(33).fill(red), model: 'pictures' }), tooLarge],
    ['an unknown field', () => form({ f: red, batch_size: '1' }), invalid],
    [
      'a field twice',
      () => onForm(`${part('model', 'pictures')}${part('model', 'pictures')}${file}--b--\r\n`),
      invalid,
    ],
    ['too many fields', () => onForm(`${part('model', 'a').repeat(40)}${file}--b--\r\n`), invalid],
    ['too long a field', () => onForm(`${part('model', 'a'.repeat(5000))}${file}--b--\r\n`), tooLarge],
    [
      'a form that is cut off in a file',
      () => onForm(`--b\r\ncontent-disposition: form-data; name="f"; filename="f"\r\n\r\nxx`),
      { status: 400, code: 'ERR_BAD_REQUEST' },
    ],
    [
      'a form that is cut off in a field',
      () => onForm(`--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nxx`),
      { status: 400, code: 'ERR_BAD_REQUEST' },
    ],
    [
      'a form that is cut off in a header',
      () => onForm(`--b\r\ncontent-dispo`),
      { status: 400, code: 'ERR_BAD_REQUEST' },
    ],
    ['a form without its end', () => onForm(file), { status: 400, code: 'ERR_BAD_REQUEST' }],
    ['an empty form', () => onForm(''), { status: 400, code: 'ERR_BAD_REQUEST' }],
    ['no form', () => onForm('nothing of the kind'), { status: 400, code: 'ERR_BAD_REQUEST' }],
    [
      'a form without a boundary',
      () => onForm(file, { 'content-type': 'multipart/form-data' }),
      { status: 400, code: 'ERR_BAD_REQUEST' },
    ],
    [
      'another multipart',
      () => onForm(file, { 'content-type': 'multipart/mixed; boundary=b' }),
      { status: 415, code: 'ERR_UNSUPPORTED_MEDIA_TYPE' },
    ],
  ];
  for (const [what, send, expected] of faults) {
    it(`refuses ${what} with ${expected.status} ${expected.code}, then serves`, async () => {
      expectProblem(await send(), expected);
      await expectServes();
    });
  }

  it('says what to use for a model without a task', async () => {
    const { body } = await json({ inputs: x, model: 'bare' });
    expect(body['detail']).to.include('/v2/models/bare/infer');
  });

  it('refuses a picture that no model is asked for before it is sent', async () => {
    const head = [
      'POST /predict?model=bare HTTP/1.1',
      'host: 127.0.0.1',
      'content-type: image/png',
      'content-length: 90000',
      'expect: 100-continue',
    ];
    const answer = await exchangeRaw(Number(new URL(server.url).port), `${head.join('\r\n')}\r\n\r\n`);
    expect(answer)
      .to.match(/^HTTP\/1\.1 422 /)
      .and.include('ERR_TASK');
    expect(answer).to.not.include('100 Continue');
  });

  it('keeps integers beyond 2^53', async () => {
    // 2^63 - 1 is no row of the embedding, and is refused by the model: what is rounded to 2^63 would be no int64.
    const body = '{"model":"texts","inputs":{"attention_mask":[[1]],"input_ids":[[9223372036854775807]]}}';
    expectProblem(await predict(server.url, body), { status: 500, code: 'ERR_MODEL_EXECUTION' });
  });

  describe('inside somebody’s app', () => {
    let listener: Server | undefined;
    afterEach(() => listener?.close());
    const mounted = async (...handlers: express.RequestHandler[]): Promise<string> => {
      const app = express()
        .disable('x-powered-by')
        .use('/ml', ...handlers, createApp({ host, logger: false }) as express.RequestHandler);
      listener = app.listen(0, '127.0.0.1');
      await new Promise((resolve) => listener?.once('listening', resolve));
      return `http://127.0.0.1:${(listener.address() as AddressInfo).port}/ml`;
    };

    it('uses the bytes, or the JSON, that a body parser before it has read', async () => {
      const url = await mounted(express.json(), express.raw({ type: ['image/*', 'multipart/*'] }));
      const picture = await predict(url, blue, imageOf('png'), '?model=pictures');
      expect(picture.body['labels'], JSON.stringify(picture.body)).to.deep.equal(['blue']);
      expect((await form({ f: red, model: 'pictures' }, '', url)).body['labels']).to.deep.equal(['red']);
      const named = await predict(url, JSON.stringify({ inputs: x, model: 'classes' }));
      expect(named.body['labels']).to.have.length(2);
    });

    it('says so where the bytes of a form are gone', async () => {
      const url = await mounted((req, _res, next) => {
        req.resume().once('end', () => {
          req.body = { model: 'pictures' };
          next();
        });
      });
      const answer = await form({ f: red, model: 'pictures' }, '', url);
      expectProblem(answer, { status: 400, code: 'ERR_BAD_REQUEST' });
      expect(answer.body['detail']).to.include('mount');
    });
  });

  it('is what postprocessorFor makes of the outputs', async () => {
    const served = host.model('classes');
    const { rows } = postprocessorFor(served.task!)(await served.run(Tensor.from(x)), {
      topK: 3,
    }) as LabelAnswer<'classification'>;
    const { body } = await json({ inputs: { x }, model: 'classes', top_k: 3 });
    expect(body['top_k']).to.deep.equal(rows);
  });
});
