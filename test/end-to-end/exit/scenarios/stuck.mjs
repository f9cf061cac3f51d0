import { startRun } from './common.mjs';

await startRun(undefined, 500_000); // minutes
process.exit(7);
