import type { PathParameters } from '../../http/exchange.js';
import type { InferTarget } from '../../inference/infer.js';

/** The model that a path names. */
export function targetOf({ model = '', version }: PathParameters): InferTarget {
  return { model, version };
}
