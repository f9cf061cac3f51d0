import { performance } from 'node:perf_hooks';

/** What ends a server from outside: an orchestrator, Ctrl-C, and the end of the terminal or session. */
export const endSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const satisfies readonly NodeJS.Signals[];

/** Ctrl-C under npm arrives twice: from the terminal, and from npm that passes it on. */
const sameSignalMs = 500;

/**
 * Calls `begin` at the first signal and `insist` at a later one. The first one again within half a second counts as one
 * with it. SIGHUP never insists: systemd and terminals send it along with another. Returns what stops listening.
 */
export function onEndSignals(
  signals: readonly NodeJS.Signals[],
  begin: (signal: NodeJS.Signals) => void,
  insist: () => void,
): () => void {
  let first: { signal: NodeJS.Signals; at: number } | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!first) {
      first = { signal, at: performance.now() };
      begin(signal);
      return;
    }
    const isSame = signal === first.signal && performance.now() - first.at < sameSignalMs;
    if (!isSame && signal !== 'SIGHUP') insist();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
