import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Client, ChannelCredentials } from '@grpc/grpc-js';
import type { Compression } from '../infer-options.js';
import type { ResolvedOptions } from '../options.js';
import type { Grpc } from '../../protocol/grpc/library.js';

/** Servers take a ping each five minutes, and end the connection of whoever sends more. */
const keepAliveMs = 6 * 60_000;
const pingTimeoutMs = 20_000;

/** A call on its connection. */
export interface Line {
  readonly client: Client;
  /** Something has come from the server. */
  heard(): void;
  /**
   * The time of the call was over. Where nothing has come since it began, over a connection that was there by then, nobody may be at
   * the other end any more, which the system tells after many minutes: later calls get another connection.
   */
  timedOut(): void;
  /** The call is over. */
  end(): void;
}

interface Channel {
  readonly client: Client;
  /** Calls that run. */
  running: number;
  /** How often something came from the server. */
  heard: number;
}

/** Connections to one server: one for each compression that is used, because that is a channel's. */
export class Channels {
  readonly #grpc: Grpc;
  readonly #options: ResolvedOptions;
  readonly #address: string;
  readonly #credentials: ChannelCredentials;
  readonly #channels = new Map<string, Channel>();
  /** Those that later calls do not get, while calls run on them. */
  readonly #left = new Set<Channel>();

  constructor(grpc: Grpc, options: ResolvedOptions) {
    this.#grpc = grpc;
    this.#options = options;
    const { url, isSecure } = options;
    this.#address = `${url.hostname}:${url.port || (isSecure ? 443 : 80)}`;
    this.#credentials = credentialsOf(grpc, options);
  }

  /** Begins a call. */
  open(compression: Compression | undefined): Line {
    const key = compression ?? 'identity';
    const channel = this.#channels.get(key) ?? { client: this.#connect(key), running: 0, heard: 0 };
    this.#channels.set(key, channel);
    channel.running++;
    const before = channel.heard;
    // One that is still being made may take longer than a call: the next call has the use of it.
    const { READY } = this.#grpc.connectivityState;
    const isConnected = channel.client.getChannel().getConnectivityState(false) === READY;
    return {
      client: channel.client,
      heard: () => {
        channel.heard++;
      },
      timedOut: () => {
        if (!isConnected || channel.heard !== before || this.#channels.get(key) !== channel) return;
        this.#channels.delete(key);
        this.#left.add(channel);
      },
      end: () => {
        channel.running--;
        // Not before: calls that wait for a connection would fail.
        if (channel.running === 0 && this.#left.delete(channel)) channel.client.close();
      },
    };
  }

  #connect(compression: Compression | 'identity'): Client {
    const { maxAnswerBytes, tls } = this.#options;
    return new this.#grpc.Client(this.#address, this.#credentials, {
      'grpc.max_receive_message_length': Math.min(maxAnswerBytes, 2 ** 31 - 1),
      'grpc.max_send_message_length': -1,
      'grpc.default_compression_algorithm': this.#grpc.compressionAlgorithms[compression],
      // A new channel is a new connection, not the one that another had.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.keepalive_time_ms': keepAliveMs,
      'grpc.keepalive_timeout_ms': pingTimeoutMs,
      // A server that starts is found soon: our own tries wait no longer.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 5000,
      ...(tls?.servername !== undefined && {
        'grpc.ssl_target_name_override': tls.servername,
        'grpc.default_authority': tls.servername,
      }),
    });
  }

  close(): void {
    for (const { client } of [...this.#channels.values(), ...this.#left]) client.close();
    this.#channels.clear();
    this.#left.clear();
  }
}

function credentialsOf({ credentials }: Grpc, { isSecure, tls }: ResolvedOptions): ChannelCredentials {
  if (!isSecure) return credentials.createInsecure();
  const { ca, cert, key, rejectUnauthorized } = tls ?? {};
  const context = createSecureContext({ ca, cert, key } as SecureContextOptions);
  return credentials.createFromSecureContext(context, rejectUnauthorized === undefined ? {} : { rejectUnauthorized });
}
