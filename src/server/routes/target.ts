import { torchError } from '../../errors.js';
import { isServedName } from '../../serving/names.js';
import type { ServedModel } from '../../serving/index.js';
import type { InferenceHost } from '../host.js';
import type { PathParameters } from '../http/exchange.js';
import type { InferTarget } from '../inference/infer.js';

/**
 * The model that a path names.
 * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND for what no model and no version can be called
 */
export function targetOf({ model, version }: PathParameters): InferTarget {
  if (!isServedName(model)) throw notFound('ERR_MODEL_NOT_FOUND', 'the name of a model');
  if (version !== undefined && !isServedName(version)) throw notFound('ERR_VERSION_NOT_FOUND', 'a version');
  return { model, version };
}

/** The model itself. @throws as targetOf; ERR_NOT_READY while the models are loaded */
export function servedOf(host: InferenceHost, parameters: PathParameters): ServedModel {
  const { model, version } = targetOf(parameters);
  return host.model(model, version);
}

function notFound(code: 'ERR_MODEL_NOT_FOUND' | 'ERR_VERSION_NOT_FOUND', what: string) {
  return torchError(code, `Expected ${what} (1 to 128 letters, digits, . _ or -) in the path but received other text`);
}
