import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { main } from './server/serve-process.js';

export interface CliRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Of another user, for what root may do and others may not. */
  readonly uid?: number;
  /** Called when it has started, with what sends it a signal. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs the command line and waits for its end. */
export async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const { cwd, env, input, uid, onStart } = options;
  const child = spawn(process.execPath, [main, ...args], {
    ...(cwd !== undefined && { cwd }),
    ...(uid !== undefined && { uid, gid: uid }),
    env: { ...process.env, DEBUG: '', ...env },
  });
  child.stdin.end(input);
  onStart?.((signal) => child.kill(signal));
  const status = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await status, stdout, stderr };
}

/** The JSON that a command printed. */
export async function json<T = Record<string, unknown>>(args: readonly string[], options: CliOptions = {}): Promise<T> {
  const { status, stdout, stderr } = await cli([...args, '--json'], options);
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as T;
}
