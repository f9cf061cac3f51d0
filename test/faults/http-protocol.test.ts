/** What HTTP/1.1 demands, and what a client may believe of an answer (H6, H7, H9–H14). */
import { once } from 'node:events';
import { STATUS_CODES } from 'node:http';
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { createServer, type InferenceServer, type ServerOptions } from '#dist/server/index.js';
import { exchangeRaw, expectProblem, predict, rawConnection, until } from '../support/server/http.js';
import { keptLogger } from '../support/server/logs.js';
import { large, occupy } from '../support/server/occupy.js';
import { octetStream, octets } from '../support/server/octets.js';

const digit = Array<number>(784).fill(0.5);
const body = JSON.stringify({ input_data: digit });
const length = `Content-Length: ${body.length}\r\n`;
const head = 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
const post = `${head}${length}\r\n${body}`;
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

describe('faults: the protocol', function () {
  this.timeout(30_000);
  let host: ModelHost;
  before(async () => {
    host = await ModelHost.open({ models: [{ name: 'mnist-mlp', versions: ['v1.0'] }] });
  });
  after(() => host?.close());

  const log = keptLogger();
  const servers: InferenceServer[] = [];
  const serve = async (options: Partial<ServerOptions> = {}) => {
    const server = await createServer({ host, port: 0, logger: log.logger, drainTimeoutMs: 500, ...options });
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  describe('a fault behind requests that are not answered yet', () => {
    // The instance is busy, so the predictions wait.
    const busy = () => host.model().run(large);

    for (const [name, fault, status] of [
      ['garbage', 'GARBAGE\r\n\r\n', 400],
      ['a version that there is not', 'GET / HTTP/3.0\r\nHost: localhost\r\n\r\n', 505],
      ['a broken length', `${head}Content-Length: x\r\n\r\n`, 400],
      ['a broken chunk', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
      ['a coding that is no framing', `${head}Transfer-Encoding: gzip\r\n\r\n`, 400],
      ['headers that are too large', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      ['too many header lines', `GET / HTTP/1.1\r\nHost: localhost\r\n${'X: y\r\n'.repeat(100)}\r\n`, 431],
      ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\nmore', 405],
      ['the beginning of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
      ['two hosts', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n\r\n', 400],
      ['a body of another type', 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n', 415],
    ] as const) {
      it(`is answered behind them: ${name}`, async () => {
        const server = await serve();
        const running = busy();
        const { socket, received } = await rawConnection(server.port);
        socket.write(post + post + fault);
        await until('all is answered', () => statuses(received()).length === 3 || socket.closed);
        expect(statuses(received())).to.deep.equal([200, 200, status]);
        socket.destroy();
        await running;
      });
    }

    it('is answered behind them when it is slow: half a request', async () => {
      const server = await serve({ headersTimeoutMs: 100, receiveTimeoutMs: 150, connectionsCheckingIntervalMs: 20 });
      // Longer than the time limits, so that the answers are still owed when these pass.
      const running = Promise.all(Array.from({ length: 10 }, busy));
      expect(statuses(await exchangeRaw(server.port, `${post}${post}GET /health`))).to.deep.equal([200, 200, 408]);
      expect(statuses(await exchangeRaw(server.port, `${post}${head}Content-Length: 9\r\n\r\n{`))).to.deep.equal([
        200, 408,
      ]);
      await running;
    });

    it('is logged and counted once, with the id of its answer, whoever reads its body', async () => {
      const server = await serve({ headersTimeoutMs: 100, receiveTimeoutMs: 150, connectionsCheckingIntervalMs: 20 });
      for (const [fault, status, code] of [
        [`${head}Content-Length: 9\r\n\r\n{`, 408, 'ERR_REQUEST_TIMEOUT'],
        [`${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400, 'ERR_BAD_REQUEST'],
        ['CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n', 405, 'ERR_METHOD_NOT_ALLOWED'],
      ] as const) {
        const before = log.lines().filter(({ msg }) => msg === 'request').length;
        const text = await exchangeRaw(server.port, fault);
        expect(statuses(text)).to.deep.equal([status]);
        const lines = () =>
          log
            .lines()
            .filter(({ msg }) => msg === 'request')
            .slice(before);
        await until('it is logged', () => lines().length > 0);
        await new Promise((resolve) => setTimeout(resolve, 20));
        const [, requestId] = /x-request-id: (\S+)/.exec(text) ?? [];
        expect(lines()).to.have.length(1);
        expect(lines()[0]).to.include({ requestId, status, code });
      }
    });

    it('is a tunnel: an end in time though an answer is owed, and no word after the client has left', async () => {
      await using batched = await ModelHost.open({ models: [{ name: 'mnist-mlp', versions: ['v1.0'], batching: {} }] });
      const server = await serve({ host: batched, drainTimeoutMs: 50 });
      const { first, free } = await occupy(batched, () => predict(server.url, body));
      const { socket } = await rawConnection(server.port);
      socket.write(`${post}CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await until('it waits', () => batched.model().queue!.stats().waitingRequests === 1);
      expect(await server.close()).to.deep.equal({ aborted: 2 });
      await free();
      await first.catch(() => undefined); // its connection was cut
    });

    it('is not answered in place of a request that was answered before its end', async () => {
      const server = await serve();
      const { socket, received } = await rawConnection(server.port);
      socket.write('POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n \r\n');
      await until('it is answered', () => received().includes('ERR_ROUTE_NOT_FOUND'));
      socket.write('zz\r\n');
      if (!socket.closed) await once(socket, 'close');
      expect(statuses(received())).to.deep.equal([404]);
    });

    it('is said once, however much garbage follows', async () => {
      const server = await serve();
      const running = busy();
      const { socket, received } = await rawConnection(server.port);
      socket.write(`${post}GARBAGE\r\n\r\n`);
      for (let index = 0; index < 20; index++) {
        socket.write('MORE\r\n\r\n');
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (!socket.closed) await once(socket, 'close');
      expect(statuses(received())).to.deep.equal([200, 400]);
      await running;
    });

    it('never comes when the connection ends with them', async () => {
      const server = await serve();
      const running = busy();
      const answers = await exchangeRaw(server.port, `${head}Connection: close\r\n${length}\r\n${body}GARBAGE\r\n\r\n`);
      expect(statuses(answers)).to.deep.equal([200]);
      await running;
    });
  });

  describe('a client that ends its side of the connection before it is answered', () => {
    for (const [name, request] of [
      ['behind a whole request', post],
      ['behind a part of the next one', `${post}GET /x`],
    ] as const) {
      it(`has left, ${name}: no answer, and 499 in the log`, async () => {
        await using batched = await ModelHost.open({
          models: [{ name: 'mnist-mlp', versions: ['v1.0'], batching: {} }],
        });
        const server = await serve({ host: batched });
        const { first, free } = await occupy(batched, () => predict(server.url, body));
        const { socket, received } = await rawConnection(server.port);
        socket.end(request.replace('Host: localhost', `Host: localhost\r\nX-Request-Id: left-${request.length}`));
        if (!socket.closed) await once(socket, 'close');
        expect(received()).to.equal('');
        const line = () => log.lines().find(({ requestId }) => requestId === `left-${request.length}`);
        await until('it is logged', () => line() !== undefined);
        expect(line()).to.include({ status: 499, aborted: true });
        await free();
        expect((await first).status).to.equal(200);
      });
    }

    it('gets what is answered at once', async () => {
      const server = await serve();
      const { socket, received } = await rawConnection(server.port);
      socket.end(get('/health/live'));
      if (!socket.closed) await once(socket, 'close');
      expect(statuses(received())).to.deep.equal([200]);
    });
  });

  describe('headers', () => {
    const close = 'Connection: close\r\n';
    for (const [name, request, status, code] of [
      ['two hosts', get('/health/live', `Host: b\r\n${close}`), 400, 'ERR_BAD_REQUEST'],
      ['the same host twice', get('/health/live', `host: a\r\n${close}`), 400, 'ERR_BAD_REQUEST'],
      [
        'a host with a space',
        get('/health/live', close).replace('Host: localhost', 'Host: localhost b'),
        400,
        'ERR_BAD_REQUEST',
      ],
      [
        'a host with a path',
        get('/health/live', close).replace('Host: localhost', 'Host: localhost/b'),
        400,
        'ERR_BAD_REQUEST',
      ],
      [
        'a host with a user',
        get('/health/live', close).replace('Host: localhost', 'Host: u@a'),
        400,
        'ERR_BAD_REQUEST',
      ],
      ['two hosts of a prediction', `${head}Host: b\r\n${close}${length}\r\n${body}`, 400, 'ERR_BAD_REQUEST'],
      [
        'two content types',
        `${head}Content-Type: application/octet-stream\r\n${close}${length}\r\n${body}`,
        400,
        'ERR_BAD_REQUEST',
      ],
      ['two lengths', `${head}Content-Length: 1\r\n${close}${length}\r\n${body}`, 400, 'ERR_BAD_REQUEST'],
      [
        'two credentials',
        get('/health/live', `Authorization: a\r\nAuthorization: b\r\n${close}`),
        400,
        'ERR_BAD_REQUEST',
      ],
      ['HTTP/2.0', get('/', close).replace('1.1', '2.0'), 505, 'ERR_HTTP_VERSION'],
      ['HTTP/0.9', get('/', close).replace('1.1', '0.9'), 505, 'ERR_HTTP_VERSION'],
      ['HTTP/1.2', get('/', close).replace('1.1', '1.2'), 505, 'ERR_HTTP_VERSION'],
      ['HTTP/3.0', get('/', close).replace('1.1', '3.0'), 505, 'ERR_HTTP_VERSION'],
      ['HTTP/2.0 of a prediction', post.replace('1.1', '2.0'), 505, 'ERR_HTTP_VERSION'],
      ['gzip, chunked', `${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501, 'ERR_NOT_IMPLEMENTED'],
      [
        'gzip and chunked in two lines',
        `${head}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        501,
        'ERR_NOT_IMPLEMENTED',
      ],
      ['br, chunked', `${head}Transfer-Encoding: br, chunked\r\n\r\n0\r\n\r\n`, 501, 'ERR_NOT_IMPLEMENTED'],
      ['identity, chunked', `${head}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n`, 501, 'ERR_NOT_IMPLEMENTED'],
      ['chunked twice', `${head}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, 400, 'ERR_BAD_REQUEST'],
      ['gzip alone', `${head}Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n`, 400, 'ERR_BAD_REQUEST'],
      [
        'chunks in HTTP/1.0',
        `${head.replace('1.1', '1.0')}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        400,
        'ERR_BAD_REQUEST',
      ],
    ] as const) {
      it(`are refused with ${status}: ${name}`, async () => {
        const answer = await exchangeRaw((await serve()).port, request);
        expect(statuses(answer)).to.deep.equal([status]);
        expect(answer)
          .to.include(`"code":"${code}"`)
          .and.match(/connection: close/i);
        expect(answer.slice(0, answer.indexOf('\r\n'))).to.equal(`HTTP/1.1 ${status} ${STATUS_CODES[status]}`);
      });
    }

    for (const [name, request] of [
      ['a port', get('/health/live', close).replace('Host: localhost', 'Host: localhost:8000')],
      ['an address of IPv6', get('/health/live', close).replace('Host: localhost', 'Host: [::1]:8000')],
      ['an empty host', get('/health/live', close).replace('Host: localhost', 'Host:')],
      ['HTTP/1.0 without a host', 'GET /health/live HTTP/1.0\r\n\r\n'],
      ['several lines of a list', get('/health/live', `Accept: a\r\nAccept: b\r\n${close}`)],
      [
        'chunks',
        `${head}${close}Transfer-Encoding: Chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      ],
    ] as const) {
      it(`are taken: ${name}`, async () => {
        expect(statuses(await exchangeRaw((await serve()).port, request))).to.deep.equal([200]);
      });
    }
  });

  describe('the version in the query', () => {
    const ask = async (query: string, given: object = {}) =>
      predict((await serve()).url, JSON.stringify({ input_data: digit, ...given }), {}, query);

    it('is honoured with JSON as with raw numbers', async () => {
      expect((await ask('?model_version=v1.0')).body['model_version']).to.equal('v1.0');
      expect((await ask('?model_version=v1.0', { model_version: 'v1.0' })).status).to.equal(200);
      expectProblem(await ask('?model_version=v9'), { status: 404, code: 'ERR_VERSION_NOT_FOUND' });
      const raw = await predict((await serve()).url, octets(digit), octetStream, '?model_version=v9');
      expectProblem(raw, { status: 404, code: 'ERR_VERSION_NOT_FOUND' });
    });

    it('must be the one of the body', async () => {
      for (const [query, model_version] of [
        ['?model_version=v9', 'v1.0'],
        ['?model_version=v1.0', 'v9'],
      ] as const) {
        const answer = await ask(query, { model_version });
        expectProblem(answer, { status: 422, code: 'ERR_VALIDATION' });
        expect((answer.body['errors'] as { pointer: string }[])[0]?.pointer).to.equal('/model_version');
      }
    });

    it('is escaped as percent-encoding says', async () => {
      expect((await ask('?model_version=v1%2e0')).status).to.equal(200);
      for (const version of ['%zz', '%', 'v1.0%2', '%ff']) {
        expectProblem(await ask(`?model_version=${version}`), { status: 400, code: 'ERR_BAD_REQUEST' });
      }
    });

    it('stands there once, and alone', async () => {
      for (const query of [
        '?x=1',
        '?model_version=v1.0&x=1',
        '?model_version=v1.0&model_version=v1.0',
        '?model_version=',
      ]) {
        expectProblem(await ask(query), { status: 422, code: 'ERR_VALIDATION' });
      }
      expect((await ask('?')).status).to.equal(200);
    });
  });

  describe('the charset', () => {
    const ask = async (type: string, content: string | Buffer = body) =>
      predict((await serve()).url, content, { 'content-type': type });

    for (const charset of ['utf-8', 'UTF-8', 'utf8', 'UTF8', '"utf-8"', '"utf8"', ' utf-8 ']) {
      it(`may be called ${charset}`, async () => {
        expect((await ask(`application/json; charset=${charset}`)).status).to.equal(200);
      });
    }

    it('is named when it is another one', async () => {
      const answer = await ask('application/json; charset=ISO-8859-1');
      expectProblem(answer, { status: 415, code: 'ERR_UNSUPPORTED_MEDIA_TYPE' });
      expect(answer.body['detail']).to.equal('Expected charset utf-8 but received iso-8859-1');
      const odd = await ask(`application/json; charset=${'x'.repeat(100)}`);
      expect(odd.body['detail']).to.equal('Expected charset utf-8 but received another one');
    });

    it('may be said by a byte order mark', async () => {
      const marked = await ask('application/json', Buffer.from(`\ufeff${body}`));
      const plain = await ask('application/json');
      expect(marked.body['predictions']).to.deep.equal(plain.body['predictions']);
      const broken = await ask('application/json', Buffer.from('\ufeff{"input_data":[x]}'));
      expect(broken.body['detail']).to.include('position 15');
    });

    for (const [name, content] of [
      ['a mark alone', Buffer.from('\ufeff')],
      ['two marks', Buffer.from(`\ufeff\ufeff${body}`)],
      ['UTF-16', Buffer.from(`\ufeff${body}`, 'utf16le')],
    ] as const) {
      it(`is UTF-8: ${name}`, async () => {
        expectProblem(await ask('application/json', content), { status: 400, code: 'ERR_MALFORMED_JSON' });
      });
    }
  });
});
