import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { modelExtensions } from '../engines/index.js';
/** What people take for model files, or get instead of one: a name in the registry has no such end. */
const otherExtensions = /\.(bin|ckpt|dat|gguf|gz|h5|keras|mar|npy|npz|ort|pb|pickle|pkl|safetensors|tar|tflite|zip)$/i;
/**
 * A path, the extension of a model file, or a file that is there means a file; anything else is `name` or `name@version` of the
 * registry.
 */
export function parseTarget(text) {
    const isNamedLikeFile = /[/\\]/.test(text) || modelExtensions.includes(extname(text).toLowerCase()) || otherExtensions.test(text);
    if (isNamedLikeFile || (extname(text) !== '' && isFile(text)))
        return { file: text };
    const [name = '', version] = text.split('@', 2);
    return version === undefined ? { name } : { name, version };
}
function isFile(path) {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
/** The options of loadModel that settings hold, for a bare file or a record. */
export function loadOptionsOf(settings) {
    const { engine, device, precision, optimize, autograd, operatorLibraries, externalDataRoot } = settings;
    return {
        device,
        precision,
        optimize,
        operatorLibraries,
        ...(engine !== 'auto' && { engine }),
        ...(autograd !== 'auto' && { autograd: autograd === 'on' }),
        ...(externalDataRoot !== undefined && { externalDataRoot }),
    };
}
/** The folders of the registry, of all settings. */
export function foldersOf({ registryDir, modelsDir }) {
    return { registryDir, modelsDir };
}
/** Where a target's artifact lies and how it is to be loaded. @throws as ModelRegistry.resolve and artifactPath */
export async function locate(target, settings) {
    const options = loadOptionsOf(settings);
    if ('file' in target)
        return { path: target.file, record: undefined, options };
    const { ModelRegistry, signatureOf } = await import('../registry/index.js');
    const registry = await ModelRegistry.open(foldersOf(settings));
    const record = await registry.resolve(target.name, target.version);
    const { engine, artifact } = record;
    return {
        path: await registry.artifactPath(record),
        record,
        options: { ...options, engine, signature: signatureOf(record), sha256: artifact.sha256 },
    };
}
