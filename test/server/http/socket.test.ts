import { once } from 'node:events';
import { expect } from 'chai';
import { createServer, type InferenceServer, type ServerOptions } from '#dist/server/index.js';
import { exchangeRaw, predict, rawConnection, until } from '../../support/server/http.js';
import { gate, MemoryHost } from '../../support/server/memory-host.js';

const body = '{"input_data":[1,0,0,0]}';
const head = `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
const predictRequest = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;

/** The problem document of a raw answer. */
function problemOf(answer: string): Record<string, unknown> {
  expect(answer).to.match(/content-type: application\/problem\+json/i);
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
}

describe('sockets', () => {
  const host = new MemoryHost();
  const servers: InferenceServer[] = [];
  const serve = async (options: Partial<ServerOptions> = {}) => {
    const server = await createServer({ host: host.asHost(), port: 0, logger: false, drainTimeoutMs: 500, ...options });
    servers.push(server);
    return server;
  };
  const expectGood = async ({ url }: InferenceServer) => expect((await predict(url, body)).status).to.equal(200);

  beforeEach(() => (host.behaviour = async () => undefined));
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  it('cuts headers that come too slowly, in time', async () => {
    const server = await serve({ headersTimeoutMs: 200, connectionsCheckingIntervalMs: 50 });
    const started = Date.now();
    const answer = await exchangeRaw(server.port, 'POST /predict HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    expect(Date.now() - started).to.be.within(150, 10_000);
    expect(answer).to.match(/^HTTP\/1\.1 408 /);
    expect(problemOf(answer)['code']).to.equal('ERR_REQUEST_TIMEOUT');
    await expectGood(server);
  });

  it('cuts a body that comes too slowly, in time', async () => {
    const server = await serve({ headersTimeoutMs: 100, receiveTimeoutMs: 200, connectionsCheckingIntervalMs: 50 });
    const started = Date.now();
    const answer = await exchangeRaw(server.port, `${head}Content-Length: 100\r\n\r\n{"input`);
    expect(Date.now() - started).to.be.within(150, 10_000);
    expect(answer).to.match(/^HTTP\/1\.1 408 /);
    await expectGood(server);
  });

  it('cuts connections that say nothing', async () => {
    const server = await serve({ headersTimeoutMs: 100, connectionsCheckingIntervalMs: 50 });
    const started = Date.now();
    await Promise.all(Array.from({ length: 50 }, () => exchangeRaw(server.port, '')));
    expect(Date.now() - started).to.be.below(10_000);
    await expectGood(server);
  });

  it('asks for the body of a client that waits only when it wants it', async () => {
    const server = await serve();
    const expecting = (length: number) =>
      `${head}Expect: 100-continue\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;
    const refused = await exchangeRaw(server.port, expecting(1e9));
    expect(refused).to.match(/^HTTP\/1\.1 413 /);
    expect(problemOf(refused)['code']).to.equal('ERR_PAYLOAD_TOO_LARGE');
    const { socket, received } = await rawConnection(server.port);
    socket.write(expecting(body.length));
    await until('it is asked for the body', () => received() !== '');
    expect(received()).to.equal('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write(body);
    await once(socket, 'close');
    expect(received()).to.match(/\r\n\r\nHTTP\/1\.1 200 /);
  });

  it('answers pipelined requests in their order', async () => {
    const server = await serve();
    const { socket, received } = await rawConnection(server.port);
    const count = 200;
    for (let index = 0; index < count; index++) {
      socket.write(predictRequest.replace('Host: localhost', `Host: localhost\r\nX-Request-Id: n${index}`));
    }
    const ids = () => [...received().matchAll(/x-request-id: n(\d+)/g)].map(([, id]) => Number(id));
    await until('all are answered', () => ids().length === count);
    expect(ids()).to.deep.equal([...Array(count).keys()]);
    expect(received().match(/HTTP\/1\.1 200/g)).to.have.length(count);
    socket.destroy();
  });

  it('closes a connection with the last request that it may have, refusing none', async () => {
    const server = await serve({ maxRequestsPerSocket: 3 });
    const answer = await exchangeRaw(server.port, predictRequest.repeat(3));
    expect(answer.match(/HTTP\/1\.1 200 /g)).to.have.length(3);
    expect(answer.match(/connection: close/gi)).to.have.length(1);
    await expectGood(server);
  });

  it('refuses headers that are too large or too many with 431', async () => {
    const server = await serve();
    const large = await exchangeRaw(
      server.port,
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    );
    expect(large).to.match(/^HTTP\/1\.1 431 /);
    expect(problemOf(large)['code']).to.equal('ERR_HEADERS_TOO_LARGE');
    const many = (count: number) =>
      exchangeRaw(
        server.port,
        `GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${'X: y\r\n'.repeat(count - 2)}\r\n`,
      );
    expect(await many(65)).to.match(/^HTTP\/1\.1 431 /);
    expect(await many(64)).to.match(/^HTTP\/1\.1 200 /);
    await expectGood(server);
  });

  for (const [name, request] of [
    ['a length beside chunks', `${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\n{}`],
    ['a negative length', `${head}Content-Length: -1\r\n\r\n`],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['no HTTP', '\u0016\u0003\u0001 hello\r\n\r\n'],
    ['a broken chunk', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`],
  ] as const) {
    it(`refuses ${name} with 400 and closes`, async () => {
      const server = await serve();
      expect(await exchangeRaw(server.port, request)).to.match(/^HTTP\/1\.1 400 /);
      await expectGood(server);
    });
  }

  it('writes a fault of the parser in the form of its path where that is known, else as a problem', async () => {
    const server = await serve();
    const broken = 'HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n';
    const known = await exchangeRaw(server.port, `POST /v2/repository/index ${broken}`);
    expect(known)
      .to.match(/^HTTP\/1\.1 400 /)
      .and.match(/\r\ncontent-type: application\/json\r\n/i);
    expect(JSON.parse(known.slice(known.indexOf('\r\n\r\n')))).to.deep.equal({
      error: 'The request is not valid HTTP',
    });
    const lengths = 'HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}';
    expect(problemOf(await exchangeRaw(server.port, `POST /v2/repository/index ${lengths}`))['status']).to.equal(400);
    await expectGood(server);
  });

  it('refuses a prediction without a content type', async () => {
    const server = await serve();
    const request = `POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect(problemOf(await exchangeRaw(server.port, request))['code']).to.equal('ERR_UNSUPPORTED_MEDIA_TYPE');
  });

  it('reads chunked bodies, one byte a chunk, and stops at the limit', async () => {
    const server = await serve({ bodyLimitBytes: 1024 });
    const chunked = (text: string) => text.replace(/./g, '1\r\n$&\r\n') + '0\r\n\r\n';
    const request = `${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
    expect(await exchangeRaw(server.port, request + chunked(body))).to.match(/^HTTP\/1\.1 200 /);
    expect(await exchangeRaw(server.port, request + chunked(body.padEnd(1025)))).to.match(/^HTTP\/1\.1 413 /);
  });

  it('sends 413 before the whole of a large body has come, and closes', async () => {
    const server = await serve();
    const answer = await exchangeRaw(server.port, `${head}Content-Length: 99999999999\r\n\r\n{"input_data":[`);
    expect(answer).to.match(/^HTTP\/1\.1 413 /);
    expect(answer).to.match(/connection: close/i);
    await expectGood(server);
  });

  it('drops connections beyond the limit and counts them', async () => {
    const server = await serve({ maxConnections: 2 });
    const held = await Promise.all([rawConnection(server.port), rawConnection(server.port)]);
    const third = await rawConnection(server.port);
    if (!third.socket.closed) await once(third.socket, 'close');
    for (const { socket } of held) socket.destroy();
    await until('the dropped connection is counted', async () => {
      const answer = await fetch(`${server.url}/metrics`).then(
        (response) => response.text(),
        () => '',
      );
      return /^node_libtorch_http_connections_dropped_total [1-9]/m.test(answer);
    });
  });

  it('forgets a request whose client resets the connection', async () => {
    const server = await serve();
    const { behaviour, open } = gate();
    host.behaviour = behaviour;
    const { socket } = await rawConnection(server.port);
    const runs = host.runs;
    socket.write(predictRequest);
    await until('it runs', () => host.runs > runs);
    socket.resetAndDestroy();
    const halfway = await rawConnection(server.port);
    halfway.socket.write(`${head}Content-Length: 1000\r\n\r\n{"input_`);
    halfway.socket.resetAndDestroy();
    const inFlight = async () =>
      /^node_libtorch_http_requests_in_flight (\d+)/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1];
    await until('only the request for the metrics is in flight', async () => (await inFlight()) === '1');
    open();
    host.behaviour = async () => undefined;
    await expectGood(server);
  });

  it('says which address it could not listen on', async () => {
    const server = await serve();
    const error: Error & { code?: string } = await serve({ port: server.port }).then(
      () => expect.fail('listened twice'),
      (reason: unknown) => reason as Error,
    );
    expect(error.code).to.equal('ERR_CONFIG');
    expect(error.message).to.include(`127.0.0.1:${server.port}`).and.include('in use');
  });
});
