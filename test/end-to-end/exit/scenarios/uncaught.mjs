import { startRun } from './common.mjs';

await startRun();
setTimeout(() => {
  throw new Error('uncaught on purpose');
}, 5);
