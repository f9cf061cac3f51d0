// Takes a lock, says so, and holds it: node hold-lock.mjs PATH [end]
/* global setInterval */
import { takeLock } from '../../../dist/registry/store/lock.js';

globalThis.held = await takeLock(process.argv[2]);
if (!globalThis.held) throw new Error('somebody else holds it');
process.send('held');
if (process.argv[3] === 'end') process.disconnect();
else setInterval(() => {}, 1000);
