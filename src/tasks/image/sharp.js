import { torchError } from '../../errors.js';
let loading;
/**
 * sharp, an optional peer dependency, loaded when the first image comes.
 * @throws ERR_SHARP_NOT_FOUND when it is not installed, or cannot be loaded
 */
export function loadSharp() {
    return (loading ??= import('sharp').then((module) => module.default, (cause) => {
        loading = undefined; // It may be installed meanwhile.
        throw notFound(cause);
    }));
}
function notFound(cause) {
    const { code, message } = cause;
    const missing = code === 'ERR_MODULE_NOT_FOUND' && message.includes("'sharp'");
    const why = missing ? 'it is not installed' : `it could not be loaded: ${message.trim()}`;
    return torchError('ERR_SHARP_NOT_FOUND', `Expected the package sharp, which decodes images, but ${why}\n  fix: npm install sharp`, { cause });
}
