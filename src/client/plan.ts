import type { ModelMetadata, NamedTensor } from '../protocol/messages.js';
import type { InferOptions } from './infer-options.js';
import { isExplicit, namedTensors } from './inputs.js';
import type { Session, Tries } from './session.js';
import type { Target } from './transport.js';
import type { AnyServed } from './types.js';

/** How a request is going to be sent. */
export interface Plan {
  /** Undefined where nobody had to ask. */
  readonly metadata: ModelMetadata | undefined;
  readonly binary: boolean;
  readonly tensors: readonly NamedTensor[];
}

/**
 * Inputs as tensors, and whether they go as bytes. The server is asked where the inputs do not say all, once for each model.
 * @param fresh asks again
 * @throws as `namedTensors`; what a question to the server throws
 */
export async function planOf(
  session: Session,
  target: Target,
  inputs: AnyServed['forward']['inputs'],
  options: InferOptions,
  tries: Tries,
  fresh = false,
): Promise<Plan> {
  const { headers } = options;
  const needsMetadata = !isExplicit(inputs) || (options.classification !== undefined && !options.outputs);
  const metadata = needsMetadata ? await session.metadataOf(target, tries, headers, fresh) : undefined;
  const binary = options.binary ?? (await session.takesBinary(tries, headers, fresh));
  return { metadata, binary, tensors: namedTensors(inputs, metadata?.inputs) };
}

/** Whether the same values would be sent in the same way. */
export function isSamePlan(a: Plan, b: Plan): boolean {
  const known = ({ metadata }: Plan): string =>
    JSON.stringify(metadata?.inputs.map(({ name, datatype, shape }) => [name, datatype, shape]));
  return a.binary === b.binary && known(a) === known(b);
}
