/** Labels that come back for answered requests, as routes and messages between processes have them. */
import type { ErrorCode } from '../../errors.js';

/** The index of a class, or what it is called. */
export type Label = number | string;

/** The truth about one request. */
export interface FeedbackItem {
  readonly requestId: string;
  /** One for each row; a request of one row may have it by itself. */
  readonly label: Label | readonly Label[];
  /** Only what this model answered. */
  readonly model?: string;
  /** Only what this version answered. */
  readonly version?: string;
  /** Only what this client has asked for: the id of its token. Left out where none are asked for. */
  readonly client?: string;
}

/** What became of an item: how many rows were counted, or why none. */
export type FeedbackOutcome =
  | { readonly rows: number }
  | { readonly rows?: never; readonly code: ErrorCode; readonly message: string; readonly pointer: string };

/** What one process does with labels for the others. */
interface FeedbackOfProcess {
  /** When it answered each request, on a clock that all have; undefined for one that it does not know. */
  known(items: readonly FeedbackItem[]): readonly (number | undefined)[];
  /** Counts what it knows. */
  give(items: readonly FeedbackItem[]): readonly FeedbackOutcome[];
}

/** How the processes of a server share what they know of labels. */
export interface FeedbackShare {
  /** Takes what asks this process for others. */
  answer(own: FeedbackOfProcess): void;
  /**
   * Has each label counted once: by the process that has answered its request last, which may be this one. Undefined for what
   * nobody knows.
   */
  ask(items: readonly FeedbackItem[]): Promise<readonly (FeedbackOutcome | undefined)[]>;
}

/** Nobody knows the request, or no more. */
export function unknown({ model, version, client }: FeedbackItem): FeedbackOutcome {
  const of = model === undefined ? '' : ` by ${model}${version === undefined ? '' : ` ${version}`}`;
  return {
    code: 'ERR_UNKNOWN_REQUEST',
    message:
      `Expected the id of a request that was answered${of} and is remembered but received another: ids are forgotten ` +
      'after feedbackRequests newer requests, and when their process ends' +
      (client === undefined ? '' : '; a request is labelled with a token of the same id as it was sent with'),
    pointer: '/request_id',
  };
}
