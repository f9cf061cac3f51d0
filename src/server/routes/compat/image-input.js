import { answeringKind } from '../../../tasks/kinds/index.js';
import { Tensor } from '../../../tensor/tensor.js';
import { invalidBody } from '../../codec/body-form.js';
import { decoding, requireImageBytes } from '../../codec/image-room.js';
import { interfaceOf } from '../../inference/model-interface.js';
import { maxImages } from '../../schemas/predict.js';
/**
 * Encoded images as the one input of a model whose task says how they become it.
 * @throws ERR_VALIDATION for too many, ERR_PAYLOAD_TOO_LARGE for one that is too large, ERR_QUEUE_FULL; as `imageToTensor`
 */
export async function imagesAsInput({ context, signal }, served, images) {
    if (images.length > maxImages)
        throw invalidBody('', `expected at most ${maxImages} images`);
    requireImageBytes(context, images);
    const { maxPixels } = context.imageLimits;
    const args = await decoding(context, images, () => answeringKind(served.task).encode(served.task, images, { maxPixels, signal }));
    const [content] = Object.values(args).filter((value) => value instanceof Tensor);
    const [input] = interfaceOf(served).inputs;
    return { name: input?.name ?? '', content: content };
}
