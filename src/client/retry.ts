import type { Deadline } from './deadline.js';
import { InferenceClientError } from './errors.js';

/** How a call is tried again. */
export interface RetryRule {
  /** Further tries after the first. */
  readonly retries: number;
  /** Whether running it twice does no harm. */
  readonly idempotent: boolean;
}

/** The wait before the first further try, which doubles with each; a random part of it is taken off. */
const firstDelayMs = 50;
/** A server that asks for more is not waited for: the caller decides. */
const longestDelayMs = 10_000;

/**
 * Runs a call, and again where that is safe: a server refused it for now (429; 503 with `Retry-After`), nobody was there to take
 * it, or a kept connection was closed under it and it may run twice. It never waits longer than the call's time.
 */
export async function withRetries<T>(
  rule: RetryRule,
  deadline: Deadline,
  run: () => Promise<T>,
  random: () => number = Math.random,
): Promise<T> {
  for (let attempt = 1; ; ++attempt) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof InferenceClientError)) throw error;
      error.attempts = attempt;
      if (attempt > rule.retries || !isWorthAnother(error, rule)) throw error;
      const delay = delayOf(error, attempt, random);
      if (delay > longestDelayMs || delay >= deadline.remainingMs) throw error;
      await deadline.sleep(delay);
    }
  }
}

function isWorthAnother({ status, retryAfterMs, sent, stale, serverMessage }: InferenceClientError, rule: RetryRule) {
  if (!sent) return true;
  if (stale) return rule.idempotent;
  // Refused, so not run: not even a call that may run only once has begun.
  return serverMessage !== undefined && (status === 429 || (status === 503 && retryAfterMs !== undefined));
}

/** From half of the step to the whole, so that clients which were refused together do not come back together. */
function delayOf({ retryAfterMs, stale }: InferenceClientError, attempt: number, random: () => number): number {
  if (stale) return 0;
  const step = Math.min(firstDelayMs * 2 ** (attempt - 1), longestDelayMs);
  return (retryAfterMs ?? 0) + step * (0.5 + random() / 2);
}
