import type { Attributes, Context, Span, SpanContext } from '@opentelemetry/api';
import type { CallSpan, CarriedCall, TracedRun } from '../../batching/index.js';
import { warnOf } from '../../errors.js';
import type { Trace } from '../trace.js';
import type { SpanDescription, SpanEnd } from './description.js';
import { spansOfRun, type SpanOfRequest } from './runs.js';
import { toTime } from './time.js';
import type { Tools } from './tracing.js';

/**
 * The span of one request: of the server, below the caller's own; or, where somebody has an active span for the request
 * (an instrumentation of HTTP or Express, or the program), a step inside of that.
 */
export class RequestSpan implements CallSpan, SpanOfRequest {
  readonly tools: Tools;
  /** In which what the request does runs. */
  readonly context: Context;
  readonly spanContext: SpanContext;
  /** Somebody collects it; also after its end. */
  readonly isRecorded: boolean;
  readonly #span: Span;
  #trace: Trace | undefined;
  readonly #parent: SpanContext | undefined;

  /**
   * @param started by `performance.now()`
   * @param ambient what was active when the request came. Default: what is now
   * @returns undefined where the provider makes none, or fails: a broken one is no reason to fail a request
   */
  static begin(
    tools: Tools,
    description: SpanDescription,
    started: number,
    ambient?: Context,
  ): RequestSpan | undefined {
    try {
      const span = new RequestSpan(tools, description, started, ambient ?? tools.api.context.active());
      return tools.api.isSpanContextValid(span.spanContext) ? span : undefined;
    } catch (error) {
      warnOf(error);
      return undefined;
    }
  }

  private constructor(tools: Tools, description: SpanDescription, started: number, ambient: Context) {
    this.tools = tools;
    const { trace, propagation, SpanKind } = tools.api;
    const { name, attributes, inner, carrier, getter } = description;
    const isInner = trace.getSpan(ambient) !== undefined;
    const parent = isInner ? ambient : propagation.extract(ambient, carrier, getter);
    this.#parent = trace.getSpanContext(parent);
    this.#span = tools.tracer.startSpan(
      name,
      {
        kind: isInner ? SpanKind.INTERNAL : SpanKind.SERVER,
        startTime: toTime(started),
        attributes: isInner ? inner : attributes,
      },
      parent,
    );
    this.spanContext = this.#span.spanContext();
    this.isRecorded = this.#span.isRecording();
    this.context = trace.setSpan(parent, this.#span);
    if (isInner) nameRoute(tools, ambient, attributes['http.route']);
  }

  /** As the log and the answer tell of it. */
  get trace(): Trace {
    if (this.#trace) return this.#trace;
    const { traceId, spanId, traceFlags, traceState } = this.spanContext;
    return (this.#trace = {
      traceId,
      spanId,
      parentId: this.#parent?.spanId,
      isSampled: (traceFlags & 1) === 1,
      isCallers: this.#parent?.isRemote === true,
      traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
      tracestate: traceState?.serialize() || undefined,
    });
  }

  /** Calls with this span as the active one. */
  run<T>(action: () => T): T {
    return this.tools.api.context.with(this.context, action);
  }

  ran(run: TracedRun, carried: readonly CarriedCall[]): void {
    try {
      // Whoever has a span has it of this class.
      spansOfRun(this.tools, run, carried as readonly (CarriedCall & { readonly span: RequestSpan })[]);
    } catch (error) {
      warnOf(error); // a broken collector is no reason to fail a request
    }
  }

  /** @param ended by `performance.now()` @param own what this server knows beside the protocol */
  end(end: SpanEnd, ended: number, own: Attributes): void {
    try {
      this.#end(end, ended, own);
    } catch (error) {
      warnOf(error); // the answer is out: what somebody does with its span ends nothing
    }
  }

  #end({ attributes, errorType }: SpanEnd, ended: number, own: Attributes): void {
    const span = this.#span;
    if (span.isRecording()) {
      span.setAttributes(attributes).setAttributes(own);
      if (errorType !== undefined) {
        span.setAttribute('error.type', errorType).setStatus({ code: this.tools.api.SpanStatusCode.ERROR });
      }
    }
    span.end(toTime(ended));
  }
}

/** The instrumentation of HTTP names its span by the route that it finds here, as that of Express says it. */
function nameRoute({ api }: Tools, ambient: Context, route: unknown): void {
  const key = api.createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');
  const found = ambient.getValue(key) as { type?: unknown; route?: unknown } | undefined;
  if (found?.type === 'http' && !found.route && route !== undefined) found.route = route;
}
