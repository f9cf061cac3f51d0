import { expected } from '../../errors.js';
import { responseOf } from '../../protocol/grpc/infer-codec.js';
import type { WireInferResponse, WireStreamResponse } from '../../protocol/grpc/infer-messages.js';
import type { WireModelConfig } from '../../protocol/grpc/model-config.js';
import { rpcs, type RepositoryParameter } from '../../protocol/grpc/rpcs.js';
import type { IndexEntry, InferResponse, ModelConfig, Parameters } from '../../protocol/messages.js';
import { InferenceProtocolError } from '../errors.js';
import { owned } from '../owned.js';
import { stateOf } from '../states.js';

/** An answer of any server. @throws InferenceProtocolError */
export function readResponse(wire: WireInferResponse, operation: string): InferResponse {
  const { outputs, raw_output_contents: raw } = wire;
  try {
    // MLServer sends contents beside raw ones, which are empty.
    const response = responseOf(
      raw.length === 0 ? wire : { ...wire, outputs: outputs.map((output) => ({ ...output, contents: undefined })) },
    );
    return { ...response, outputs: response.outputs.map(owned) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `Expected an answer of the Open Inference Protocol to ${operation}: ${why}`;
    throw new InferenceProtocolError('ERR_BAD_ANSWER', message, { operation, cause });
  }
}

/** An answer of a stream: Triton's, which may be an error; or, as MLServer has it, one of inference with nothing around it. */
export function readStreamed(bytes: Buffer): WireStreamResponse {
  let streamed: WireStreamResponse | undefined;
  let fault: unknown;
  try {
    streamed = rpcs.modelStreamInfer.response.decode(bytes);
    if (streamed.infer_response) return streamed;
  } catch (cause) {
    fault = cause;
  }
  const bare = bareResponse(bytes);
  if (bare) return { error_message: '', infer_response: bare };
  if (streamed) return streamed;
  throw fault;
}

/** The name of the model would be an error's message in Triton's form; but that has no outputs. */
function bareResponse(bytes: Buffer): WireInferResponse | undefined {
  try {
    const response = rpcs.modelInfer.response.decode(bytes);
    return response.outputs.length > 0 ? response : undefined;
  } catch {
    return undefined;
  }
}

/** Versions are texts here, as everywhere else. */
export function configOf(config: WireModelConfig | undefined): ModelConfig {
  const versions = config?.version_policy?.specific?.versions ?? [];
  return { ...config, version_policy: { specific: { versions: versions.map(String) } } } as ModelConfig;
}

export function indexEntryOf({ name, version, state, reason }: IndexEntry): IndexEntry {
  return { name, version, state: stateOf(state), reason };
}

/** Numbers are integers there. @throws ERR_INVALID_ARGUMENT for any other one */
export function repositoryParameters(parameters: Parameters): Record<string, RepositoryParameter> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]): [string, RepositoryParameter] => {
      if (typeof value === 'boolean') return [name, { bool_param: value }];
      if (typeof value === 'string') return [name, { string_param: value }];
      if (typeof value === 'number' ? !Number.isSafeInteger(value) : BigInt.asIntN(64, value) !== value)
        throw expected('an integer of 64 bits, which is all that gRPC has here', `the parameter ${name}`, value);
      return [name, { int64_param: value }];
    }),
  );
}
