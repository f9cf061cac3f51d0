import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

interface Crash {
  readonly index: number;
  readonly file: string;
  /** What was changed. */
  readonly done: string;
  /** The signal or the exit code. */
  readonly how: string;
  readonly said: string;
}

export interface FuzzReport {
  /** How often each outcome was: `load ERR_…`, `run ERR_…`, `answer`, `given up: no end`. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly crashes: readonly Crash[];
}

const child = fileURLToPath(new URL('./child.js', import.meta.url));
/** Of address space, so that a bomb ends as an error and not with the machine. */
const memoryKiB = 16 * 1024 * 1024;

/** Loads and runs `count` changed files in processes of their own. */
export async function fuzzExports({
  count,
  seed,
  from = 0,
}: {
  count: number;
  seed: number;
  from?: number;
}): Promise<FuzzReport> {
  const outcomes: Record<string, number> = {};
  const crashes: Crash[] = [];
  let next = from;
  while (next < from + count) {
    const ended = await oneChild(seed, next, from + count, outcomes);
    if (ended.crash) crashes.push(ended.crash);
    next = ended.next;
  }
  return { outcomes, crashes };
}

async function oneChild(seed: number, from: number, to: number, outcomes: Record<string, number>) {
  // ulimit is the shell's own; on other systems than Linux it may be none.
  const command = `ulimit -v ${memoryKiB} 2>/dev/null; ulimit -c 0; exec "$0" "$@"`;
  const process_ = spawn('sh', ['-c', command, process.execPath, child, ...[seed, from, to].map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  let last: { index: number; file: string; done: string } | undefined;
  let next = from;
  let said = '';
  let isDone = false;
  process_.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-2000)));
  createInterface(process_.stdout).on('line', (line) => {
    const [kind, index = '', ...words] = line.split('\t');
    if (kind === 'begin') last = { index: Number(index), file: words[0] ?? '', done: words[1] ?? '' };
    if (kind === 'end') {
      const outcome = words[0] ?? '';
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      next = Number(index) + 1;
      last = undefined;
    }
    isDone ||= kind === 'done';
  });
  const how = await new Promise<string>((resolve) => {
    process_.on('close', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  if (!last) {
    // Between two files: after one that was given up, or at its start, which is no fault of a file.
    if (!isDone && next === from) throw new Error(`The child ended before its first file (${how}): ${said}`);
    return { next: isDone ? to : next, crash: undefined };
  }
  return { next: last.index + 1, crash: { ...last, how, said: said.slice(-500) } };
}
