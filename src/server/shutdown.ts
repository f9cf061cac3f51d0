import { flushLogger, type Logger } from '../monitoring/logging.js';
import type { InferenceServer } from './server.js';

export interface ShutdownOptions {
  /** Default SIGTERM and SIGINT. */
  signals?: readonly NodeJS.Signals[];
  /** Time for the host to close after the server has, default 10000. */
  hostTimeoutMs?: number;
  /** Ends the process; process.exit unless a test looks on. */
  exit?: (code: number) => void;
}

/**
 * On the first signal drains the server, closes the host and exits: 0, or 1 when requests had to be cut or something
 * failed. A second signal exits 1 at once. Returns a function that stops listening.
 */
export function drainOnSignal(
  server: Pick<InferenceServer, 'close'>,
  host: { close(): Promise<void> },
  logger: Logger,
  {
    signals = ['SIGTERM', 'SIGINT'],
    hostTimeoutMs = 10_000,
    exit = (code) => process.exit(code),
  }: ShutdownOptions = {},
): () => void {
  let draining = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (draining) {
      exit(1);
      return;
    }
    draining = true;
    logger.info({ signal }, 'draining');
    void shutDown(server, host, logger, hostTimeoutMs).then(exit);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

/** Drains the server, closes the host, flushes the log; the code to exit with. Never rejects. */
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
  await flushLogger(logger);
  return code;
}

/** Whether the promise was kept in time. */
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
