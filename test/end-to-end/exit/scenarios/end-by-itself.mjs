import { startRun } from './common.mjs';

// Nobody waits for an aborted run, so it must not keep the process alive.
const controller = new AbortController();
await startRun(undefined, 500, { signal: controller.signal });
controller.abort();
