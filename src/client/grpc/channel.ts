import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Client, ChannelCredentials } from '@grpc/grpc-js';
import type { Compression } from '../infer-options.js';
import type { ResolvedOptions } from '../options.js';
import type { Grpc } from '../../protocol/grpc/library.js';

/** Connections to one server: one for each compression that is used, because that is a channel's. */
export class Channels {
  readonly #grpc: Grpc;
  readonly #options: ResolvedOptions;
  readonly #address: string;
  readonly #credentials: ChannelCredentials;
  readonly #clients = new Map<string, Client>();

  constructor(grpc: Grpc, options: ResolvedOptions) {
    this.#grpc = grpc;
    this.#options = options;
    const { url, isSecure } = options;
    this.#address = `${url.hostname}:${url.port || (isSecure ? 443 : 80)}`;
    this.#credentials = credentialsOf(grpc, options);
  }

  client(compression: Compression | undefined): Client {
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

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}

function credentialsOf({ credentials }: Grpc, { isSecure, tls }: ResolvedOptions): ChannelCredentials {
  if (!isSecure) return credentials.createInsecure();
  const { ca, cert, key, rejectUnauthorized } = tls ?? {};
  const context = createSecureContext({ ca, cert, key } as SecureContextOptions);
  return credentials.createFromSecureContext(context, rejectUnauthorized === undefined ? {} : { rejectUnauthorized });
}
