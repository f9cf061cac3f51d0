import { startRun } from './common.mjs';

await startRun();
process.exit(3);
