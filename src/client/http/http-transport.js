import { torchError } from '../../errors.js';
import { InferenceServerError } from '../errors.js';
import { tokenOf } from '../options.js';
import { routes } from '../transport.js';
import { jsonOf, notOfProtocol, requireOk } from './answer.js';
import { compressed } from './compress.js';
import { encoded, responseOf } from './infer-codec.js';
import { configOf, indexOf, metadataOf, modelsOf, serverMetadataOf, statisticsOf } from './read-json.js';
/** The Open Inference Protocol over HTTP: JSON, and tensors as bytes behind it. Source: `inference_rest.md` of the protocol. */
export class HttpTransport {
    #sender;
    #base;
    #options;
    constructor(options, sender) {
        this.#sender = sender;
        this.#options = options;
        this.#base = options.url.pathname.replace(/\/+$/, '');
    }
    live(attempt) {
        return this.#isUp(routes.live, [400, 503], attempt);
    }
    ready(attempt) {
        return this.#isUp(routes.ready, [400, 503], attempt);
    }
    modelReady(target, attempt) {
        // A model that is not there is not ready either.
        return this.#isUp(`${routes.model(target)}/ready`, [400, 404, 503], attempt);
    }
    async serverMetadata(attempt) {
        return this.#json('GET', routes.server, attempt, serverMetadataOf);
    }
    async modelMetadata(target, attempt) {
        return this.#json('GET', routes.model(target), attempt, metadataOf);
    }
    async modelConfig(target, attempt) {
        return this.#json('GET', `${routes.model(target)}/config`, attempt, configOf);
    }
    async statistics(target, attempt) {
        const path = target ? `${routes.model(target)}/stats` : routes.statistics;
        return this.#json('GET', path, attempt, statisticsOf);
    }
    async index(attempt) {
        try {
            return await this.#json('POST', routes.index, attempt, indexOf, {});
        }
        catch (error) {
            // KServe's own servers have names alone.
            if (!(error instanceof InferenceServerError) || ![404, 405].includes(error.status))
                throw error;
            return this.#json('GET', routes.models, attempt, modelsOf).catch(() => {
                throw error;
            });
        }
    }
    async load(name, parameters, attempt) {
        await this.#change(routes.repository(name, 'load'), parameters, attempt);
    }
    async unload(name, parameters, attempt) {
        await this.#change(routes.repository(name, 'unload'), parameters, attempt);
    }
    async infer(target, request, form, attempt) {
        const path = `${routes.model(target)}/infer`;
        const { contentType, headerLength, parts } = await encoded(request, form.binary);
        const { compression, timeoutMs } = form;
        const answer = await this.#send('POST', path, attempt, compression ? await compressed(parts, compression) : parts, {
            'content-type': contentType,
            ...(headerLength !== undefined && { 'inference-header-content-length': String(headerLength) }),
            ...(compression && { 'content-encoding': compression, 'accept-encoding': compression }),
            ...(timeoutMs !== undefined && { 'x-request-timeout-ms': String(Math.max(1, Math.ceil(timeoutMs))) }),
        });
        requireOk(answer, `POST ${path}`);
        return responseOf(answer, `POST ${path}`);
    }
    // eslint-disable-next-line require-yield, @typescript-eslint/require-await
    async *stream() {
        throw torchError('ERR_NOT_IMPLEMENTED', 'Expected a client of gRPC (grpc://…) for a stream: HTTP has none');
    }
    close() {
        this.#sender.close();
    }
    async #isUp(path, down, attempt) {
        const answer = await this.#send('GET', path, attempt);
        if (down.includes(answer.status))
            return false;
        requireOk(answer, `GET ${path}`);
        return true;
    }
    async #json(method, path, attempt, read, body) {
        const operation = `${method} ${path}`;
        const answer = await this.#send(method, path, attempt, body && [jsonBytes(body)], body && json);
        const parsed = jsonOf(answer, operation);
        try {
            return read(parsed);
        }
        catch (cause) {
            throw notOfProtocol(answer, operation, cause);
        }
    }
    async #change(path, parameters, attempt) {
        const body = Object.keys(parameters).length === 0 ? {} : { parameters };
        requireOk(await this.#send('POST', path, attempt, [jsonBytes(body)], json), `POST ${path}`);
    }
    async #send(method, path, { deadline, headers }, body, own = {}) {
        const { token } = this.#options;
        const all = {
            accept: 'application/json, application/octet-stream',
            ...lowerCase(this.#options.headers),
            ...(token !== undefined && { authorization: `Bearer ${await tokenOf(token)}` }),
            ...(headers && lowerCase(headers)),
            ...own,
        };
        return this.#sender.send({ method, path: `${this.#base}${path}`, headers: all, body, operation: `${method} ${path}` }, deadline);
    }
}
const json = { 'content-type': 'application/json' };
const encoder = new TextEncoder();
const jsonBytes = (value) => encoder.encode(JSON.stringify(value));
function lowerCase(headers) {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
