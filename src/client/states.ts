import type { IndexEntry } from '../protocol/messages.js';

const states = ['READY', 'UNAVAILABLE', 'LOADING', 'UNLOADING', 'UNKNOWN'] as const;

/** MLServer writes `State.READY` over gRPC. */
export function stateOf(said: unknown): IndexEntry['state'] {
  const word = String(said).split('.').at(-1);
  return states.find((state) => state === word) ?? 'UNKNOWN';
}
