import { exitWhenOpened } from '../engines/exit.js';
import { flushLogger, type Logger } from '../monitoring/logging.js';
import { endSignals, onEndSignals } from './end-signals.js';
import type { InferenceServer } from './server.js';
import { flushSpans } from './tracing/api.js';

export interface ShutdownOptions {
  /** The signals that begin the drain, default SIGTERM, SIGINT and SIGHUP. */
  signals?: readonly NodeJS.Signals[];
  /** Milliseconds that the host may take to close after the server, default 10000. */
  hostTimeoutMs?: number;
  /** Ends the process. Default: `process.exit`, once LibTorch is not being opened. */
  exit?: (code: number) => void;
}

/**
 * On the first signal drains the server, closes the host and exits with 0, or with 1 when requests were cut or something
 * failed. A second signal exits with 1 at once, unless it is SIGHUP, or the first one again within half a second (npm and
 * a terminal both send it). Returns a function that stops listening to signals.
 */
export function drainOnSignal(
  server: Pick<InferenceServer, 'close'>,
  host: { close(): Promise<void> },
  logger: Logger,
  { signals = endSignals, hostTimeoutMs = 10_000, exit = (code) => void exitWhenOpened(code) }: ShutdownOptions = {},
): () => void {
  return onEndSignals(
    signals,
    (signal) => {
      logger.info({ signal }, 'draining');
      void shutDown(server, host, logger, hostTimeoutMs).then(exit);
    },
    () => exit(1),
  );
}

/** A collector that does not answer holds up no end. */
const spansTimeoutMs = 2000;

/** Drains the server, closes the host, and flushes spans and the log. Resolves to the code to exit with; never rejects. */
export async function shutDown(
  server: Pick<InferenceServer, 'close'>,
  host: { close(): Promise<void> },
  logger: Logger,
  hostTimeoutMs = 10_000,
): Promise<number> {
  let code = 1;
  try {
    const { aborted } = await server.close();
    const closed = await within(hostTimeoutMs, host.close());
    code = aborted === 0 && closed ? 0 : 1;
    logger.info({ aborted, hostClosed: closed }, 'drained');
  } catch (err) {
    logger.error({ err }, 'could not drain');
  }
  try {
    if (!(await within(spansTimeoutMs, flushSpans())))
      logger.warn('the last spans may be lost: their collector does not answer');
  } catch (err) {
    logger.warn({ err }, 'the last spans could not be sent');
  }
  await flushLogger(logger);
  return code;
}

/** Whether the promise resolved in time. */
async function within(ms: number, promise: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
