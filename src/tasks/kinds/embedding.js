import { Tensor } from '../../tensor/tensor.js';
import { normalize } from '../scores/normalize.js';
import { checkTokens, clsPool, meanPool } from '../scores/pool.js';
import { encodeImages } from './images.js';
import { oneOf, textSchema } from './labels.js';
const defaultMask = 'attention_mask';
export const embedding = {
    type: 'embedding',
    members: { pooling: oneOf('mean', 'cls', 'none'), normalize: { type: 'boolean' }, attentionMask: textSchema },
    defaults: { pooling: 'mean', normalize: true },
    optional: ['attentionMask'],
    faults: embeddingFaults,
    encode: encodeImages,
    decodeOptions({ pooling, attentionMask: name = defaultMask }, { inputs }, args) {
        if (pooling !== 'mean')
            return {};
        const place = inputs.findIndex((spec) => spec.name === name);
        const mask = Array.isArray(args) ? args[place] : args[name];
        // Anything else is refused when the arguments are bound.
        if (!(mask instanceof Tensor))
            return {};
        checkTokens(mask);
        return { attentionMask: mask };
    },
    decode(task, output, { attentionMask }) {
        const pooled = pool(task, output, attentionMask);
        return { type: 'embedding', embeddings: task.normalize ? normalize(pooled) : pooled };
    },
    toJson({ embeddings }) {
        return { embeddings: embeddings.toArray() };
    },
};
function pool({ pooling }, output, attentionMask) {
    if (pooling === 'none')
        return output;
    return pooling === 'cls' ? clsPool(output) : meanPool(output, attentionMask);
}
function* embeddingFaults({ pooling, attentionMask = defaultMask }, { inputs, outputs }) {
    const rank = outputs[0]?.shape?.length;
    const wanted = pooling === 'none' ? 2 : 3;
    if (rank !== wanted) {
        const meaning = pooling === 'none' ? '[rows, size]' : '[rows, tokens, size]';
        yield { pointer: '/task/pooling', detail: `must be of an output ${meaning}, not of rank ${rank}` };
    }
    if (pooling !== 'mean')
        return;
    const mask = inputs.find(({ name }) => name === attentionMask);
    if (mask?.shape?.length !== 2) {
        yield { pointer: '/task/attentionMask', detail: `must name an input [rows, tokens], not ${attentionMask}` };
    }
}
