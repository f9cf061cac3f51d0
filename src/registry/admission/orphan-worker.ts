/** A thread that looks whether whoever asked for the admission lives: native code may hold the thread that would be told. */
import { workerData } from 'node:worker_threads';
import { endOrphan } from './orphan.js';

const everyMs = 500;
const { parent, scratch } = workerData as { readonly parent: number; readonly scratch: string };

// A process whose parent has ended gets another one.
setInterval(() => {
  if (process.ppid !== parent) endOrphan(scratch);
}, everyMs);
