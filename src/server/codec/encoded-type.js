import { torchError } from '../../errors.js';
/** What the decoder takes, as `content-type` calls it. */
export const imageTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'];
/**
 * Whether the body is said to be an image, or a form of images. Its bytes decide which image it is.
 * @returns undefined for all other types, which have codecs of their own
 * @throws ERR_UNSUPPORTED_MEDIA_TYPE for images that the decoder does not take
 */
export function encodedTypeOf({ headers }) {
    const header = headers['content-type'];
    if (header === undefined || header.startsWith('application/'))
        return undefined;
    const type = header.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    if (type === 'multipart/form-data')
        return 'form';
    if (imageTypes.includes(type))
        return 'image';
    if (!type.startsWith('image/'))
        return undefined;
    throw torchError('ERR_UNSUPPORTED_MEDIA_TYPE', `Expected one of ${imageTypes.join(', ')} but received another image`);
}
