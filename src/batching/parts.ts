import { onAbort } from '../async/abort.js';
import { concatenate } from '../model/collate.js';
import type { Execution } from '../model/model.js';
import { sliceCall, type Call } from '../model/call.js';

/** Submits one part; settles by exactly one of the two functions. */
export type SubmitPart = (
  part: Call,
  signal: AbortSignal,
  resolve: (execution: Execution) => void,
  reject: (reason: unknown) => void,
) => void;

/** Runs a call that is larger than a batch as parts of at most `maxRows` rows, and puts their results one below the other. */
export async function runInParts(
  call: Call,
  maxRows: number,
  signal: AbortSignal | undefined,
  submit: SubmitPart,
): Promise<Execution> {
  // One part's failure takes the others out of the queue. Not AbortSignal.any: it would stay with a long-lived signal.
  const failure = new AbortController();
  const unfollow =
    signal &&
    onAbort(signal, () => {
      failure.abort(signal.reason);
    });
  const parts: Promise<Execution>[] = [];
  for (let from = 0; from < call.rows; from += maxRows) {
    const part = sliceCall(call, from, Math.min(call.rows, from + maxRows));
    parts.push(
      new Promise((resolve, reject) => {
        submit(part, failure.signal, resolve, reject);
      }),
    );
  }
  try {
    const done = await Promise.all(parts);
    return {
      value: concatenate(done.map(({ value }) => value)),
      timings: {
        queueMs: Math.max(...done.map(({ timings }) => timings.queueMs)),
        runMs: done.reduce((sum, { timings }) => sum + timings.runMs, 0),
      },
    };
  } catch (error) {
    failure.abort(error);
    await Promise.allSettled(parts);
    throw error;
  } finally {
    unfollow?.();
  }
}
