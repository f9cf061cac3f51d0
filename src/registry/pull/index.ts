/** Models of Hugging Face. Loaded by the first pull, and only then: `registry pull` calls it. */
export type { PullOptions, PullProgress } from './options.js';
export { pull } from './pull.js';
