/** Writing to a registry. Loaded when something is written, and only then. */
export { recordText, type VersionFiles } from './commit.js';
export type { LockLimits } from './lock.js';
export type { Staging } from './staging.js';
export { Store, type ReplaceableFile } from './store.js';
