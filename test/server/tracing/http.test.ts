import { once } from 'node:events';
import { connect } from 'node:net';
import { context, SpanKind, SpanStatusCode, trace, type TextMapPropagator } from '@opentelemetry/api';
import { AlwaysOffSampler, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import express from 'express';
import { ModelHost } from 'node-libtorch';
import { createApp, createServer, type InferenceServer } from '#dist/server/index.js';
import { Collected, kindOf, timesOf } from '../../support/server/collected.js';
import { until } from '../../support/server/http.js';
import { keptLogger } from '../../support/server/logs.js';
import { digitBody } from '../../support/server/serve-process.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${parent}-01`;
const json = { 'content-type': 'application/json' };

describe('spans of HTTP', () => {
  let host: ModelHost;
  let server: InferenceServer;
  let collected: Collected;
  const { logger, lines, text } = keptLogger();
  before(async () => {
    host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: {} }] });
    collected = new Collected();
    server = await createServer({ host, port: 0, logger });
  });
  beforeEach(() => collected.reset());
  after(async () => {
    collected.end();
    await server.close();
    await host.close();
  });

  const post = (headers: Record<string, string> = {}, path = '/predict'): Promise<Response> =>
    fetch(`${server.url}${path}`, { method: 'POST', body: digitBody, headers: { ...json, ...headers } });
  const only = async (name: string): Promise<ReadableSpan> => (await collected.seen(name))[0]!;

  it('has one of the server for a request, by the stable conventions', async () => {
    const { status } = await post({ 'user-agent': 'mine/1', 'x-request-id': 'seven' });
    expect(status).to.equal(200);
    const span = await only('POST /predict');
    expect(kindOf(span)).to.equal('SERVER');
    expect(span.parentSpanContext).to.equal(undefined);
    expect(span.status.code).to.equal(SpanStatusCode.UNSET);
    expect(span.instrumentationScope.name).to.equal('node-libtorch');
    const { 'node_libtorch.queue_ms': queueMs, 'node_libtorch.run_ms': runMs, ...rest } = span.attributes;
    expect(queueMs).to.be.a('number').at.least(0);
    expect(runMs).to.be.a('number').above(0);
    expect(rest).to.deep.equal({
      'http.request.method': 'POST',
      'http.route': '/predict',
      'url.path': '/predict',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': server.port,
      'client.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'user_agent.original': 'mine/1',
      'http.response.status_code': 200,
      'node_libtorch.request.id': 'seven',
      'node_libtorch.model.name': 'mnist-mlp',
      'node_libtorch.model.version': 'v1.0',
      'node_libtorch.rows': 1,
    });
  });

  it('goes on with the trace of its caller, in the answer and in the log too', async () => {
    const { headers } = await post({ traceparent, tracestate: 'rojo=1', 'x-request-id': 'traced' });
    const span = await only('POST /predict');
    const { spanId } = span.spanContext();
    expect(span.spanContext().traceId).to.equal(traceId);
    expect(span.parentSpanContext).to.include({ spanId: parent, isRemote: true });
    expect(headers.get('traceparent')).to.equal(`00-${traceId}-${spanId}-01`);
    expect(headers.get('tracestate')).to.equal('rojo=1');
    await until('it is logged', () => lines().some(({ requestId }) => requestId === 'traced'));
    expect(lines().find(({ requestId }) => requestId === 'traced')).to.include({
      trace_id: traceId,
      span_id: spanId,
      parent_id: parent,
    });
  });

  it('begins a trace of its own, which the log names and the answer does not', async () => {
    const { headers } = await post({ 'x-request-id': 'own' });
    const span = await only('POST /predict');
    expect(headers.get('traceparent')).to.equal(null);
    await until('it is logged', () => lines().some(({ requestId }) => requestId === 'own'));
    const line = lines().find(({ requestId }) => requestId === 'own');
    expect(line).to.include({ trace_id: span.spanContext().traceId, span_id: span.spanContext().spanId });
    expect(line).not.to.have.property('parent_id');
  });

  it('has its wait and its run, and the batch, below it; each lies within what it is part of', async () => {
    await post();
    const span = await only('POST /predict');
    const [queue, run, ...others] = collected.below(span);
    expect([queue?.name, run?.name, others]).to.deep.equal(['inference queue', 'inference run', []]);
    const [batch] = collected.below(run!);
    expect(batch?.name).to.equal('inference batch');
    for (const [inner, outer] of [
      [queue!, span],
      [run!, span],
      [batch!, run!],
    ] as const) {
      const [from, to] = timesOf(inner);
      const [begun, ended] = timesOf(outer);
      expect(from).to.be.within(begun, ended);
      expect(to).to.be.within(begun, ended);
      expect(kindOf(inner)).to.equal('INTERNAL');
    }
    expect(timesOf(queue!)[1]).to.equal(timesOf(run!)[0]);
  });

  it('says of a fault of the client that there was one, and that it is none of ours', async () => {
    const { status } = await fetch(`${server.url}/predict`, {
      method: 'POST',
      headers: json,
      body: '{"input_data":[1]}',
    });
    expect(status).to.equal(422);
    const span = await only('POST /predict');
    expect(span.status.code).to.equal(SpanStatusCode.UNSET);
    expect(span.attributes).to.include({
      'http.response.status_code': 422,
      'node_libtorch.error.code': 'ERR_INVALID_SHAPE',
    });
    expect(span.attributes).not.to.have.property('error.type');
    expect(collected.below(span)).to.deep.equal([]);
  });

  it('calls a fault of ours an error, by its code', async () => {
    const { status } = await post({ 'x-request-timeout-ms': '1' });
    // A digit is small: now and then it is in time.
    if (status === 200) return;
    expect(status).to.equal(504);
    const span = await only('POST /predict');
    expect(span.status).to.deep.equal({ code: SpanStatusCode.ERROR });
    expect(span.attributes).to.include({ 'http.response.status_code': 504, 'error.type': 'ERR_TIMEOUT' });
    expect(span.events).to.deep.equal([]);
  });

  it('is named by the pattern of its route, whatever the path holds; by the method alone where nothing answers', async () => {
    await fetch(`${server.url}/v2/models/mnist-mlp/versions/v1.0`);
    const known = await only('GET /v2/models/:model{/versions/:version}');
    expect(known.attributes).to.include({
      'http.route': '/v2/models/:model{/versions/:version}',
      'url.path': '/v2/models/mnist-mlp/versions/v1.0',
    });
    await fetch(`${server.url}/nothing/here?a=b`);
    const unknown = await only('GET');
    expect(unknown.attributes).to.include({ 'http.response.status_code': 404, 'url.path': '/nothing/here' });
    expect(unknown.attributes).not.to.have.property('http.route');
    await fetch(`${server.url}/predict`, { method: 'PROPFIND' });
    const other = await only('HTTP /predict');
    expect(other.attributes).to.include({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'PROPFIND',
      'http.response.status_code': 405,
    });
  });

  it('leaves probes and metrics out', async () => {
    for (const path of ['/health/live', '/health/ready', '/metrics', '/v2/health/live', '/v2/health/ready']) {
      expect((await fetch(`${server.url}${path}`)).status).to.equal(200);
    }
    await fetch(`${server.url}/v2`);
    await collected.seen('GET /v2');
    expect(collected.spans.map(({ name }) => name)).to.deep.equal(['GET /v2']);
  });

  it('tells of a client that has left', async () => {
    const socket = connect(server.port, '127.0.0.1');
    const head = `POST /predict HTTP/1.1\r\nhost: localhost:81\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"inp`;
    const received = once(server.http, 'request');
    socket.write(head);
    await received;
    socket.destroy();
    const span = await only('POST /predict');
    expect(span.status.code).to.equal(SpanStatusCode.ERROR);
    expect(span.attributes).to.include({ 'error.type': 'aborted', 'server.address': 'localhost', 'server.port': 81 });
    expect(span.attributes).not.to.have.property('http.response.status_code');
  });

  it('holds nothing of what was sent beside names, and bounds the texts of strangers', async () => {
    await post(
      { authorization: 'Bearer hush', cookie: 'a=hush', 'user-agent': 'u'.repeat(5000), 'x-hush': 'hush' },
      '/predict?hush=1',
    );
    await fetch(`${server.url}/${'p'.repeat(5000)}?hush`);
    await collected.seen('GET');
    const said = JSON.stringify(
      collected.spans.map(({ name, attributes, events, links }) => ({ name, attributes, events, links: links.length })),
    );
    expect(said).not.to.include('hush');
    expect(said).not.to.match(/u{257}|p{1025}/);
    expect(text()).not.to.include('hush');
  });

  it('keeps the address of the client where the log may not have it', async () => {
    const silent = await createServer({ host, port: 0, logger: false, logClientAddress: 'off' });
    try {
      await fetch(`${silent.url}/v2`);
      expect((await only('GET /v2')).attributes).not.to.have.property('client.address');
    } finally {
      await silent.close();
    }
  });

  it('makes none where tracing is off', async () => {
    const off = await createServer({ host, port: 0, logger: false, tracing: 'off' });
    try {
      const { headers } = await fetch(`${off.url}/predict`, {
        method: 'POST',
        body: digitBody,
        headers: { ...json, traceparent },
      });
      expect(headers.get('traceparent')).to.match(new RegExp(`^00-${traceId}-`));
      expect(collected.spans).to.deep.equal([]);
    } finally {
      await off.close();
    }
  });

  it('answers pipelined requests each in its own trace', async () => {
    const ids = ['1', '2', '3'].map((digit) => digit.repeat(32));
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      ids.map((id) => `GET /v2 HTTP/1.1\r\nhost: localhost\r\ntraceparent: 00-${id}-${parent}-01\r\n\r\n`).join(''),
    );
    const spans = await collected.seen('GET /v2', 3);
    socket.destroy();
    expect(spans.map((span) => span.spanContext().traceId)).to.have.members(ids);
  });

  describe('in an app of somebody else', () => {
    const mounted = async (
      before: express.RequestHandler | undefined,
      use: (url: string) => Promise<void>,
    ): Promise<void> => {
      const app = express();
      if (before) app.use(before);
      // Made and asked at once: nobody waits for the package to be loaded.
      app.use('/ml', createApp({ host, logger: false }));
      const http = app.listen(0, '127.0.0.1');
      await once(http, 'listening');
      try {
        const { port } = http.address() as { port: number };
        await use(`http://127.0.0.1:${port}/ml`);
      } finally {
        http.close();
        http.closeAllConnections();
      }
    };
    const ask = (url: string): Promise<Response> =>
      fetch(url, { method: 'POST', body: digitBody, headers: { ...json, traceparent } });

    it('has the whole route and path', () =>
      mounted(undefined, async (url) => {
        await ask(`${url}/predict`);
        const span = await only('POST /ml/predict');
        expect(kindOf(span)).to.equal('SERVER');
        expect(span.attributes).to.include({ 'http.route': '/ml/predict', 'url.path': '/ml/predict' });
      }));

    it('is a step of the span that is active, and no second one of a server', async () => {
      const tracer = trace.getTracer('theirs');
      const instrumented: express.RequestHandler = (req, res, next) => {
        const span = tracer.startSpan('theirs', { kind: SpanKind.SERVER });
        res.once('close', () => span.end());
        context.with(trace.setSpan(context.active(), span), next);
      };
      await mounted(instrumented, async (url) => {
        await ask(`${url}/predict`);
        const theirs = await only('theirs');
        const [own, ...others] = collected.below(theirs);
        expect(others).to.deep.equal([]);
        expect(own?.name).to.equal('POST /ml/predict');
        expect(kindOf(own!)).to.equal('INTERNAL');
        expect(own?.attributes).to.include({ 'http.route': '/ml/predict', 'node_libtorch.model.name': 'mnist-mlp' });
        expect(own?.attributes).not.to.have.any.keys('url.path', 'client.address', 'user_agent.original');
        expect(collected.below(own!).map(({ name }) => name)).to.deep.equal(['inference queue', 'inference run']);
      });
    });
  });

  describe('with another way to pass traces on', () => {
    it('takes the parent as the program has set it', async () => {
      collected.end();
      const own: TextMapPropagator = {
        fields: () => ['x-mine'],
        inject: () => undefined,
        extract: (into, carrier, getter) => {
          const given = getter.get(carrier, 'X-Mine');
          if (typeof given !== 'string') return into;
          const [id = '', spanId = ''] = given.split('/');
          return trace.setSpanContext(into, { traceId: id, spanId, traceFlags: 1, isRemote: true });
        },
      };
      collected = new Collected(undefined, own);
      await post({ 'x-mine': `${traceId}/${parent}`, traceparent: `00-${'9'.repeat(32)}-${parent}-01` });
      const span = await only('POST /predict');
      expect(span.spanContext().traceId).to.equal(traceId);
      expect(span.parentSpanContext?.spanId).to.equal(parent);
    });

    it('makes no spans of what a sampler leaves out, and still passes the trace on', async () => {
      collected.end();
      collected = new Collected(new AlwaysOffSampler());
      const { headers } = await post({ traceparent });
      expect(headers.get('traceparent')).to.match(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
      expect(collected.spans).to.deep.equal([]);
    });
  });
});
