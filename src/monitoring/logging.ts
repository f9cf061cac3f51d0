import { fstatSync } from 'node:fs';
import { destination, pino, type DestinationStream, type Logger } from 'pino';
import { isError } from '../errors.js';
import { scrub } from './scrub.js';

export type { Logger } from 'pino';

export interface LoggerOptions {
  /** Lowest level that is written, default `info`. */
  level?: string;
  /** Where the lines go. Default: standard output. */
  stream?: DestinationStream;
  /** Other processes write to the same standard output. Lines are then written whole, so that they do not mix. Default false. */
  shared?: boolean;
}

/** Bytes of unwritten lines that are kept while standard output is not read. Further lines are dropped; serving goes on. */
const maxBacklog = 4 * 2 ** 20;

/**
 * A logger of pino that writes one JSON object a line. No line ever holds an input value or a credential: both are
 * removed from every record.
 * @example
 * ```ts
 * const logger = createLogger({ level: 'debug' });
 * const server = await createServer({ host, logger });
 * ```
 */
export function createLogger({
  level = 'info',
  shared = false,
  stream = standardOutput(shared),
}: LoggerOptions = {}): Logger {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: isoTime,
      // Errors come out of `scrub` as plain objects already; pino's own serialiser would copy every member.
      serializers: { err: (value: unknown) => value },
      formatters: {
        level: (label) => ({ level: label }),
        log: scrub,
      },
      hooks: {
        // A bare error is logged under `err`, by the same rules.
        logMethod(args, method) {
          const [first, ...rest] = args as unknown[];
          const record = isError(first) ? { err: first } : first;
          method.apply(this, [record, ...rest] as Parameters<typeof method>);
        },
      },
    },
    stream,
  );
  // pino gives no hook for what a child is bound to; children inherit this one.
  const child = Reflect.get(logger, 'child') as (this: unknown, bindings: object, options?: object) => unknown;
  logger.child = function (this: unknown, bindings: Record<string, unknown>, options?: object) {
    return child.call(this, scrub(bindings), options);
  } as typeof logger.child;
  return logger;
}

let lastMs = 0;
let lastTime = '';

/** The member `time` of a line, in ISO 8601. Lines of one millisecond share it: to make it takes as long as half of a line. */
function isoTime(): string {
  const now = Date.now();
  if (now !== lastMs) {
    lastMs = now;
    lastTime = `,"time":"${new Date(now).toISOString()}"`;
  }
  return lastTime;
}

/** Writes the buffered lines. Call it before the process exits. It waits at most half a second. */
export function flushLogger(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    // A reader that never reads must not keep the process from exiting.
    const limit = setTimeout(resolve, 500);
    logger.flush(() => {
      clearTimeout(limit);
      resolve();
    });
  });
}

/** Bytes that a pipe takes in one piece (PIPE_BUF) while other processes write to it too, less a margin for characters beyond ASCII. */
const atomicWrite = 3072;

function standardOutput(shared: boolean): DestinationStream {
  const isCut = shared && !isFile(1);
  // Asynchronous: a full pipe must not stop the event loop. With a minimum of 0 `flush` would not wait for anything.
  const stream = destination({
    dest: 1,
    sync: false,
    minLength: 1,
    maxLength: maxBacklog,
    ...(isCut && { maxWrite: atomicWrite }),
  });
  // pino would flush on every exit and block until a full pipe or disk takes the lines, perhaps without end. flushLogger
  // waits for them before the exit, for a limited time.
  stream.flushSync = () => undefined;
  // A reader that went away (EPIPE) ends the logging, not the server.
  stream.on('error', () => undefined);
  return new LineBuffer(stream, isCut ? atomicWrite : Infinity);
}

/** A file takes what several processes write one after the other, however much that is. */
function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false; // it is closed
  }
}

interface FlushableStream extends DestinationStream {
  flush(done?: (error?: Error) => void): void;
}

/** After a write, lines gather for so long before the next one. Lines that the end of the process by force loses are of this time. */
const gatherMs = 20;
/** Characters that are not kept waiting for more. */
const enough = 32 * 1024;

/**
 * Puts lines together: a write hands them to another thread, which under load costs more than the lines. A line that comes
 * after a while without one is written with its turn of the event loop, and so is a line of level warn or above.
 */
export class LineBuffer implements FlushableStream {
  readonly #target: FlushableStream;
  readonly #largest: number;
  #text = '';
  /** Lines before those, each part as many as may be written at once. */
  readonly #parts: string[] = [];
  #length = 0;
  /** What waits is written at the end of this turn. */
  #isDue = false;
  /** Runs while lines gather. */
  #gathering: NodeJS.Timeout | undefined;

  /** @param largest characters written at once, unless a single line is longer */
  constructor(target: FlushableStream, largest: number) {
    this.#target = target;
    this.#largest = largest;
  }

  write(line: string): void {
    if (this.#text.length + line.length > this.#largest) this.#cut();
    this.#text += line;
    this.#length += line.length;
    if (!this.#gathering || this.#length >= enough || !mayWait(line)) this.#passSoon();
    else this.#gathering.ref();
  }

  flush(done?: (error?: Error) => void): void {
    this.#pass();
    this.#target.flush(done);
  }

  #passSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(this.#onTurnEnd);
  }

  readonly #onTurnEnd = (): void => {
    this.#isDue = false;
    this.#pass();
    // Nothing has to be written when it is over, so the process need not live for it.
    this.#gathering ??= setTimeout(this.#onGathered, gatherMs).unref();
  };

  readonly #onGathered = (): void => {
    this.#gathering = undefined;
    if (this.#length > 0) this.#onTurnEnd();
  };

  #pass(): void {
    this.#cut();
    this.#length = 0;
    for (const text of this.#parts.splice(0)) this.#target.write(text);
  }

  #cut(): void {
    if (this.#text === '') return;
    this.#parts.push(this.#text);
    this.#text = '';
  }
}

const patient = ['{"level":"info"', '{"level":"debug"', '{"level":"trace"'];

function mayWait(line: string): boolean {
  return patient.some((begin) => line.startsWith(begin));
}
