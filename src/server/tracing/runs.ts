import type { Attributes, Context, Link, SpanContext, Tracer } from '@opentelemetry/api';
import type { CarriedCall, TracedRun } from '../../batching/index.js';
import { isErrorCode } from '../../errors.js';
import { toTime } from './time.js';
import type { Tools } from './tracing.js';

/** A call with its request's span. */
type Carried = Omit<CarriedCall, 'span'> & { readonly span: SpanOfRequest };

export interface SpanOfRequest {
  readonly context: Context;
  readonly spanContext: SpanContext;
  /** Somebody collects it. */
  readonly isRecorded: boolean;
}

/** SDKs keep no more of a span by default. */
const mostLinks = 128;

/**
 * The spans of a run: of each request that is recorded, its wait and its run; and of a batch one of its own, below the first
 * of those, which keeps it wherever a sampler keeps that. It links to every request whose rows it carries, and the run of
 * each links to it.
 */
export function spansOfRun(tools: Tools, run: TracedRun, carried: readonly Carried[]): void {
  let batch: Link | undefined;
  for (const call of carried) {
    if (!call.span.isRecorded) continue;
    batch = spansOfCall(tools, run, call, batch, carried) ?? batch;
  }
}

/** Returns the link to the batch that it made, where it was the first. */
function spansOfCall(
  tools: Tools,
  run: TracedRun,
  { span, since, rows }: Carried,
  batch: Link | undefined,
  carried: readonly Carried[],
): Link | undefined {
  const { api, tracer } = tools;
  const { started, ended, reason } = run;
  if (started > since) {
    tracer.startSpan('inference queue', { startTime: toTime(since) }, span.context).end(toTime(started));
  }
  const options = {
    startTime: toTime(started),
    attributes: { ...modelOf(run), 'node_libtorch.rows': rows },
    ...(batch && { links: [batch] }),
  };
  const own = tracer.startSpan('inference run', options, span.context);
  markError(tools, own, run);
  const made =
    reason === undefined || batch ? undefined : batchSpan(tools, run, carried, api.trace.setSpan(span.context, own));
  own.end(toTime(ended));
  return made;
}

function batchSpan(tools: Tools, run: TracedRun, carried: readonly Carried[], below: Context): Link {
  const { api } = tools;
  const { started, ended, rows, paddedRows, requests, reason } = run;
  const attributes: Attributes = {
    ...modelOf(run),
    'node_libtorch.rows': rows,
    'node_libtorch.batch.padded_rows': paddedRows,
    'node_libtorch.batch.requests': requests,
    'node_libtorch.batch.close_reason': String(reason),
    'node_libtorch.batch.longest_wait_ms': started - Math.min(...carried.map(({ since }) => since)),
  };
  // A large request may have several parts in one batch.
  const linked = [...new Set(carried.map(({ span }) => span.spanContext))].slice(0, mostLinks);
  const links = linked.filter((context) => api.isSpanContextValid(context)).map((context) => ({ context }));
  const span = tools.tracer.startSpan('inference batch', { startTime: toTime(started), attributes, links }, below);
  markError(tools, span, run);
  span.end(toTime(ended));
  return { context: span.spanContext() };
}

const modelOf = ({ model, version }: TracedRun): Attributes => ({
  'node_libtorch.model.name': model,
  'node_libtorch.model.version': version,
});

function markError({ api }: Tools, span: ReturnType<Tracer['startSpan']>, { error }: TracedRun): void {
  if (error === undefined) return;
  span.setAttribute('error.type', typeOf(error)).setStatus({ code: api.SpanStatusCode.ERROR });
}

/** Our code; of what is none of our errors (a caller that has gone, say) the class. */
function typeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '_OTHER';
  const { code } = error as { readonly code?: unknown };
  return isErrorCode(code) ? code : error.constructor.name;
}
