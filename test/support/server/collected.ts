import { context, propagation, SpanKind, trace, type TextMapPropagator } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace-base';
import { until } from './http.js';

/** Collects the spans of this process, as a program's own SDK would. Only one at a time. */
export class Collected {
  readonly #exporter = new InMemorySpanExporter();

  constructor(sampler?: Sampler, propagator: TextMapPropagator = new W3CTraceContextPropagator()) {
    const spanProcessors = [new SimpleSpanProcessor(this.#exporter)];
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors, ...(sampler && { sampler }) }));
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(propagator);
  }

  get spans(): readonly ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }

  of(name: string): readonly ReadableSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  /** Waits for so many spans of a name. */
  async seen(name: string, count = 1): Promise<readonly ReadableSpan[]> {
    await until(`${count} × ${name}`, () => this.of(name).length >= count);
    return this.of(name);
  }

  /** Those right below one, in the order of their starts. */
  below(span: ReadableSpan): readonly ReadableSpan[] {
    const { spanId } = span.spanContext();
    const found = this.spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === spanId);
    return found.toSorted((a, b) => micros(a.startTime) - micros(b.startTime));
  }

  reset(): void {
    this.#exporter.reset();
  }

  /** Nobody collects any more. */
  end(): void {
    trace.disable();
    context.disable();
    propagation.disable();
  }
}

const micros = ([seconds, nanos]: readonly [number, number]): number => seconds * 1e6 + nanos / 1e3;

/** When a span began and ended, in microseconds. */
export const timesOf = ({ startTime, endTime }: ReadableSpan): [number, number] => [micros(startTime), micros(endTime)];

export const kindOf = ({ kind }: ReadableSpan): string => SpanKind[kind];
