import { createSecureContext } from 'node:tls';
/** Connections to one server: one for each compression that is used, because that is a channel's. */
export class Channels {
    #grpc;
    #options;
    #address;
    #credentials;
    #clients = new Map();
    constructor(grpc, options) {
        this.#grpc = grpc;
        this.#options = options;
        const { url, isSecure } = options;
        this.#address = `${url.hostname}:${url.port || (isSecure ? 443 : 80)}`;
        this.#credentials = credentialsOf(grpc, options);
    }
    client(compression) {
        const key = compression ?? 'identity';
        let client = this.#clients.get(key);
        if (!client) {
            const { maxAnswerBytes, tls } = this.#options;
            client = new this.#grpc.Client(this.#address, this.#credentials, {
                'grpc.max_receive_message_length': Math.min(maxAnswerBytes, 2 ** 31 - 1),
                'grpc.max_send_message_length': -1,
                'grpc.default_compression_algorithm': this.#grpc.compressionAlgorithms[key],
                // A server that starts is found soon: our own tries wait no longer.
                'grpc.initial_reconnect_backoff_ms': 100,
                'grpc.max_reconnect_backoff_ms': 5000,
                ...(tls?.servername !== undefined && {
                    'grpc.ssl_target_name_override': tls.servername,
                    'grpc.default_authority': tls.servername,
                }),
            });
            this.#clients.set(key, client);
        }
        return client;
    }
    close() {
        for (const client of this.#clients.values())
            client.close();
        this.#clients.clear();
    }
}
function credentialsOf({ credentials }, { isSecure, tls }) {
    if (!isSecure)
        return credentials.createInsecure();
    const { ca, cert, key, rejectUnauthorized } = tls ?? {};
    const context = createSecureContext({ ca, cert, key });
    return credentials.createFromSecureContext(context, rejectUnauthorized === undefined ? {} : { rejectUnauthorized });
}
