/** Writing to a registry. Loaded when something is written, and only then. */
export type { LockLimits } from './lock.js';
export type { Staging } from './staging.js';
export { Store } from './store.js';
