/** Somebody's own tracing code that throws: it may lose spans, and nothing else. */
import { context, propagation, trace, type TextMapPropagator } from '@opentelemetry/api';
import { BasicTracerProvider, type Sampler, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import { ModelHost } from 'node-libtorch';
import { createServer, type InferenceServer } from '#dist/server/index.js';
import { Collected } from '../../support/server/collected.js';
import { digitBody } from '../../support/server/serve-process.js';

const fail = (): never => {
  throw new Error('broken');
};
const quiet = { forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() };
const processor = (own: Partial<SpanProcessor>): SpanProcessor => ({
  ...{ ...quiet, onStart: () => undefined, onEnd: () => undefined },
  ...own,
});
const sampler: Sampler = { shouldSample: fail, toString: () => 'broken' };
const propagator: TextMapPropagator = { inject: () => undefined, extract: fail, fields: () => [] };

const broken: Readonly<Record<string, () => void>> = {
  'a processor at the start of a span': () => {
    const spanProcessors = [processor({ onStart: fail })];
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
  },
  'a processor at the end of a span': () => {
    const spanProcessors = [processor({ onEnd: fail })];
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
  },
  'a sampler': () => {
    new Collected(sampler);
  },
  'a propagator': () => {
    new Collected(undefined, propagator);
  },
  'a provider': () => {
    trace.setGlobalTracerProvider({ getTracer: fail });
  },
};

describe('tracing that throws', () => {
  let host: ModelHost;
  let server: InferenceServer;
  before(async () => {
    host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching: {} }] });
    server = await createServer({ host, port: 0, logger: false });
  });
  afterEach(() => {
    trace.disable();
    context.disable();
    propagation.disable();
  });
  after(async () => {
    await server.close();
    await host.close();
  });

  for (const [what, breakIt] of Object.entries(broken)) {
    it(`fails no request: ${what}`, async () => {
      breakIt();
      const headers = { 'content-type': 'application/json', traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` };
      for (let i = 0; i < 3; i++) {
        const answer = await fetch(`${server.url}/predict`, { method: 'POST', body: digitBody, headers });
        expect(answer.status).to.equal(200);
        expect(await answer.json()).to.have.property('predictions');
      }
    });
  }
});
