import { torchError } from '../../errors.js';
/**
 * How files begin. Only these reach the decoder: libvips also reads SVG, PDF and others, which are programs rather than
 * pictures and have no size of their own.
 */
const formats = [
    ['JPEG', (bytes) => bytes.subarray(0, 3).toString('hex') === 'ffd8ff'],
    ['PNG', (bytes) => bytes.subarray(0, 8).toString('hex') === '89504e470d0a1a0a'],
    ['WebP', (bytes) => bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP'],
    ['GIF', (bytes) => /^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6))],
    ['AVIF', (bytes) => /^ftyp(?:avif|avis|mif1)$/.test(bytes.toString('latin1', 4, 12))],
];
/** Whether bytes begin as an image that the decoder takes. */
export function isImage(bytes) {
    return formats.some(([, begins]) => begins(bytes));
}
/** @throws ERR_INVALID_IMAGE */
export function checkFormat(bytes) {
    if (isImage(bytes))
        return;
    const names = formats.map(([name]) => name).join(', ');
    throw torchError('ERR_INVALID_IMAGE', `Expected an image (${names}) but received ${bytes.length === 0 ? 'no bytes' : `${bytes.length} bytes that begin as none of them`}`);
}
