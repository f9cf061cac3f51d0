import { checkRunOptions, runOptions, type RunOptions } from '../model/options.js';
import { expected } from '../errors.js';
import type { Bounds } from '../signature/range.js';
import type { CallSpan } from './call-span.js';
import { lowestPriority } from './options.js';

/** What a call of a queue takes. */
export interface QueueRunOptions extends RunOptions {
  /** 1 (most urgent) to 10; 0, the default, stands for the queue's defaultPriority. */
  priority?: number;
  /** The caller gives up the tensors; they are not copied. @internal */
  owned?: boolean;
  /** Least and greatest element of the only tensor, measured by the caller. @internal */
  bounds?: Bounds | undefined;
  /** Whom its share of a full queue counts for. @internal */
  client?: string | undefined;
  /** Id of the request that the call answers, for feedback. @internal */
  requestId?: string | undefined;
  /** The span of the request that the call answers; the batch that carries it links to it. @internal */
  span?: CallSpan | undefined;
}

const known = [...runOptions, 'priority'];
const internal = ['owned', 'bounds', 'client', 'requestId', 'span'];

/** Checks the options of a queue's run. @throws ERR_INVALID_ARGUMENT */
export function checkQueueRunOptions(options: QueueRunOptions): void {
  checkRunOptions(options, known, internal);
  const { priority = 0 } = options;
  if (Number.isSafeInteger(priority) && priority >= 0 && priority <= lowestPriority) return;
  throw expected(`an integer from 0 to ${lowestPriority}`, 'priority', priority);
}
