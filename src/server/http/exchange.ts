import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { ErrorCode } from '../../errors.js';
import { ClientGone } from './body.js';
import { acceptedEncodings } from './encoding.js';
import { acceptedTypes } from './media-type.js';
import type { ServerContext } from '../context.js';
import { endAfterUpload, isUploading } from './linger.js';
import { asTorchError, isRetryable, problemOf, retrySeconds } from './problem.js';
import { OpenExchanges, type Endable } from './open-exchanges.js';
import { requestIdOf } from './request-id.js';
import { record } from '../access-log.js';

/** Labels of the request metric: a fixed set, whatever is asked for. */
export type Route = '/predict' | '/health/live' | '/health/ready' | '/metrics' | '/openapi.json' | 'unmatched';

/** What the access line says of a prediction. */
export interface PredictionNote {
  model?: string;
  version?: string;
  rows?: number;
  shape?: readonly number[];
  inferenceMs?: number;
  queueMs?: number;
}

const key = Symbol('node-libtorch exchange');
const json = 'application/json; charset=utf-8';

/** One request and its answer: its id, its clock, the ways to answer it, and what is logged and counted at its end. */
export class Exchange implements Endable {
  readonly id: string;
  readonly started = performance.now();
  readonly note: PredictionNote = {};
  route: Route = 'unmatched';
  code: ErrorCode | undefined;
  /** What went wrong on our side, for the log. */
  cause: unknown;
  readonly #open: OpenExchanges;
  readonly #isLast: boolean;

  private constructor(
    readonly context: ServerContext,
    readonly req: IncomingMessage,
    readonly res: ServerResponse,
  ) {
    this.id = requestIdOf(req);
    this.#open = OpenExchanges.of(req.socket);
    this.#open.add(this);
    this.#isLast = ++this.#open.begun >= context.maxRequestsPerSocket;
    context.lifecycle.enter();
    res.once('close', () => this.end());
  }

  /** The answer is out, or its connection is gone. */
  end(): void {
    if (!this.#open.delete(this)) return;
    this.context.lifecycle.leave();
    record(this);
  }

  /** The exchange of a request: the first handler to ask begins it. */
  static of(context: ServerContext, req: IncomingMessage, res: ServerResponse): Exchange {
    const holder = res as ServerResponse & { [key]?: Exchange };
    return (holder[key] ??= new Exchange(context, req, res));
  }

  /** Aborts when the client goes away before the answer is out. */
  get signal(): AbortSignal {
    return this.#open.has(this) ? this.#open.signal : AbortSignal.abort(new ClientGone());
  }

  json(status: number, value: unknown, headers: OutgoingHttpHeaders = {}): void {
    this.send(status, json, JSON.stringify(value), headers);
  }

  /** Answers with a problem document. Nothing is sent when the client is gone or an answer is under way. */
  fail(thrown: unknown, headers: OutgoingHttpHeaders = {}): void {
    const error = asTorchError(thrown);
    if (thrown instanceof ClientGone || !this.#open.has(this)) return;
    this.code = error.code;
    this.cause = error;
    if (this.res.headersSent) {
      this.res.destroy();
      return;
    }
    const problem = problemOf(error, this.id);
    this.send(problem.status, 'application/problem+json; charset=utf-8', JSON.stringify(problem), {
      ...(isRetryable(error) && { 'retry-after': retrySeconds() }),
      ...(problem.status === 415 && { accept: acceptedTypes, 'accept-encoding': acceptedEncodings }),
      ...headers,
    });
  }

  /** Sends a whole answer. Every answer goes through here, so that none lacks the headers that all carry. */
  send(status: number, contentType: string | undefined, body: string, headers: OutgoingHttpHeaders = {}): void {
    const { req, res, context } = this;
    const uploading = isUploading(req);
    res.writeHead(status, {
      ...headers,
      ...(contentType !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
      'x-request-id': this.id,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...((uploading || this.#isLast || context.lifecycle.leaving) && { connection: 'close' }),
    });
    if (uploading) endAfterUpload(req, res, body);
    else res.end(body);
  }
}
