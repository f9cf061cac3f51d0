import { performance } from 'node:perf_hooks';
import type { Exchange } from './http/exchange.js';
import { timedOut } from './http/client-error.js';

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts and logs one exchange that is over: how long it took and how it ended, never what it held. */
export function record(exchange: Exchange): void {
  const { context, req, route, code, note } = exchange;
  const durationMs = performance.now() - exchange.started;
  const status = statusOf(exchange);
  const method = methods.has(req.method ?? '') ? String(req.method) : 'other';
  context.metrics.request(route, method, status, durationMs / 1000);
  if (code) context.metrics.rejected(code);
  const line = {
    requestId: exchange.id,
    method,
    route,
    status,
    durationMs: rounded(durationMs),
    ...note,
    ...(code && { code }),
    ...(status === 499 && { aborted: true }),
    // The message of a client's fault may quote what the client sent; the code says enough.
    ...(status >= 500 && exchange.cause !== undefined && { err: exchange.cause }),
  };
  if (status >= 500) context.logger.error(line, 'request');
  else context.logger.info(line, 'request');
}

/** 499 stands for a client that left before its answer was out; it is logged and counted, never sent. */
function statusOf({ req, res }: Exchange): number {
  if (res.writableFinished) return res.statusCode;
  return timedOut(req.socket) ? 408 : 499;
}

/** Microseconds are as fine as anyone reads. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
