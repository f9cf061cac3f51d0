// The whole build, and what is shared by the scripts that run it.

import { say } from './context.mjs';
import { compileNative, findLibtorch, tryNative } from './native.mjs';
import { compileTypescript } from './typescript.mjs';

/** Brings everything up to date; false when the TypeScript compiler has found faults. Each step is skipped when it is fresh. */
export async function build(options) {
  const { force = false, skipTypescript = false, skipNative = false, tests = false } = options;
  if (!skipTypescript && !(await compileTypescript('typescript', force))) return false;
  if (!skipNative) {
    const libtorch = await findLibtorch(options);
    await compileNative(libtorch, options);
    await tryNative(libtorch, options);
  }
  return !tests || compileTypescript('tests', force);
}

/** Runs a task that SIGINT, SIGTERM and a closed terminal stop cleanly; resolves to the exit code. Its error is shown as one message. */
export async function run(task) {
  const stop = new AbortController();
  const handlers = { SIGHUP: () => stop.abort(129), SIGINT: () => stop.abort(130), SIGTERM: () => stop.abort(143) };
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  try {
    return (await task(stop.signal)) ? 0 : 1;
  } catch (error) {
    if (stop.signal.aborted) return stop.signal.reason;
    say(`${error?.code ? `${error.code}: ` : ''}${error?.message ?? error}`);
    if (process.env.DEBUG) say(error?.stack ?? '');
    return 1;
  } finally {
    for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
  }
}
