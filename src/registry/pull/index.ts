/** Models of Hugging Face. Loaded by the first pull, and only then. `registry pull` calls it. */
export { pull, type PullOptions, type PullProgress } from './pull.js';
