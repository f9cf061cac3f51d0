import { checkRunOptions, type RunOptions } from '../model/options.js';
import type { Bounds } from '../signature/range.js';

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
}

/** Checks the options of a queue's run, but for the priority's value. @throws ERR_INVALID_ARGUMENT */
export function checkQueueRunOptions(options: QueueRunOptions): void {
  checkRunOptions(options, ['priority'], ['owned', 'bounds', 'client']);
}
