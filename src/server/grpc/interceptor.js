import { torchError } from '../../errors.js';
import { statusOf } from './status.js';
const calls = new WeakMap();
/** The call that a handler was called for, by its metadata. */
export function callOf(metadata) {
    return calls.get(metadata);
}
/**
 * Stands between the library and the handlers: a call is begun, and refused, before its message is read; no more is read than
 * there is room for; and however it ends, its end is known.
 */
export function interceptorOf(grpc, reception) {
    class Intercepted extends grpc.ServerInterceptingCall {
        call;
        startRead() {
            const read = () => super.startRead();
            if (this.call)
                this.call.reading.enter(read);
            else
                read();
        }
    }
    return ({ path, requestStream }, next) => {
        let timer;
        const end = (status) => {
            clearTimeout(timer);
            own.call?.end(status);
        };
        const tooLate = () => {
            const error = torchError('ERR_REQUEST_TIMEOUT', 'Expected the whole message to arrive in time');
            own.call?.failed(error);
            own.sendStatus(statusOf(grpc, error));
        };
        const own = new Intercepted(next, {
            start: (start) => {
                start({
                    onReceiveMetadata(metadata, forward) {
                        const { remoteAddress } = next.getConnectionInfo();
                        const call = reception.take({
                            path: path,
                            metadata,
                            address: remoteAddress,
                            deadline: Number(next.getDeadline()),
                        });
                        own.call = call;
                        calls.set(metadata, call);
                        if (call.refusal) {
                            own.sendStatus(statusOf(grpc, call.refusal));
                            return;
                        }
                        if (!requestStream)
                            timer = setTimeout(tooLate, reception.receiveTimeoutMs);
                        forward(metadata);
                    },
                    onReceiveMessage(message, forward) {
                        clearTimeout(timer);
                        own.call?.reading.received(message.length);
                        forward(message);
                    },
                    // Also where the library has ended the call itself: for a message that is too large, or a deadline.
                    onCancel: () => end(sentStatus(next)),
                });
            },
            sendMetadata(metadata, forward) {
                if (own.call)
                    metadata.set('x-request-id', own.call.id);
                forward(metadata);
            },
            sendStatus(status, forward) {
                const trailers = status.metadata ?? new grpc.Metadata();
                if (own.call)
                    trailers.set('x-request-id', own.call.id);
                forward({ ...status, metadata: trailers });
                end(status.code);
            },
        });
        return own;
    };
}
/** The status that went out below the interceptors; undefined where the client has cancelled or gone. */
function sentStatus(call) {
    const stream = Reflect.get(call, 'stream');
    const sent = stream?.sentTrailers?.['grpc-status'] ?? stream?.sentHeaders?.['grpc-status'];
    return sent === undefined ? undefined : Number(sent);
}
