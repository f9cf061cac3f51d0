#!/usr/bin/env node
// What traces cost: CPU of the server a request, over HTTP, without and with OpenTelemetry, in alternated rounds.
//   node benchmarks/tracing.mjs [--rounds 10] [--requests 2000] [--before FOLDER]
// `off` is the setting; `nobody` has no provider registered; `ratio 0` has one whose sampler takes nothing; `all` makes every span and
// exports none. --before names another checkout, which is measured beside them. Prints the medians, and the ratios to `off` with
// the spread of their quartiles. The client is in this process, the servers in theirs; each round asks each of them in turn.

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { distDir, endWithSignals, root } from './lib/paths.mjs';
import { requestOf } from './lib/rows.mjs';
import { startOurs } from './lib/server.mjs';
import { costOfVariants } from './lib/variants.mjs';

endWithSignals();
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    requests: { type: 'string', default: '2000' },
    before: { type: 'string' },
  },
});

const provider = (sampler) => `
  import { createRequire } from 'node:module';
  import { isMainThread } from 'node:worker_threads';
  const require = createRequire(${JSON.stringify(join(root, 'package.json'))});
  const { context, propagation, trace } = require('@opentelemetry/api');
  const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
  const { W3CTraceContextPropagator } = require('@opentelemetry/core');
  const sdk = require('@opentelemetry/sdk-trace-base');
  if (isMainThread) {
    const exporter = { export: (spans, done) => done({ code: 0 }), shutdown: async () => {} };
    const spanProcessors = [new sdk.BatchSpanProcessor(exporter)];
    trace.setGlobalTracerProvider(new sdk.BasicTracerProvider({ spanProcessors, sampler: ${sampler} }));
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  }`;
const ratio = (share) => provider(`new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(${share}) })`);

const variants = {
  ...(values.before && { before: { folder: values.before } }),
  off: { args: ['--tracing', 'off'] },
  nobody: {},
  'ratio 0': { preload: ratio(0) },
  all: { preload: ratio(1) },
};

function start({ folder, args = [], preload }) {
  const node = preload ? ['--import', `data:text/javascript,${encodeURIComponent(preload)}`] : [];
  return startOurs(['mnist-mlp', ...args], {}, folder ? join(resolve(folder), 'dist') : distDir, { node });
}

await costOfVariants({
  starts: Object.fromEntries(Object.entries(variants).map(([name, variant]) => [name, () => start(variant)])),
  ...{ base: 'off', path: '/predict', request: requestOf('json', 784) },
  ...{ rounds: Number(values.rounds), requests: Number(values.requests) },
});
