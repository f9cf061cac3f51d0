import type { ServedModel } from '../../serving/index.js';
import type { InferenceHost } from '../host.js';
import type { PathParameters } from '../http/exchange.js';
import type { InferTarget } from '../inference/infer.js';
import { requireNames } from '../inference/model-name.js';

/** The model that a path names. @throws ERR_BAD_REQUEST for what no model and no version can be called */
export function targetOf({ model = '', version }: PathParameters): InferTarget {
  requireNames({ model, version });
  return { model, version };
}

/** The model itself. @throws as targetOf; ERR_NOT_READY while the models are loaded */
export function servedOf(host: InferenceHost, parameters: PathParameters): ServedModel {
  const { model, version } = targetOf(parameters);
  return host.model(model, version);
}
