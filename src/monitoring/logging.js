import { destination, pino } from 'pino';
import { isError } from '../errors.js';
import { scrub } from './scrub.js';
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
export function createLogger({ level = 'info', shared = false, stream = standardOutput(shared), } = {}) {
    const logger = pino({
        level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        // Errors come out of `scrub` as plain objects already; pino's own serialiser would copy every member.
        serializers: { err: (value) => value },
        formatters: {
            level: (label) => ({ level: label }),
            log: scrub,
        },
        hooks: {
            // A bare error is logged under `err`, by the same rules.
            logMethod(args, method) {
                const [first, ...rest] = args;
                const record = isError(first) ? { err: first } : first;
                method.apply(this, [record, ...rest]);
            },
        },
    }, stream);
    // pino gives no hook for what a child is bound to; children inherit this one.
    const child = Reflect.get(logger, 'child');
    logger.child = function (bindings, options) {
        return child.call(this, scrub(bindings), options);
    };
    return logger;
}
/** Writes the buffered lines. Call it before the process exits. It waits at most half a second. */
export function flushLogger(logger) {
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
function standardOutput(shared) {
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
/** Puts the lines of one turn of the event loop together: under load a write for each would cost more than the lines. */
export class TurnBuffer {
    #target;
    #largest;
    #text = '';
    #scheduled = false;
    /** @param largest characters written at once, unless a single line is longer */
    constructor(target, largest) {
        this.#target = target;
        this.#largest = largest;
    }
    write(line) {
        if (this.#text.length + line.length > this.#largest)
            this.#pass();
        this.#text += line;
        if (this.#scheduled)
            return;
        this.#scheduled = true;
        setImmediate(() => {
            this.#scheduled = false;
            this.#pass();
        });
    }
    flush(done) {
        this.#pass();
        this.#target.flush(done);
    }
    #pass() {
        if (this.#text === '')
            return;
        const text = this.#text;
        this.#text = '';
        this.#target.write(text);
    }
}
