import { expect } from 'chai';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { torchError } from '#dist/errors.js';
import { badInputs } from '../support/server/bad-input.js';
import { predict, rawConnection, until } from '../support/server/http.js';
import { keptLogger } from '../support/server/logs.js';
import { features, gate, MemoryHost } from '../support/server/memory-host.js';

describe('access log and metrics', () => {
  const marker = 0.123456789;
  const good = JSON.stringify({ input_data: [marker, 0, 0, 0] });
  const host = new MemoryHost();
  const log = keptLogger();
  let server: InferenceServer;
  before(async () => {
    server = await createServer({ host: host.asHost(), port: 0, logger: log.logger });
  });
  after(() => server.close());
  beforeEach(() => (host.behaviour = async () => undefined));

  const lineOf = async (requestId: string) => {
    const find = () => log.lines().find((line) => line['requestId'] === requestId);
    await until(`${requestId} is logged`, () => find() !== undefined);
    return find() ?? {};
  };
  const metrics = async () => (await fetch(`${server.url}/metrics`)).text();

  it('logs one line for a prediction: times, shape and version', async () => {
    await predict(server.url, good, { 'x-request-id': 'one', authorization: 'Bearer hush', cookie: 'a=hush' });
    const line = await lineOf('one');
    expect(line).to.include({
      level: 'info',
      msg: 'request',
      method: 'POST',
      route: '/predict',
      status: 200,
      model: 'tiny',
      version: 'v1.0',
      rows: 1,
      inferenceMs: 0.25,
    });
    expect(line['shape']).to.deep.equal([1, features]);
    expect(line['durationMs']).to.be.a('number').above(0);
    expect(log.text()).not.to.include('hush');
  });

  it('logs the code of a refused request', async () => {
    await predict(server.url, '{"input_data":[1]}', { 'x-request-id': 'refused' });
    expect(await lineOf('refused')).to.include({ status: 422, code: 'ERR_INVALID_SHAPE', level: 'info' });
  });

  it('logs what failed on our side, with its cause', async () => {
    const cause = new Error('the operation failed');
    host.behaviour = () =>
      Promise.reject(torchError('ERR_MODEL_EXECUTION', 'run failed', { cause, trace: 'in layer 3' }));
    const answer = await predict(server.url, good, { 'x-request-id': 'failed' });
    expect(JSON.stringify(answer)).not.to.include('in layer 3');
    const line = await lineOf('failed');
    expect(line).to.include({ status: 500, code: 'ERR_MODEL_EXECUTION', level: 'error' });
    expect(line['err']).to.deep.include({ message: 'run failed', code: 'ERR_MODEL_EXECUTION' });
    expect((line['err'] as { cause: object }).cause).to.include({ message: 'the operation failed' });
    expect(line['err']).to.include({ trace: 'in layer 3' });
  });

  it('logs a client that left as aborted', async () => {
    const { behaviour, open } = gate();
    host.behaviour = behaviour;
    const { socket } = await rawConnection(server.port);
    const request = `POST /predict HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: left\r\nContent-Type: application/json\r\nContent-Length: ${good.length}\r\n\r\n${good}`;
    const { runs } = host;
    socket.write(request);
    await until('it runs', () => host.runs > runs);
    socket.destroy();
    expect(await lineOf('left')).to.include({ status: 499, aborted: true });
    open();
    expect(await metrics()).to.match(/status="499"/);
  });

  it('ends every one of the pipelined requests of a client that left', async () => {
    const { behaviour, open } = gate();
    host.behaviour = behaviour;
    const { socket } = await rawConnection(server.port);
    const { runs } = host;
    for (const id of ['p1', 'p2', 'p3']) {
      socket.write(
        `POST /predict HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${id}\r\nContent-Type: application/json\r\nContent-Length: ${good.length}\r\n\r\n${good}`,
      );
    }
    await until('they run', () => host.runs === runs + 3);
    socket.destroy();
    for (const id of ['p1', 'p2', 'p3']) expect(await lineOf(id)).to.include({ status: 499 });
    open();
    expect(await metrics()).to.match(/^node_libtorch_http_requests_in_flight 1$/m);
  });

  it('logs no input value, whatever is sent', async () => {
    const sent = badInputs(features).filter(({ body }) => body.length < 10_000);
    for (const { body, headers } of sent) {
      const marked = typeof body === 'string' ? body.replaceAll('0.5', String(marker)) : body;
      await predict(server.url, marked, headers);
    }
    await predict(server.url, JSON.stringify({ input_data: [marker, 0, 0, 1 + marker] }), { 'x-request-id': 'last' });
    await lineOf('last');
    expect(log.text()).not.to.include('0.1234').and.not.include('input_data').and.not.include('polluted');
    for (const line of log.lines()) expect(line).to.include.keys('level', 'time', 'msg');
  });

  it('keeps one line one object, whatever the headers hold', async () => {
    await predict(server.url, good, { 'user-agent': 'x"}\\n', 'x-request-id': '{"a":1}' });
    expect(() => log.lines()).not.to.throw();
    expect(log.text()).not.to.include('{\\"a\\":1}');
  });

  it('measures requests, runs and refusals', async () => {
    const text = await metrics();
    expect(text).to.match(
      /^node_libtorch_http_request_duration_seconds_count\{route="\/predict",method="POST",status="200"\} \d+$/m,
    );
    expect(text).to.match(/^node_libtorch_http_request_duration_seconds_bucket\{le="0.0001",route="\/predict"/m);
    expect(text).to.match(/^node_libtorch_inference_duration_seconds_count\{model="tiny",version="v1.0"\} \d+$/m);
    expect(text).to.match(/^node_libtorch_inference_queue_duration_seconds_sum\{model="tiny",version="v1.0"\} /m);
    expect(text).to.match(/^node_libtorch_inference_rows_total\{model="tiny",version="v1.0",outcome="ok"\} \d+$/m);
    expect(text).to.match(/^node_libtorch_http_requests_rejected_total\{code="ERR_VALIDATION"\} \d+$/m);
    expect(text).to.match(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(text).to.match(/^process_resident_memory_bytes /m);
  });

  it('sends metrics that parse', async () => {
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
    const label = '[a-zA-Z_]\\w*="(?:[^"\\\\\\n]|\\\\.)*"';
    const sample = new RegExp(
      `^[a-zA-Z_:][\\w:]*(?:\\{${label}(?:,${label})*\\})? (?:[-+]?[\\d.]+(?:e[-+]?\\d+)?|\\+Inf|-Inf|Nan)$`,
    );
    for (const line of (await response.text()).trimEnd().split('\n')) {
      if (!line.startsWith('#') && line !== '') expect(line).to.match(sample);
    }
  });

  it('makes no series of unknown routes and methods', async () => {
    for (let index = 0; index < 50; index++)
      await fetch(`${server.url}/route-${index}`, { method: `M${index}` }).catch(() => undefined);
    for (let index = 0; index < 50; index++) await fetch(`${server.url}/route-${index}`);
    const text = await metrics();
    expect(text).not.to.include('route-');
    expect(text).to.include('route="unmatched"');
  });

  it('keeps two servers in one process apart', async () => {
    const other = await createServer({ host: new MemoryHost().asHost(), port: 0, logger: false });
    expect(await (await fetch(`${other.url}/metrics`)).text()).not.to.include('route="/predict"');
    await other.close();
  });
});
