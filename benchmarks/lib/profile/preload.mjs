// --import of a process that is profiled: takes and hands over a CPU profile of its event loop when it is told to. Only what happens
// between the two messages is in it: no start, no warm-up.

import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.send) {
  const session = new Session();
  session.connect();
  const steps = {
    async start({ intervalUs }) {
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: intervalUs });
      await session.post('Profiler.start');
    },
    async stop({ file }) {
      const { profile } = await session.post('Profiler.stop');
      writeFileSync(file, JSON.stringify(profile));
    },
  };
  process.on('message', async ({ profiler, ...options }) => {
    if (!profiler) return;
    await steps[profiler](options);
    process.send({ profiler: `${profiler} done` });
  });
  // It does not keep the process alive.
  process.channel.unref();
}
