import type { ServedModel } from '../../serving/index.js';
import type { InferenceHost } from '../host.js';
import type { PathParameters } from '../http/exchange.js';
import type { InferTarget } from '../inference/infer.js';
import { namesOf } from '../inference/model-name.js';

/** The model that a path names: `name` or `name@version`, and perhaps a version. @throws ERR_BAD_REQUEST for what no model and no version can be called */
export function targetOf({ model = '', version }: PathParameters): InferTarget {
  return namesOf({ model, version });
}

/** The model itself. @throws as targetOf; ERR_NOT_READY while the models are loaded */
export function servedOf(host: InferenceHost, parameters: PathParameters): ServedModel {
  const { model, version } = targetOf(parameters);
  return host.model(model, version);
}
