import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import request from 'supertest';
import { errorTable } from '#dist/errors.js';
import { createApp } from '#dist/server/index.js';
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
        if (path === '/docs/{digest}/{file}') continue; // docs-page.test.ts
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
});
