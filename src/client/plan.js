import { isExplicit, namedTensors } from './inputs.js';
/**
 * Inputs as tensors, and whether they go as bytes. The server is asked where the inputs do not say all, once for each model.
 * @param fresh asks again
 * @throws as `namedTensors`; what a question to the server throws
 */
export async function planOf(session, target, inputs, options, tries, fresh = false) {
    const { headers } = options;
    const needsMetadata = !isExplicit(inputs) || (options.classification !== undefined && !options.outputs);
    const metadata = needsMetadata ? await session.metadataOf(target, tries, headers, fresh) : undefined;
    const binary = options.binary ?? (await session.takesBinary(tries, headers, fresh));
    return { metadata, binary, tensors: namedTensors(inputs, metadata?.inputs) };
}
/** Whether the same values would be sent in the same way. */
export function isSamePlan(a, b) {
    const known = ({ metadata }) => JSON.stringify(metadata?.inputs.map(({ name, datatype, shape }) => [name, datatype, shape]));
    return a.binary === b.binary && known(a) === known(b);
}
