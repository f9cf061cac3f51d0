import { answerHeaders } from '../answer-headers.js';
import { room } from '../http/turn.js';
import { loadFormat } from '../load-report.js';
import { asTorchError } from '../public-error.js';
import { callOf } from './interceptor.js';
import { statusOf } from './status.js';
/** Messages stay as they came until their handler reads them: what is wrong with one is then said in our words. */
const asItCame = (message) => message;
const joined = (writer) => {
    const pieces = writer.pieces();
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, writer.length);
};
/** Adds a row to a server of the library. */
export function register(server, service, row) {
    const { path, requestStream, responseStream } = row.rpc;
    const type = requestStream ? 'bidi' : responseStream ? 'serverStream' : 'unary';
    const handler = row.stream ? streamHandler(service, row) : unaryHandler(service, row);
    server.register(path, handler, joined, asItCame, type);
}
function unaryHandler({ grpc, context }, { rpc, answer }) {
    return (own, callback) => {
        const grpcCall = callOf(own.metadata);
        const call = grpcCall.only;
        if (!call || !answer)
            return;
        const metadata = () => {
            const made = new grpc.Metadata();
            const format = loadFormat(grpcCall.metadata('endpoint-load-metrics-format'));
            for (const [name, value] of Object.entries(answerHeaders(call, format)))
                made.set(name, value);
            return made;
        };
        const respond = async () => {
            const wait = room();
            if (wait)
                await wait;
            const request = rpc.request.decode(own.request);
            return rpc.response.encode(await answer({ context, call }, request));
        };
        respond().then((writer) => {
            if (grpcCall.isOver)
                return;
            own.sendMetadata(metadata());
            callback(null, writer);
        }, (thrown) => {
            if (grpcCall.isOver)
                return;
            callback(statusOf(grpc, call.failed(asTorchError(thrown)), metadata()));
        });
    };
}
function streamHandler(service, { rpc, stream }) {
    return (own) => {
        const grpcCall = callOf(own.metadata);
        const { context, stopping } = service;
        const end = (error) => endStream(service, own, grpcCall, error);
        const guarded = (act) => {
            try {
                act();
            }
            catch (error) {
                end(error);
            }
        };
        const streamOf = (request) => ({
            context,
            stopping,
            grpc: grpcCall,
            request: request,
            onMessage: (callback) => {
                own.on('data', (message) => guarded(() => callback(message)));
            },
            onEnd: (callback) => {
                own.on('end', () => guarded(callback));
            },
            send: (message) => send(own, rpc.response.encode(message)),
            end,
        });
        guarded(() => stream?.(streamOf(rpc.requestStream ? undefined : rpc.request.decode(own.request))));
    };
}
/** Resolves once it is out, or cannot be sent any more. */
function send(own, writer) {
    if (own.destroyed || own.writableEnded)
        return Promise.resolve();
    return new Promise((resolve) => own.write(writer, () => resolve()));
}
function endStream({ grpc }, own, grpcCall, thrown) {
    if (grpcCall.isOver || own.destroyed || own.writableEnded)
        return;
    if (thrown === undefined)
        own.end();
    else
        own.emit('error', statusOf(grpc, asTorchError(thrown)));
}
