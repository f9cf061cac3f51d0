import { once } from 'node:events';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { Deadline } from '../deadline.js';
import { errorOf } from './grpc-errors.js';

/**
 * Both directions of one stream: requests go out as they come, as far as the server takes them; answers come in. Leaving the
 * loop, the deadline and a request that cannot be made end the call.
 */
export async function* streamOf<Request, Wire, Response>(
  call: ClientDuplexStream<Wire, Response>,
  requests: AsyncGenerator<Request>,
  write: (request: Request) => Wire,
  deadline: Deadline,
  operation: string,
): AsyncGenerator<Response> {
  let failed: { readonly reason: unknown } | undefined;
  const fail = (reason: unknown): void => {
    failed ??= { reason };
    call.cancel();
  };
  // Also after the loop: an error that nobody listens to would end the process.
  call.on('error', () => undefined);
  const stopped = new AbortController();
  const feed = async (): Promise<void> => {
    for await (const request of requests) {
      if (stopped.signal.aborted) return;
      if (!call.write(write(request))) await once(call, 'drain', { signal: stopped.signal });
    }
    call.end();
  };
  void deadline.wait<never>(() => fail).catch(fail);
  feed().catch((reason: unknown) => {
    if (!stopped.signal.aborted) fail(reason);
  });
  try {
    for await (const answer of call as AsyncIterable<Response>) yield answer;
  } catch (error) {
    throw failed ? failed.reason : errorOf(error as ServiceError, operation, deadline);
  } finally {
    stopped.abort();
    call.cancel();
    // Why the stream ended is said already.
    requests.return(undefined).catch(() => undefined);
  }
}
