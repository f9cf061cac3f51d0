import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { root } from '../support/paths.js';
import { until } from '../support/server/http.js';
import { digitBody, quiet, serveProcess } from '../support/server/serve-process.js';

/** What an exporter was given. */
interface Exported {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string | undefined;
  readonly pid: number;
}

/** What a program loads in front of `node-libtorch serve`: an SDK, set up as its documentation says. */
const setUp = (file: string): string => `
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
const require = createRequire(${JSON.stringify(pathToFileURL(`${root}package.json`).href)});
const { context, propagation, trace } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { W3CTraceContextPropagator } = require('@opentelemetry/core');
const { BasicTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const exporter = {
  export(spans, done) {
    for (const span of spans) {
      const { traceId, spanId } = span.spanContext();
      const line = { name: span.name, traceId, spanId, parent: span.parentSpanContext?.spanId, pid: process.pid };
      appendFileSync(${JSON.stringify(file)}, JSON.stringify(line) + '\\n');
    }
    done({ code: 0 });
  },
  async shutdown() {},
};
if (isMainThread) {
  // Nothing is exported by itself before the process ends.
  const spanProcessors = [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 600_000 })];
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
}
`;

describe('traces of node-libtorch serve', function () {
  this.timeout(120_000);
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'traces-'))));
  after(() => rmSync(folder, { recursive: true }));

  for (const workers of [0, 2]) {
    it(`come of the provider that --import has registered, from ${workers || 'no'} workers, up to the last request`, async () => {
      const file = join(folder, `spans-${workers}.jsonl`);
      const preload = join(folder, `otel-${workers}.mjs`);
      writeFileSync(file, '');
      writeFileSync(preload, setUp(file));
      const options = `--import ${pathToFileURL(preload).href}`;
      const server = serveProcess(workers ? ['--workers', String(workers)] : [], { ...quiet, NODE_OPTIONS: options });
      try {
        if (workers) await server.seen('worker ready', workers);
        else await server.seen('ready');
        const url = await server.url();
        const ids = Array.from({ length: 4 }, (_, i) => String(i + 1).repeat(32));
        for (const id of ids) {
          const headers = {
            'content-type': 'application/json',
            traceparent: `00-${id}-${'b'.repeat(16)}-01`,
            connection: 'close',
          };
          const answer = await fetch(`${url}/predict`, { method: 'POST', headers, body: digitBody });
          expect(answer.status).to.equal(200);
        }
        await until('they are logged', () => server.of('request').length >= ids.length);
        server.child.kill('SIGTERM');
        expect(await server.ended).to.deep.equal([0, null]);
        const spans = readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Exported);
        const requests = spans.filter(({ name }) => name === 'POST /predict');
        expect(requests.map(({ traceId }) => traceId)).to.have.members(ids);
        for (const { traceId, spanId } of requests) {
          const below = spans.filter(({ parent }) => parent === spanId).map(({ name }) => name);
          expect(below).to.include('inference run');
          const line = server.of('request').find((found) => found['trace_id'] === traceId);
          expect(line?.['span_id']).to.equal(spanId);
        }
        if (workers) expect(new Set(requests.map(({ pid }) => pid)).size).to.equal(workers);
      } finally {
        server.child.kill('SIGKILL');
      }
    });
  }
});
