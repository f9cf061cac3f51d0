import type { Attributes, TextMapGetter } from '@opentelemetry/api';

/** What a protocol says of a call when its span begins. */
export interface SpanDescription {
  /** Of few different values: `POST /predict`. */
  readonly name: string;
  /** By the conventions of the protocol; a sampler may look at them. */
  readonly attributes: Attributes;
  /** Of the above, those of a step inside of a request that somebody else's span describes already. */
  readonly inner: Attributes;
  /** Where the caller's own span is found: headers, or metadata. */
  readonly carrier: unknown;
  readonly getter: TextMapGetter;
}

/** What a protocol says of a call when it is over. */
export interface SpanEnd {
  readonly attributes: Attributes;
  /** What the call failed of by the protocol's rules; undefined where a client's own fault, or nothing, was. */
  readonly errorType: string | undefined;
}

/** The texts of strangers are bounded. */
export function bounded(text: string, most: number): string {
  return text.length > most ? text.slice(0, most) : text;
}
