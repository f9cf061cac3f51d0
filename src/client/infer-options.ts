import { boolean, integer, object, oneOf, text } from '../check.js';
import { expected } from '../errors.js';
import type { InferRequest, NamedTensor, ParameterValue, Parameters, RequestedOutput } from '../protocol/messages.js';
import { checkCall, type CallOptions } from './options.js';

export type Compression = 'gzip' | 'deflate';

export interface InferOptions extends CallOptions {
  /** The outputs that are wanted, in this order. Default: all. */
  readonly outputs?: readonly string[];
  /**
   * Tensors as bytes behind the JSON; `false` sends and asks for JSON alone, `true` does not ask the server first. Default:
   * bytes where the server says that it takes them. gRPC has bytes always.
   */
  readonly binary?: boolean;
  /** Comes back with the answer. Default: none. */
  readonly id?: string;
  /** More parameters of the request, e.g. `sequence_id`. */
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  /** 1 is the most urgent; 0 is the server's default. */
  readonly priority?: number;
  /** How many of the most probable classes, in place of the scores: strings `<score>:<index>[:<label>]`. */
  readonly classification?: number;
  /** Of the request's body and, if the server likes, of the answer's. Over gRPC `gzip` or `deflate` of both. Default: none. */
  readonly compression?: Compression;
  /** `false` for a model that remembers: then a call that a server may have begun is never sent again. Default `true`. */
  readonly idempotent?: boolean;
}

const known = ['outputs', 'binary', 'id', 'parameters', 'priority', 'classification', 'compression', 'idempotent'];

/** @throws ERR_INVALID_ARGUMENT */
export function checkInferOptions(options: InferOptions): void {
  checkCall('infer', options, known);
  const { outputs, binary, id, parameters, priority, classification, compression, idempotent } = options;
  if (outputs !== undefined) {
    if (!Array.isArray(outputs)) throw expected('an array of names', 'outputs', outputs);
    for (const name of outputs as unknown[]) text('an item of outputs', name, 'a name');
  }
  if (binary !== undefined) boolean('binary', binary);
  if (idempotent !== undefined) boolean('idempotent', idempotent);
  if (id !== undefined) text('id', id);
  if (parameters !== undefined) checkParameters(parameters);
  if (priority !== undefined) integer('priority', priority, 0, 2 ** 32 - 1);
  if (classification !== undefined) integer('classification', classification, 1, 2 ** 31 - 1);
  if (compression !== undefined) oneOf('compression', compression, ['gzip', 'deflate']);
}

/** @throws ERR_INVALID_ARGUMENT */
export function checkParameters(parameters: unknown): asserts parameters is Parameters {
  object('parameters', parameters);
  for (const [name, value] of Object.entries(parameters)) {
    if (!['string', 'number', 'bigint', 'boolean'].includes(typeof value))
      throw expected('a string, number, bigint or boolean', `the parameter ${name}`, value);
    if (typeof value === 'number' && !Number.isFinite(value))
      throw expected('a finite number', `the parameter ${name}`, value);
    if (typeof value === 'bigint' && (value < -(2n ** 63n) || value >= 2n ** 64n))
      throw expected('an integer of 64 bits', `the parameter ${name}`, value);
  }
}

/** The message of a call. @param timeoutMs told to the server, where the caller set one */
export function requestOf(
  inputs: readonly NamedTensor[],
  { id, outputs, parameters, priority, classification }: InferOptions,
  timeoutMs: number | undefined,
  outputNames: readonly string[],
): InferRequest {
  const own: Record<string, ParameterValue> = { ...parameters };
  if (priority !== undefined) own['priority'] = priority;
  if (timeoutMs !== undefined) own['timeout'] = Math.max(1, Math.round(timeoutMs * 1000));
  const wanted = outputs ?? (classification === undefined ? undefined : outputNames);
  const asked = classification === undefined ? undefined : { parameters: { classification } };
  const requested = wanted?.map((name): RequestedOutput => ({ name, ...asked }));
  return {
    ...(id !== undefined && { id }),
    ...(Object.keys(own).length > 0 && { parameters: own }),
    inputs,
    ...(requested && requested.length > 0 && { outputs: requested }),
  };
}
