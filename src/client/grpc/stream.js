import { once } from 'node:events';
import { errorOf } from './grpc-errors.js';
/**
 * Both directions of one stream: requests go out as they come, as far as the server takes them; answers come in. Leaving the
 * loop, the deadline and a request that cannot be made end the call.
 */
export async function* streamOf(call, requests, write, deadline, operation) {
    let failed;
    const fail = (reason) => {
        failed ??= { reason };
        call.cancel();
    };
    // Also after the loop: an error that nobody listens to would end the process.
    call.on('error', () => undefined);
    const stopped = new AbortController();
    const feed = async () => {
        for await (const request of requests) {
            if (stopped.signal.aborted)
                return;
            if (!call.write(write(request)))
                await once(call, 'drain', { signal: stopped.signal });
        }
        call.end();
    };
    void deadline.wait(() => fail).catch(fail);
    feed().catch((reason) => {
        if (!stopped.signal.aborted)
            fail(reason);
    });
    try {
        for await (const answer of call)
            yield answer;
    }
    catch (error) {
        throw failed ? failed.reason : errorOf(error, operation, deadline);
    }
    finally {
        stopped.abort();
        call.cancel();
        void requests.return(undefined);
    }
}
