import type { IncomingMessage } from 'node:http';
import { torchError } from '../../errors.js';

/** Bodies of images: one as it is, or a form with several. */
export type EncodedType = 'image' | 'form';

/** What the decoder takes, as `content-type` calls it. */
export const imageTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'] as const;

/**
 * Whether the body is said to be an image, or a form of images. Its bytes decide which image it is.
 * @returns undefined for all other types, which have codecs of their own
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE for images that the decoder does not take
 */
export function encodedTypeOf({ headers }: IncomingMessage): EncodedType | undefined {
  const header = headers['content-type'];
  if (header === undefined || header.startsWith('application/')) return undefined;
  const type = header.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data') return 'form';
  if ((imageTypes as readonly string[]).includes(type)) return 'image';
  if (!type.startsWith('image/')) return undefined;
  throw torchError('ERR_UNSUPPORTED_MEDIA_TYPE', `Expected one of ${imageTypes.join(', ')} but received another image`);
}
