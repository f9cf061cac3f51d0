import * as library from '@grpc/grpc-js';
import { responseOf, wireRequest } from '#dist/protocol/grpc/infer-codec.js';
import { rpcs } from '#dist/protocol/grpc/rpcs.js';
export { library as grpc };
const same = (bytes) => bytes;
/** A client of the library, with our messages. */
export class GrpcClient {
    raw;
    constructor(port, credentials = library.credentials.createInsecure(), options = {}) {
        this.raw = new library.Client(`127.0.0.1:${port}`, credentials, {
            'grpc.max_receive_message_length': -1,
            'grpc.use_local_subchannel_pool': 1,
            ...options,
        });
    }
    close() {
        this.raw.close();
    }
    /** Sends bytes as they are. */
    bytes(path, message, options = {}) {
        return new Promise((resolve, reject) => {
            const call = this.raw.makeUnaryRequest(path, same, same, message, metadataOf(options), deadlineOf(options), (error, answer) => {
                if (error)
                    reject(error);
                else
                    resolve(answer);
            });
            if (options.onMetadata)
                call.on('metadata', options.onMetadata);
            options.signal?.addEventListener('abort', () => call.cancel());
        });
    }
    async call(rpc, message, options) {
        return rpc.response.decode(await this.bytes(rpc.path, Buffer.concat(rpc.request.encode(message).pieces()), options));
    }
    async infer(model, request, options) {
        const target = { model, version: undefined };
        return responseOf(await this.call(rpcs.modelInfer, wireRequest(target, request), options));
    }
    stream(options = {}) {
        return new InferStream(this.raw.makeBidiStreamRequest(rpcs.modelStreamInfer.path, same, same, metadataOf(options), deadlineOf(options)));
    }
}
/** `ModelStreamInfer`, as a client sees it. */
export class InferStream {
    call;
    answers = [];
    /** The status it ended with. */
    ended;
    constructor(call) {
        this.call = call;
        call.on('data', (bytes) => this.answers.push(rpcs.modelStreamInfer.response.decode(bytes)));
        call.on('error', () => undefined);
        this.ended = new Promise((resolve) => call.once('status', resolve));
    }
    send(model, request) {
        const wire = wireRequest({ model, version: undefined }, request);
        this.call.write(Buffer.concat(rpcs.modelStreamInfer.request.encode(wire).pieces()));
    }
}
function metadataOf({ metadata = {} }) {
    const made = new library.Metadata();
    for (const [name, value] of Object.entries(metadata))
        made.set(name, value);
    return made;
}
const deadlineOf = ({ deadlineMs }) => deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
