import { text } from '../check.js';
import { InferenceConnectionError } from './errors.js';
import { checkParameters } from './infer-options.js';
import { ModelClient } from './model-client.js';
import { checkCall, resolveOptions } from './options.js';
import { Session } from './session.js';
import { routes } from './transport.js';
/**
 * A client of inference servers that speak the Open Inference Protocol v2: that of this package, Triton, KServe, MLServer and
 * others. It loads neither LibTorch nor a server. A client may be shared by a whole program: it keeps its connections, and
 * sends any number of calls at once.
 *
 * @example
 * const client = new InferenceClient('http://127.0.0.1:8000');
 * const digits = client.model('mnist-mlp');
 * const { outputs } = await digits.infer({ input: pixels });
 */
export class InferenceClient {
    #session;
    /**
     * @param address `http://` or `https://`, with the path in front of `/v2` if there is one; `grpc://` or `grpcs://`
     * @throws ERR_INVALID_ARGUMENT
     */
    constructor(address, options = {}) {
        this.#session = new Session(resolveOptions(address, options));
    }
    /** How it talks to the server. */
    get protocol() {
        return this.#session.options.protocol;
    }
    /** Whether the server runs. @throws InferenceConnectionError where none is there, as all calls do */
    isLive(options = {}) {
        checkCall('isLive', options);
        return this.#session.ask(`GET ${routes.live}`, options, (transport, attempt) => transport.live(attempt));
    }
    /** Whether the server takes inferences. */
    isReady(options = {}) {
        checkCall('isReady', options);
        return this.#session.ask(`GET ${routes.ready}`, options, (transport, attempt) => transport.ready(attempt));
    }
    /**
     * Waits until the server, or one model of it, is ready. A server that cannot be reached yet is waited for.
     * @throws ERR_TIMEOUT; the signal's reason
     */
    async waitUntilReady(options = {}) {
        checkCall('waitUntilReady', options, ['model', 'version', 'intervalMs']);
        const { model, version, intervalMs = 250, ...call } = options;
        const session = this.#session;
        const path = model === undefined ? routes.ready : `${routes.model({ name: model, version })}/ready`;
        await session.within(`GET ${path}`, call, async ({ deadline, run }) => {
            for (;;) {
                const isReady = await run((transport, attempt) => model === undefined ? transport.ready(attempt) : transport.modelReady({ name: model, version }, attempt)).catch((error) => {
                    if (error instanceof InferenceConnectionError)
                        return false;
                    throw error;
                });
                if (isReady)
                    return;
                await deadline.sleep(intervalMs);
            }
        });
    }
    /** Name, version and extensions of the server. */
    metadata(options = {}) {
        checkCall('metadata', options);
        return this.#session.ask(`GET ${routes.server}`, options, (transport, attempt) => transport.serverMetadata(attempt));
    }
    /** Every model that the server knows, with its state. Servers that have names alone give no versions, and `UNKNOWN`. */
    models(options = {}) {
        checkCall('models', options);
        return this.#session.ask(`POST ${routes.index}`, options, (transport, attempt) => transport.index(attempt));
    }
    /** Statistics of all models, since each was loaded. */
    statistics(options = {}) {
        checkCall('statistics', options);
        return this.#session.ask(`GET ${routes.statistics}`, options, (transport, attempt) => transport.statistics(undefined, attempt));
    }
    /**
     * A model of the server; nothing is asked yet. With the types that `node-libtorch types` writes its inputs and outputs are
     * typed: `client.model<Methods>('digits')`.
     * @param version default: the server's default version
     * @throws ERR_INVALID_ARGUMENT
     */
    model(name, version) {
        text('the name of a model', name);
        if (version !== undefined)
            text('the version of a model', version);
        return new ModelClient(this.#session, { name, version });
    }
    /** Has the server load a model, or load it again. It is sent once: a load is not repeated blindly. */
    async load(name, options = {}) {
        await this.#change('load', name, options);
    }
    /** Has the server take a model down. */
    async unload(name, options = {}) {
        await this.#change('unload', name, options);
    }
    /** Closes its connections. Calls that run end with an error; later ones with ERR_DISPOSED. */
    close() {
        this.#session.close();
    }
    async #change(action, name, options) {
        text('the name of a model', name);
        checkCall(action, options, ['parameters']);
        const { parameters = {}, ...call } = options;
        checkParameters(parameters);
        await this.#session.within(`POST ${routes.repository(name, action)}`, call, ({ run }) => run((transport, attempt) => transport[action](name, parameters, attempt), false));
    }
}
