import { exitCodes } from './report.js';

const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const names = Object.keys(codes) as (keyof typeof codes)[];

/** Runs a task that SIGINT, SIGTERM and a closed terminal stop; it then ends with `said` on stderr and the shell's exit code of the signal. */
export async function untilSignal(said: string, task: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    process.exitCode = codes[name as keyof typeof codes];
    stop.abort(name);
  };
  for (const name of names) process.once(name, onSignal);
  try {
    await task(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write(`${said}\n`);
    process.exitCode ||= exitCodes.failure;
  } finally {
    for (const name of names) process.off(name, onSignal);
  }
}
