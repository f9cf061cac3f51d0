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
      timestamp: pino.stdTimeFunctions.isoTime,
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
  // Asynchronous: a full pipe must not stop the event loop. With a minimum of 0 `flush` would not wait for anything.
  const stream = destination({
    dest: 1,
    sync: false,
    minLength: 1,
    maxLength: maxBacklog,
    ...(shared && { maxWrite: atomicWrite }),
  });
  // pino would flush on every exit and block until a full pipe or disk takes the lines, perhaps without end. flushLogger
  // waits for them before the exit, for a limited time.
  stream.flushSync = () => undefined;
  // A reader that went away (EPIPE) ends the logging, not the server.
  stream.on('error', () => undefined);
  return new TurnBuffer(stream, shared ? atomicWrite : Infinity);
}

interface FlushableStream extends DestinationStream {
  flush(done?: (error?: Error) => void): void;
}

/** Puts the lines of one turn of the event loop together: under load a write for each would cost more than the lines. */
export class TurnBuffer implements FlushableStream {
  readonly #target: FlushableStream;
  readonly #largest: number;
  #text = '';
  #scheduled = false;

  /** @param largest characters written at once, unless a single line is longer */
  constructor(target: FlushableStream, largest: number) {
    this.#target = target;
    this.#largest = largest;
  }

  write(line: string): void {
    if (this.#text.length + line.length > this.#largest) this.#pass();
    this.#text += line;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pass();
    });
  }

  flush(done?: (error?: Error) => void): void {
    this.#pass();
    this.#target.flush(done);
  }

  #pass(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#target.write(text);
  }
}
