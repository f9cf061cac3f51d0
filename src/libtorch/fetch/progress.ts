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

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
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
        const filled = Math.round(24 * Math.min(1, totalBytes === 0 ? 1 : done / totalBytes));
        const bar = `${'━'.repeat(filled)}${' '.repeat(24 - filled)}`;
        stream.write(`\r${text} ${bar} ${megabytes(done)}/${megabytes(totalBytes)} MB\x1b[K${end}`);
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
