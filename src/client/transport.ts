import type {
  IndexEntry,
  InferRequest,
  InferResponse,
  ModelConfig,
  ModelMetadata,
  ModelStatistics,
  Parameters,
  ServerMetadata,
} from '../protocol/messages.js';
import type { Deadline } from './deadline.js';
import type { Compression } from './infer-options.js';

/** A model, or one version of it. Without a version it is the server's default. */
export interface Target {
  readonly name: string;
  readonly version: string | undefined;
}

/** One try of a call. */
export interface Attempt {
  readonly deadline: Deadline;
  /** The call's own headers, or metadata; those of the client come with the transport. */
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/** How an inference goes over the wire. */
export interface InferForm {
  readonly binary: boolean;
  readonly compression: Compression | undefined;
  /** Told to the server, where the caller set a limit. */
  readonly timeoutMs: number | undefined;
}

/** The calls of the Open Inference Protocol, over one of its ways. Each is one try; `InferenceClient` tries again. */
export interface Transport {
  live(attempt: Attempt): Promise<boolean>;
  ready(attempt: Attempt): Promise<boolean>;
  modelReady(target: Target, attempt: Attempt): Promise<boolean>;
  serverMetadata(attempt: Attempt): Promise<ServerMetadata>;
  modelMetadata(target: Target, attempt: Attempt): Promise<ModelMetadata>;
  modelConfig(target: Target, attempt: Attempt): Promise<ModelConfig>;
  statistics(target: Target | undefined, attempt: Attempt): Promise<readonly ModelStatistics[]>;
  index(attempt: Attempt): Promise<readonly IndexEntry[]>;
  load(name: string, parameters: Parameters, attempt: Attempt): Promise<void>;
  unload(name: string, parameters: Parameters, attempt: Attempt): Promise<void>;
  infer(target: Target, request: InferRequest, form: InferForm, attempt: Attempt): Promise<InferResponse>;
  /** Of each request an answer, in the order in which the server gives them. */
  stream(target: Target, requests: AsyncGenerator<InferRequest>, attempt: Attempt): AsyncIterable<InferResponse>;
  close(): void;
}

/** What a call is called in messages: `POST /v2/models/digits/infer`, without the base path. */
export const routes = {
  live: '/v2/health/live',
  ready: '/v2/health/ready',
  server: '/v2',
  index: '/v2/repository/index',
  models: '/v2/models',
  statistics: '/v2/models/stats',
  model: ({ name, version }: Target): string =>
    `/v2/models/${encodeURIComponent(name)}${version === undefined ? '' : `/versions/${encodeURIComponent(version)}`}`,
  repository: (name: string, action: 'load' | 'unload'): string =>
    `/v2/repository/models/${encodeURIComponent(name)}/${action}`,
} as const;
