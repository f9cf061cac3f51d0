import { statSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** How often a file is looked at. Secrets of Kubernetes are links that change as a whole: only looking finds that out. */
const lookEveryMs = 1000;

/**
 * Calls back when one of the files has another content, perhaps: another time, size or file behind the name. It keeps no
 * process alive. Returns what ends it. Begin it before the files are read: what changes meanwhile is then seen.
 * (`watchFile` of Node looks for the first time when a thread is free: it misses what changed until then.)
 */
export function watchFiles(paths: readonly string[], onChange: () => void): () => void {
  let before = paths.map(printNow).join();
  let isLooking = false;
  let isOver = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    const prints = await Promise.all(paths.map((path) => stat(path).then(printOf, () => '')));
    isLooking = false;
    const now = prints.join();
    if (isOver || now === before) return;
    before = now;
    onChange();
  };
  const timer = setInterval(() => void look(), lookEveryMs);
  timer.unref();
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}

function printNow(path: string): string {
  try {
    return printOf(statSync(path));
  } catch {
    return '';
  }
}

const printOf = ({ mtimeMs, ino, size }: Stats): string => `${mtimeMs}/${ino}/${size}`;
