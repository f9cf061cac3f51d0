import { object, options as checkOptions } from '../check.js';
import type { InferRequest } from '../protocol/messages.js';
import { checkInferOptions, requestOf, type InferOptions } from './infer-options.js';
import type { CallOptions } from './options.js';
import { planOf } from './plan.js';
import { InferResult } from './result.js';
import type { Session, Tries } from './session.js';
import type { Target } from './transport.js';
import type { AnyServed } from './types.js';

/** What one request may have beside its inputs; the rest is of the whole stream. */
const known = ['id', 'outputs', 'parameters', 'priority', 'classification'] as const;

/** One request of a stream. */
export interface StreamRequest<I> extends Pick<InferOptions, (typeof known)[number]> {
  readonly inputs: I;
}

type AnyInputs = AnyServed['forward']['inputs'];
type Requests = Iterable<StreamRequest<AnyInputs>> | AsyncIterable<StreamRequest<AnyInputs>>;

/** Answers to requests, each as it comes. Without a limit of time where none is given. */
export async function* streamOf(
  session: Session,
  target: Target,
  requests: Requests,
  options: CallOptions,
): AsyncGenerator<InferResult> {
  const operation = `the stream of ${target.name}`;
  const tries = await session.begin(operation, { ...options, timeoutMs: options.timeoutMs ?? Infinity });
  const { deadline } = tries;
  try {
    const transport = await session.transport();
    const messages = messagesOf(session, target, requests, options, tries);
    const answers = transport.stream(target, messages, { deadline, headers: options.headers });
    for await (const response of answers) yield new InferResult(response, operation);
  } finally {
    deadline.close();
  }
}

async function* messagesOf(
  session: Session,
  target: Target,
  requests: Requests,
  { headers }: CallOptions,
  tries: Tries,
): AsyncGenerator<InferRequest> {
  for await (const request of requests) {
    object('a request of a stream', request);
    const { inputs, ...options } = request;
    object('the inputs of a request', inputs);
    checkOptions('a request of a stream', options, known);
    checkInferOptions(options);
    const { tensors, metadata } = await planOf(session, target, inputs, { ...options, headers }, tries);
    yield requestOf(tensors, options, undefined, metadata?.outputs.map(({ name }) => name) ?? []);
  }
}
