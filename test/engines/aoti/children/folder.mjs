/** Loads a package and ends the process in the way that is asked for. */
/* global setInterval */
import { spawnSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { loadModel } from '#dist/engines/index.js';

const [, , mode, file] = process.argv;

if (mode === 'worker') {
  const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { file } });
  await once(worker, 'exit');
} else if (mode === 'noexec') {
  // In a mount namespace of its own, which not every container may make.
  const script = `mount -t tmpfs -o noexec none "$NODE_LIBTORCH_TMPDIR" && exec "$0" "$@"`;
  const args = ['--mount', 'sh', '-c', script, process.execPath, new URL(import.meta.url).pathname, 'report', file];
  const { status, stdout } = spawnSync('unshare', args, { encoding: 'utf8' });
  console.log(status === 0 ? stdout : 'cannot mount');
} else if (mode === 'report') {
  await loadModel(file).then(
    () => console.log('loaded'),
    (error) => console.log(error.code, error.message),
  );
} else {
  const model = await loadModel(file);
  if (mode === 'end') await model.dispose();
  else if (mode === 'exit') process.exit(0);
  else if (mode === 'throw') throw new Error('as asked for');
  else if (mode === 'kill') process.kill(process.pid, 'SIGKILL');
  else if (mode === 'stay') {
    console.log('loaded');
    setInterval(() => undefined, 1000);
  }
}
