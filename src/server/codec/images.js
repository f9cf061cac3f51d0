import { maxImages } from '../schemas/predict.js';
import { invalidBody } from './body-form.js';
import { choiceFields, choiceOfFields } from './choice.js';
import { bodyBytes } from './json-body.js';
/**
 * Reads an image, or a form of them. What a body parser mounted before us has left is used where it is the bytes.
 * @throws ERR_PAYLOAD_TOO_LARGE, ERR_UNSUPPORTED_MEDIA_TYPE (content-encoding), ERR_BAD_REQUEST, ERR_VALIDATION, ClientGone
 */
export async function readImages(req, type, { bodyLimits, imageLimits }) {
    const limit = type === 'image' ? imageLimits.bytes : Math.max(bodyLimits.octets, imageLimits.bytes);
    const bytes = await bodyBytes(req, limit);
    if (type === 'image')
        return { images: [bytes], choice: {} };
    // Most servers never see a form.
    const { readForm } = await import('./multipart.js');
    const limits = { fileBytes: imageLimits.bytes, files: maxImages, fields: choiceFields };
    const { files, fields } = await readForm(bytes, req.headers['content-type'] ?? '', limits);
    if (files.length === 0)
        throw invalidBody('', 'expected at least one file in the form but received none');
    return { images: files.map((file) => file.bytes), choice: choiceOfFields(fields) };
}
