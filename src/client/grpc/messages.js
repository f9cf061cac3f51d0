import { responseOf } from '../../protocol/grpc/infer-codec.js';
import { rpcs } from '../../protocol/grpc/rpcs.js';
import { InferenceProtocolError } from '../errors.js';
import { stateOf } from '../states.js';
/** An answer of any server. @throws InferenceProtocolError */
export function readResponse(wire, operation) {
    const { outputs, raw_output_contents: raw } = wire;
    try {
        // MLServer sends contents beside raw ones, which are empty.
        return responseOf(raw.length === 0 ? wire : { ...wire, outputs: outputs.map((output) => ({ ...output, contents: undefined })) });
    }
    catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        const message = `Expected an answer of the Open Inference Protocol to ${operation}: ${why}`;
        throw new InferenceProtocolError('ERR_BAD_ANSWER', message, { operation, cause });
    }
}
/** An answer of a stream: Triton's, which may be an error; or, as MLServer has it, one of inference with nothing around it. */
export function readStreamed(bytes) {
    let streamed;
    let fault;
    try {
        streamed = rpcs.modelStreamInfer.response.decode(bytes);
        if (streamed.infer_response)
            return streamed;
    }
    catch (cause) {
        fault = cause;
    }
    const bare = bareResponse(bytes);
    if (bare)
        return { error_message: '', infer_response: bare };
    if (streamed)
        return streamed;
    throw fault;
}
/** The name of the model would be an error's message in Triton's form; but that has no outputs. */
function bareResponse(bytes) {
    try {
        const response = rpcs.modelInfer.response.decode(bytes);
        return response.outputs.length > 0 ? response : undefined;
    }
    catch {
        return undefined;
    }
}
/** Versions are texts here, as everywhere else. */
export function configOf(config) {
    const versions = config?.version_policy?.specific?.versions ?? [];
    return { ...config, version_policy: { specific: { versions: versions.map(String) } } };
}
export function indexEntryOf({ name, version, state, reason }) {
    return { name, version, state: stateOf(state), reason };
}
/** Numbers are integers there. */
export function repositoryParameters(parameters) {
    return Object.fromEntries(Object.entries(parameters).map(([name, value]) => {
        if (typeof value === 'boolean')
            return [name, { bool_param: value }];
        return [name, typeof value === 'string' ? { string_param: value } : { int64_param: value }];
    }));
}
