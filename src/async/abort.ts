import { setMaxListeners } from 'node:events';

/**
 * Calls `listener` when the signal aborts; returns what takes it off again. One signal may well serve every call of a
 * program (its shutdown), so Node's warning of a leak beyond ten listeners would be a false alarm.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  setMaxListeners(0, signal);
  signal.addEventListener('abort', listener, { once: true });
  return () => {
    signal.removeEventListener('abort', listener);
  };
}
