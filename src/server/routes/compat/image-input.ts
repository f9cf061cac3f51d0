import type { NamedTensor } from '../../../protocol/messages.js';
import type { ServedModel } from '../../../serving/index.js';
import { answeringKind } from '../../../tasks/kinds/index.js';
import { Tensor } from '../../../tensor/tensor.js';
import type { ServerCall } from '../../call.js';
import { invalidBody } from '../../codec/body-form.js';
import { decoding, requireImageBytes } from '../../codec/image-room.js';
import { interfaceOf } from '../../inference/model-interface.js';
import { maxImages } from '../../schemas/predict.js';

/**
 * Encoded images as the one input of a model whose task says how they become it.
 * @throws ERR_VALIDATION for too many, ERR_PAYLOAD_TOO_LARGE for one that is too large and for more than may ever wait, ERR_QUEUE_FULL, ERR_TIMEOUT; as `imageToTensor`
 */
export async function imagesAsInput(
  call: ServerCall,
  served: ServedModel,
  images: readonly Buffer[],
): Promise<NamedTensor> {
  const { context, signal } = call;
  if (images.length > maxImages) throw invalidBody('', `expected at most ${maxImages} images`);
  requireImageBytes(context, images);
  const { maxPixels } = context.imageLimits;
  const args = await decoding(context, images, () =>
    answeringKind(served.task).encode(served.task as never, images, { maxPixels, signal, timeoutMs: call.timeLeft() }),
  );
  const [content] = Object.values(args).filter((value) => value instanceof Tensor);
  const [input] = interfaceOf(served).inputs;
  return { name: input?.name ?? '', content: content as Tensor };
}
