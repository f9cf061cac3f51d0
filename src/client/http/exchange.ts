import type { Deadline } from '../deadline.js';

/** One request, whatever sends it. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** With the base path of the server's URL, percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Pieces of the body, in order. */
  readonly body?: readonly Uint8Array[] | undefined;
  /** For errors: `POST /v2/models/digits/infer`. */
  readonly operation: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** Of a header by its name in lower case. */
  header(name: string): string | undefined;
  /** Inflated, in pieces. */
  readonly body: readonly Buffer[];
}

/** What sends requests: `node:http`, or `fetch`. */
export interface HttpSender {
  /**
   * @throws InferenceConnectionError, InferenceProtocolError for an answer that is too long or cut off; whatever ends the
   * deadline
   */
  send(request: HttpRequest, deadline: Deadline): Promise<HttpAnswer>;
  close(): void;
}
