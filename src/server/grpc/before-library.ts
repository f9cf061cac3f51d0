import { randomUUID } from 'node:crypto';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { errorTable, torchError } from '../../errors.js';
import { ServerCall } from '../call.js';
import { statusCodes } from '../../protocol/grpc/status.js';
import type { ServerContext } from '../context.js';
import { describeRpc, endOfRpc } from '../tracing/rpc.js';

/** What the library can wait for: its timers are of 31 bits. */
const longestMs = 2 ** 31 - 1;
const unitsMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000 };

/**
 * Sees each call before the library does: its deadline is one that the library can keep, and a call that it refuses by itself,
 * because there is no such procedure, is logged and counted like any other.
 */
export function beforeLibrary(http2: Http2Server, context: ServerContext, isKnown: (path: string) => boolean): void {
  http2.prependListener('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const timeout = headers['grpc-timeout'];
    if (typeof timeout === 'string') headers['grpc-timeout'] = bounded(timeout);
    if (!isKnown(String(headers[':path']))) refused(context, stream, headers);
  });
}

/** Source: grpc/grpc `doc/PROTOCOL-HTTP2.md`, "Timeout". */
function bounded(timeout: string): string {
  const [, digits, unit = ''] = /^(\d{1,8})([HMS])$/.exec(timeout) ?? [];
  const isTooLong = Number(digits) * (unitsMs[unit] ?? 0) > longestMs;
  return isTooLong ? `${Math.floor(longestMs / 1000)}S` : timeout;
}

function refused(context: ServerContext, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const address = stream.session?.socket.remoteAddress;
  const metadata = (name: string): string | undefined => {
    const given = headers[name];
    return typeof given === 'string' ? given : undefined;
  };
  const call = new ServerCall(context, {
    id: randomUUID(),
    method: 'grpc',
    loggedAddress: context.logsClients ? address : undefined,
    caller: { signal: AbortSignal.abort(), address },
    protocol: { describe: (_, client) => describeRpc({ metadata }, '/_OTHER', client), endOf: endOfRpc },
  });
  const { code } = call.failed(torchError('ERR_ROUTE_NOT_FOUND', 'Expected a call that this server has'));
  call.end(errorTable[code].status, statusCodes.UNIMPLEMENTED);
}
