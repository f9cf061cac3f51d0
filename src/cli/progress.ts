import { barLine, fitted } from '../libtorch/fetch/progress.js';

/** What a task tells of itself while it runs. */
export interface Progress {
  /** What it does now, of which nobody knows how long it takes. */
  readonly step: (text: string) => void;
  /** So many bytes of so many are done. */
  readonly at: (text: string, done: number, total: number) => void;
  /** So many bytes more are done. */
  readonly add: (bytes: number) => void;
}

/** Shorter tasks show nothing. */
const patienceMs = 1000;
const refreshMs = 100;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/**
 * Shows on a terminal how far a task is: a bar where its size is known, else what it does and for how long. The line appears
 * after a second and is gone when the task has ended. Elsewhere nothing is written.
 * @param text what is done, such as `Hashing model.pt`
 */
export async function showing<T>(
  text: string,
  task: (progress: Progress) => Promise<T>,
  { totalBytes, stream = process.stderr }: { totalBytes?: number; stream?: NodeJS.WriteStream } = {},
): Promise<T> {
  const begun = Date.now();
  const now = { text, done: 0, total: totalBytes, drawn: false };
  const draw = (): void => {
    const ms = Date.now() - begun;
    if (ms < patienceMs) return;
    now.drawn = true;
    const width = stream.columns || 80;
    const line = now.total === undefined ? waiting(now.text, ms, width) : barLine(now.text, now.done, now.total, width);
    stream.write(`\r${line}\x1b[K`);
  };
  // isTTY is undefined, not false, if it is not a terminal.
  const timer = stream.isTTY ? setInterval(draw, refreshMs) : undefined;
  try {
    return await task({
      step: (next) => Object.assign(now, { text: next, total: undefined }),
      at: (next, done, total) => Object.assign(now, { text: next, done, total }),
      add: (bytes) => (now.done += bytes),
    });
  } finally {
    clearInterval(timer);
    if (now.drawn) stream.write('\r\x1b[K');
  }
}

function waiting(text: string, ms: number, width: number): string {
  const time = ` ${Math.floor(ms / 1000)} s`;
  const frame = frames[Math.floor(ms / refreshMs) % frames.length];
  return fitted(`${frame} ${fitted(text, width - 3 - time.length)}${time}`, width - 1);
}
