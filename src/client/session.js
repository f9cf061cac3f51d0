import { torchError } from '../errors.js';
import { Deadline } from './deadline.js';
import { InferenceConnectionError, InferenceTimeoutError } from './errors.js';
import { KnownModels } from './known-models.js';
import { withRetries } from './retry.js';
import { routes } from './transport.js';
/** Triton's name of the extension that has tensors as bytes behind the JSON. */
const binaryExtension = 'binary_tensor_data';
/** What a client and the models of it share: the transport, and what is known of the server. */
export class Session {
    options;
    #models = new KnownModels();
    #binary;
    #transport;
    #isClosed = false;
    constructor(options) {
        this.options = options;
    }
    /** Begins a call, whose deadline somebody must close. */
    async begin(operation, { timeoutMs = this.options.timeoutMs, signal, headers }, retries = this.options.retries) {
        const transport = await this.transport();
        const deadline = new Deadline(operation, timeoutMs, signal);
        return {
            deadline,
            run: (send, idempotent = true) => withRetries({ retries, idempotent }, deadline, () => send(transport, { deadline, headers })),
        };
    }
    /** Runs a call within its time. @param retries default: the client's */
    async within(operation, options, work, retries) {
        const tries = await this.begin(operation, options, retries);
        try {
            return await work(tries);
        }
        finally {
            tries.deadline.close();
        }
    }
    /** A call of one question, which may be asked twice. */
    ask(operation, options, send, retries) {
        return this.within(operation, options, ({ run }) => run(send), retries);
    }
    /**
     * What the server says of a model; asked once. Nobody's abort ends the question for others who wait for it.
     * @param fresh asks again
     */
    async metadataOf(target, { deadline }, headers, fresh = false) {
        const key = JSON.stringify([target.name, target.version]);
        if (fresh)
            this.#models.forget(key);
        const asked = this.#models.get(key, () => this.ask(`GET ${routes.model(target)}`, { headers }, (transport, attempt) => transport.modelMetadata(target, attempt)));
        return waitFor(asked, deadline);
    }
    /** Whether the server takes bytes behind the JSON; asked once. Over gRPC every one does. */
    async takesBinary({ deadline }, headers, fresh = false) {
        if (this.options.protocol === 'grpc')
            return true;
        if (fresh)
            this.#binary = undefined;
        const asked = (this.#binary ??= this.#askBinary(headers));
        asked.catch(() => {
            if (this.#binary === asked)
                this.#binary = undefined;
        });
        return waitFor(asked, deadline);
    }
    async #askBinary(headers) {
        try {
            const { extensions } = await this.ask(`GET ${routes.server}`, { headers }, (transport, attempt) => transport.serverMetadata(attempt));
            return extensions.includes(binaryExtension);
        }
        catch (error) {
            // Nothing was learnt of the server.
            if (error instanceof InferenceConnectionError || error instanceof InferenceTimeoutError)
                throw error;
            // It says nothing of itself: JSON is what every server takes.
            return false;
        }
    }
    /** @throws ERR_DISPOSED after `close` */
    async transport() {
        if (this.#isClosed)
            throw torchError('ERR_DISPOSED', 'Expected an open client but it was closed');
        return (this.#transport ??= openTransport(this.options));
    }
    close() {
        this.#isClosed = true;
        void this.#transport?.then((transport) => transport.close(), () => undefined);
    }
}
/** What several wait for, each within its own time. */
function waitFor(asked, deadline) {
    return deadline.wait((resolve, reject) => {
        asked.then(resolve, reject);
        return () => undefined;
    });
}
/** Each way is loaded when it is used: neither Node's HTTP nor gRPC where the other is meant. */
async function openTransport(options) {
    if (options.protocol === 'grpc') {
        const { openGrpc } = await import('./grpc/grpc-transport.js');
        return openGrpc(options);
    }
    const [{ HttpTransport }, sender] = await Promise.all([import('./http/http-transport.js'), openSender(options)]);
    return new HttpTransport(options, sender);
}
async function openSender(options) {
    if (options.fetch) {
        const { FetchHttp } = await import('./http/fetch-http.js');
        return new FetchHttp(options, options.fetch);
    }
    const { NodeHttp } = await import('./http/node-http.js');
    return new NodeHttp(options);
}
