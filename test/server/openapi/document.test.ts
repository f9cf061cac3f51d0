import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import request from 'supertest';
import { errorTable } from '#dist/errors.js';
import { createApp } from '#dist/server/index.js';
import { nameOf } from '#dist/server/openapi/document.js';
import { predictErrors } from '#dist/server/routes/predict-operation.js';
import { badInputs } from '../../support/server/bad-input.js';
import { features, MemoryHost } from '../../support/server/memory-host.js';

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { responses: Record<string, { $ref?: string; description?: string }> }>>;
  components: { schemas: Record<string, object>; responses: Record<string, { description: string }> };
}

describe('/openapi.json', () => {
  const host = new MemoryHost();
  const app = createApp({ host: host.asHost(), logger: false });
  let document: Document;
  before(async () => {
    document = (await request(app).get('/openapi.json')).body as Document;
  });

  const schemaOf = (name: string) => new Ajv2020().compile(document.components.schemas[name] ?? {});
  const errorsOf = (status: number): string | undefined => {
    const reference = document.paths['/predict']?.['post']?.responses[status]?.$ref ?? '';
    return document.components.responses[reference.replace('#/components/responses/', '')]?.description;
  };

  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document) as never);
    expect(valid, JSON.stringify(errors)).to.equal(true);
    expect(document.openapi).to.equal('3.1.0');
  });

  it('names every route that is served, and no other', async () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const method of Object.keys(operations) as ('get' | 'post')[]) {
        // docs-page.test.ts, console/page.test.ts
        if (path === '/docs/{digest}/{file}' || path === '/console/{digest}/{file}') continue;
        const url = path.replace('{model}', 'tiny').replace('{version}', 'v2.0');
        expect((await request(app)[method](url)).status, path).not.to.be.oneOf([404, 405]);
      }
    }
  });

  it('has an example that validates and is answered', async () => {
    const post = document.paths['/predict']?.['post'] as unknown as {
      requestBody: { content: { 'application/json': { example: object } } };
    };
    const { example } = post.requestBody.content['application/json'];
    expect(schemaOf('PredictRequest')(example)).to.equal(true);
    const answer = await request(app).post('/predict').send(example);
    expect(answer.status).to.equal(200);
    expect(schemaOf('PredictResponse')(answer.body)).to.equal(true);
  });

  it('says that raw numbers are taken', () => {
    const post = document.paths['/predict']?.['post'] as unknown as {
      requestBody: { content: object };
      parameters: { name: string; in: string; schema: object }[];
    };
    expect(post.requestBody.content).to.include.keys('application/json', 'application/octet-stream');
    const query = post.parameters.filter((parameter) => parameter.in === 'query');
    expect(query.map(({ name }) => name)).to.deep.equal(['model', 'model_version', 'top_k']);
    expect(query[1]?.schema).to.include({ type: 'string', maxLength: 128 });
  });

  it('describes the other answers', async () => {
    expect(schemaOf('Liveness')((await request(app).get('/health/live')).body)).to.equal(true);
    expect(schemaOf('Readiness')((await request(app).get('/health/ready')).body)).to.equal(true);
  });

  it('names every error that bad input is answered with', async () => {
    const isProblem = schemaOf('Problem');
    for (const { name, body, headers, status, code } of badInputs(features)) {
      expect(errorsOf(status), name).to.include(code);
      if (Buffer.isBuffer(body)) continue;
      const answer = await request(app)
        .post('/predict')
        .set('content-type', 'application/json')
        .set(headers ?? {})
        .send(body);
      expect(isProblem(answer.body), name).to.equal(true);
    }
  });

  it('puts each error under its status', () => {
    for (const code of predictErrors) {
      expect(errorsOf(errorTable[code].status)).to.include(`${code}: `);
    }
  });

  it('is there while the models load, without them', async () => {
    const loading = new MemoryHost();
    loading.state = 'loading';
    loading.model = () => {
      throw new Error('not up');
    };
    const other = createApp({ host: loading.asHost(), logger: false });
    expect((await request(other).get('/openapi.json')).status).to.equal(200);
  });

  it('describes each version by its signature, and of many the first hundred', async () => {
    const paths = Object.keys(document.paths);
    for (const path of ['/v2/models/tiny/infer', '/v2/models/tiny/versions/v1.0/infer']) expect(paths).to.include(path);
    const schema = JSON.stringify(document.components.schemas['InferRequest.tiny_.v2.0']);
    expect(schema).to.include('"const":"input"').and.include('"const":"FP32"').and.include('[any size, 2]');
    const many = new MemoryHost();
    const [first] = many.list();
    const served = (i: number) => Object.create(first as object, { name: { value: `m${i}` } }) as typeof first;
    many.list = () => Array.from({ length: 150 }, (_, i) => served(i)) as ReturnType<typeof many.list>;
    const whole = (await request(createApp({ host: many.asHost(), logger: false })).get('/openapi.json'))
      .body as Document;
    const described = Object.keys(whole.paths).filter((path) =>
      /^\/v2\/models\/m\d+\/versions\/v1.0\/infer$/.test(path),
    );
    expect(described).to.have.length(100);
    expect(JSON.stringify(whole).length).to.be.below(2e6);
    const { valid, errors } = await new Validator().validate(structuredClone(whole) as never);
    expect(valid, JSON.stringify(errors)).to.equal(true);
  });

  it('names components such that no two models share one', () => {
    const names = [['a', 'b.c'], ['a.b', 'c'], ['a_', 'b'], ['a', '_b'], ['a_.b'], ['a', 'b']].map(nameOf);
    expect(new Set(names).size).to.equal(names.length);
    for (const name of names) expect(name).to.match(/^[\w.-]+$/);
  });
});
