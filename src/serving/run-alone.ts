/** Runs of a served model that nobody shares: it has no queue, or none for this call. */
import { checkQueueRunOptions, type CallSpan, type QueueRunOptions } from '../batching/index.js';
import { InputError } from '../errors.js';
import { isBatchable } from '../model/batchable.js';
import type { Execution, Model } from '../model/model.js';
import type { RunOptions } from '../model/options.js';
import type { Arguments, Value } from '../tensor/value.js';
import { rowsOf } from './calls.js';

interface Runs {
  readonly name: string;
  readonly version: string;
  readonly model: Model;
}

/**
 * Arguments are checked and copied before it waits for anything.
 * Without a queue there are no priorities: they are checked, and mean nothing.
 * @throws as `Model.execute`
 */
export function runAlone<T extends Value>(
  served: Runs,
  method: string,
  args: Arguments,
  options: QueueRunOptions = {},
): Promise<Execution<T>> {
  checkQueueRunOptions(options);
  const { model } = served;
  const { signal, timeoutMs, bounds, owned = false, span } = options;
  const limits = limitsOf(signal, timeoutMs);
  const executing = isBatchable(model)
    ? model.execute<T>(method, args, limits, { bounds, owned })
    : model.execute<T>(method, args, limits);
  return span ? traced(served, executing, span, rowsOf(args)) : executing;
}

const noLimits: RunOptions = {};

function limitsOf(signal: AbortSignal | undefined, timeoutMs: number | undefined): RunOptions {
  if (signal && timeoutMs !== undefined) return { signal, timeoutMs };
  if (signal) return { signal };
  return timeoutMs === undefined ? noLimits : { timeoutMs };
}

/** Tells the span of a call about its run. */
async function traced<T extends Value>(
  { name: model, version }: Runs,
  executing: Promise<Execution<T>>,
  span: CallSpan,
  rows: number,
): Promise<Execution<T>> {
  const since = performance.now();
  const tell = (started: number, error?: unknown): void => {
    const what = { model, version, rows, paddedRows: 0, requests: 1, reason: undefined };
    const ended = performance.now();
    // eslint-disable-next-line no-restricted-syntax -- of calls with a span
    span.ran({ ...what, started, ended, error }, [{ span, since, rows }]);
  };
  try {
    const execution = await executing;
    tell(since + execution.timings.queueMs);
    return execution;
  } catch (error) {
    // What was refused has not run.
    if (!(error instanceof InputError)) tell(since, error);
    throw error;
  }
}
