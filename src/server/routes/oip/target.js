import { torchError } from '../../../errors.js';
import { isServedName } from '../../../serving/names.js';
/**
 * The model that a path names.
 * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND for what no model and no version can be called
 */
export function targetOf({ model, version }) {
    if (!isServedName(model))
        throw notFound('ERR_MODEL_NOT_FOUND', 'the name of a model');
    if (version !== undefined && !isServedName(version))
        throw notFound('ERR_VERSION_NOT_FOUND', 'a version');
    return { model, version };
}
/** The model itself. @throws as targetOf; ERR_NOT_READY while the models are loaded */
export function servedOf(host, parameters) {
    const { model, version } = targetOf(parameters);
    return host.model(model, version);
}
function notFound(code, what) {
    return torchError(code, `Expected ${what} (1 to 128 letters, digits, . _ or -) in the path but received other text`);
}
