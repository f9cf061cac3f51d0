import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import request from 'supertest';
import { createContext, type ServerContext } from '#dist/server/context.js';
import type { Exchange, PathParameters } from '#dist/server/http/exchange.js';
import { appOf } from '#dist/server/http/express-app.js';
import { hotRoutes } from '#dist/server/http/listener.js';
import { openApiDocument } from '#dist/server/openapi/document.js';
import type { Operation } from '#dist/server/openapi/operation.js';
import { resolveAppOptions } from '#dist/server/options.js';
import { bindRoutes, type Route } from '#dist/server/routes/route.js';
import { keptLogger } from '../../support/server/logs.js';
import { MemoryHost } from '../../support/server/memory-host.js';

/** Routes of the forms that other protocols need; each answers its own name and its parameters. */
function row(method: Route['method'], path: Route['path'], id: string, more: Partial<Route> = {}): Route {
  const operation: Operation = {
    id,
    tag: 'operation',
    summary: id,
    responses: { 200: { description: id, content: [{ mediaType: 'application/json', schema: { type: 'object' } }] } },
  };
  const answer = (exchange: Exchange, parameters: PathParameters) => exchange.json(200, { id, ...parameters });
  return { method, path, operation, handler: () => answer, ...more };
}

const rows: readonly Route[] = [
  row('POST', '/v1/models/:m{/versions/:v}\\:predict', 'predictModel', { errors: ['ERR_TASK', 'ERR_MODEL_NOT_FOUND'] }),
  row('GET', '/v1/models/:m{/versions/:v}', 'model'),
  row('DELETE', '/v1/models/:m{/versions/:v}', 'remove'),
  row('POST', '/hot', 'hot', { hot: true }),
  row('POST', '/late', 'late', { handler: () => () => Promise.reject(new Error('secret')) }),
  row('POST', '/early', 'early', {
    handler: () => () => {
      throw new Error('secret');
    },
  }),
];

describe('routes of a table', () => {
  const log = keptLogger();
  const options = { host: new MemoryHost().asHost(), logger: log.logger };
  const context: ServerContext = createContext(options, resolveAppOptions(options));
  const bound = bindRoutes(rows, context);
  const app = appOf(context, bound);

  it('take parameters, optional ones and literal colons', async () => {
    const cases = [
      ['/v1/models/a', { id: 'model', m: 'a' }],
      ['/v1/models/a/versions/v1.0', { id: 'model', m: 'a', v: 'v1.0' }],
      ['/v1/models/a%2fb', { id: 'model', m: 'a/b' }],
    ] as const;
    for (const [path, answer] of cases) expect((await request(app).get(path)).body, path).to.deep.equal(answer);
    const predicted = await request(app).post('/v1/models/a/versions/v1.0:predict');
    expect(predicted.body).to.deep.equal({ id: 'predictModel', m: 'a', v: 'v1.0' });
  });

  it('are chosen by the method among those of one path', async () => {
    expect((await request(app).delete('/v1/models/a')).body).to.include({ id: 'remove' });
    const refused = await request(app).put('/v1/models/a');
    expect(refused.status).to.equal(405);
    expect(refused.headers['allow']).to.equal('GET, HEAD, DELETE, OPTIONS');
    expect((await request(app).options('/v1/models/a')).headers['allow']).to.equal('GET, HEAD, DELETE, OPTIONS');
    expect((await request(app).head('/v1/models/a')).status).to.equal(200);
  });

  it('are counted and logged under their pattern', async () => {
    await request(app).get('/v1/models/some-name');
    const text = await context.metrics.text();
    expect(text).to.include('route="/v1/models/:m{/versions/:v}"').and.not.include('some-name');
    expect(log.text()).to.not.include('some-name');
  });

  it('answer what a handler throws, at once or later, and tell nothing', async () => {
    for (const path of ['/late', '/early']) {
      const answer = await request(app).post(path);
      expect(answer.status, path).to.equal(500);
      expect(answer.body, path).to.include({ code: 'ERR_INTERNAL' });
      expect(answer.text).to.not.include('secret');
    }
  });

  it('are hot at their exact path with any query only', () => {
    const hot = hotRoutes(bound);
    for (const url of ['/hot', '/hot?', '/hot?a=b']) expect(hot('POST', url)?.route.path, url).to.equal('/hot');
    for (const url of ['/', '/HOT', '/hot/', '/hotter', '/hot#', '/hot%3f', '/late', undefined]) {
      expect(hot('POST', url), url).to.equal(undefined);
    }
    expect(hot('GET', '/hot')).to.equal(undefined);
  });

  it('are described, every optional part as a path of its own', async () => {
    const document = openApiDocument(rows);
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect(valid, JSON.stringify(errors)).to.equal(true);
    const paths = document['paths'] as Record<string, Record<string, Record<string, unknown>>>;
    expect(Object.keys(paths)).to.include.members([
      '/v1/models/{m}:predict',
      '/v1/models/{m}/versions/{v}:predict',
      '/v1/models/{m}/versions/{v}',
    ]);
    expect(paths['/v1/models/{m}']).to.have.all.keys('get', 'delete');
    const predict = paths['/v1/models/{m}/versions/{v}:predict']?.['post'];
    expect(predict).to.include({ operationId: 'predictModel_m_v' });
    expect(predict?.['responses']).to.include.keys('200', '404', '422');
  });
});
