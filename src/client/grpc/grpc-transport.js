import { expected } from '../../errors.js';
import { wireRequest } from '../../protocol/grpc/infer-codec.js';
import { rpcs } from '../../protocol/grpc/rpcs.js';
import { InferenceServerError } from '../errors.js';
import { tokenOf } from '../options.js';
import { Channels } from './channel.js';
import { errorOf } from './grpc-errors.js';
import { loadGrpc } from './library.js';
import { configOf, indexEntryOf, readResponse, readStreamed, repositoryParameters } from './messages.js';
import { streamOf } from './stream.js';
/** @throws ERR_GRPC_NOT_FOUND */
export async function openGrpc(options) {
    return new GrpcTransport(await loadGrpc(), options);
}
/** The Open Inference Protocol over gRPC. Source: the protocol's `open_inference_grpc.proto`. */
class GrpcTransport {
    #grpc;
    #options;
    #channels;
    constructor(grpc, options) {
        this.#grpc = grpc;
        this.#options = options;
        this.#channels = new Channels(grpc, options);
    }
    async live(attempt) {
        return (await this.#call(rpcs.serverLive, {}, attempt)).live;
    }
    async ready(attempt) {
        return (await this.#call(rpcs.serverReady, {}, attempt)).ready;
    }
    async modelReady(target, attempt) {
        try {
            return (await this.#call(rpcs.modelReady, addressed(target), attempt)).ready;
        }
        catch (error) {
            // A model that is not there is not ready either.
            if (error instanceof InferenceServerError && [400, 404, 503].includes(error.status))
                return false;
            throw error;
        }
    }
    serverMetadata(attempt) {
        return this.#call(rpcs.serverMetadata, {}, attempt);
    }
    modelMetadata(target, attempt) {
        return this.#call(rpcs.modelMetadata, addressed(target), attempt);
    }
    async modelConfig(target, attempt) {
        return configOf((await this.#call(rpcs.modelConfig, addressed(target), attempt)).config);
    }
    async statistics(target, attempt) {
        const { model_stats } = await this.#call(rpcs.modelStatistics, addressed(target), attempt);
        return model_stats.map((statistics) => ({ ...statistics, response_stats: {} }));
    }
    async index(attempt) {
        const { models } = await this.#call(rpcs.repositoryIndex, { repository_name: '', ready: false }, attempt);
        return models.map(indexEntryOf);
    }
    async load(name, parameters, attempt) {
        await this.#call(rpcs.repositoryModelLoad, change(name, parameters), attempt);
    }
    async unload(name, parameters, attempt) {
        await this.#call(rpcs.repositoryModelUnload, change(name, parameters), attempt);
    }
    async infer(target, request, form, attempt) {
        if (!form.binary)
            throw expected('no binary: false', 'a client of gRPC', 'it');
        const message = wireRequest({ model: target.name, version: target.version }, request);
        const answer = await this.#call(rpcs.modelInfer, message, attempt, form.compression);
        return readResponse(answer, rpcs.modelInfer.path);
    }
    async *stream(target, requests, attempt) {
        const { deadline } = attempt;
        const operation = rpcs.modelStreamInfer.path;
        const call = this.#channels
            .client(undefined)
            .makeBidiStreamRequest(operation, serializer(rpcs.modelStreamInfer), readStreamed, await this.#metadata(attempt));
        const write = (request) => wireRequest({ model: target.name, version: target.version }, request);
        for await (const { error_message: error, infer_response } of streamOf(call, requests, write, deadline, operation)) {
            if (error !== '')
                throw streamError(error, operation);
            if (infer_response)
                yield readResponse(infer_response, operation);
        }
    }
    close() {
        this.#channels.close();
    }
    async #call(rpc, request, attempt, compression) {
        const { deadline } = attempt;
        const metadata = await this.#metadata(attempt);
        const client = this.#channels.client(compression);
        return deadline.wait((resolve, reject) => {
            const call = client.makeUnaryRequest(rpc.path, serializer(rpc), deserializer(rpc), request, metadata, optionsOf(deadline), (error, answer) => {
                if (error)
                    reject(errorOf(error, rpc.path, deadline));
                else
                    resolve(answer);
            });
            return () => call.cancel();
        });
    }
    async #metadata({ headers }) {
        const { token, headers: own } = this.#options;
        const metadata = new this.#grpc.Metadata();
        for (const [name, value] of Object.entries({ ...own, ...headers }))
            metadata.set(name, value);
        if (token !== undefined)
            metadata.set('authorization', `Bearer ${await tokenOf(token)}`);
        return metadata;
    }
}
function optionsOf({ remainingMs }) {
    return remainingMs < Infinity ? { deadline: Date.now() + remainingMs } : {};
}
const addressed = (target) => ({ name: target?.name ?? '', version: target?.version ?? '' });
const change = (name, parameters) => ({
    repository_name: '',
    model_name: name,
    parameters: repositoryParameters(parameters),
});
const serializer = ({ request }) => (value) => Buffer.concat(request.encode(value).pieces());
const deserializer = ({ response }) => (bytes) => response.decode(bytes);
function streamError(message, operation) {
    return new InferenceServerError('ERR_BAD_REQUEST', `${operation} was answered with an error: ${message}`, {
        operation,
        serverMessage: message,
    });
}
