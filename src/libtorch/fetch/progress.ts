/** Progress of a long step: a bar on a terminal, one plain line for each step elsewhere. */

export interface Report {
  /** pip may draw its own progress. */
  readonly live: boolean;
  /** A step that starts or has ended. */
  step(text: string): void;
  bar(text: string, totalBytes: number): Bar;
}

/** A step of a known size: add bytes as they are done, then end it. */
export interface Bar {
  add(bytes: number): void;
  end(): void;
}

/** Shows nothing. */
export const silent: Report = {
  live: false,
  step: () => undefined,
  bar: () => ({ add: () => undefined, end: () => undefined }),
};

/**
 * `Hashing model.pt ━━━━━━       12/90 MB`, with a shorter bar or text where the terminal is narrow: a line that wraps cannot be drawn over.
 * @param width columns of the terminal
 */
export function barLine(text: string, done: number, total: number, width = 80): string {
  const [unit, size] = total < 1e6 ? (['kB', 1e3] as const) : (['MB', 1e6] as const);
  const sizes = `${(done / size).toFixed(0)}/${(total / size).toFixed(0)} ${unit}`;
  const length = Math.max(0, Math.min(24, width - text.length - sizes.length - 3));
  const filled = Math.round(length * Math.min(1, total === 0 ? 1 : done / total));
  return fitted([text, `${'━'.repeat(filled)}${' '.repeat(length - filled)}`, sizes].join(' '), width - 1);
}

/** A text of at most so many columns. */
export function fitted(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
const refreshMs = 100;

/** Reports to a stream: stderr, so that stdout stays for data. */
export function reportTo(stream: NodeJS.WriteStream = process.stderr): Report {
  // isTTY is undefined, not false, if it is not a terminal.
  const live = stream.isTTY ? true : false;
  const step = (text: string): void => void stream.write(`${text}\n`);
  return {
    live,
    step,
    bar(text, totalBytes) {
      if (!live) {
        step(text);
        return silent.bar(text, totalBytes);
      }
      let done = 0;
      let shown = 0;
      const draw = (end: string): void => {
        stream.write(`\r${barLine(text, done, totalBytes, stream.columns || undefined)}\x1b[K${end}`);
      };
      return {
        add(bytes) {
          done += bytes;
          if (Date.now() - shown < refreshMs) return;
          shown = Date.now();
          draw('');
        },
        end() {
          draw('\n');
        },
      };
    },
  };
}
