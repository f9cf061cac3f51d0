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
export type FeedbackOutcome = { readonly rows: number } | FeedbackFault;

/** Why nothing was counted of an item. */
export interface FeedbackFault {
  readonly rows?: never;
  readonly code: ErrorCode;
  readonly message: string;
  readonly pointer: string;
}

/** What a process remembers of a request: the newest that one model has answered under its id. */
export interface KnownAnswer {
  readonly model: string;
  /** On a clock that all processes have. */
  readonly answeredAt: number;
  /** The label is its first one, and names its classes for each of its rows. */
  readonly fits: boolean;
}

/** What one process does with labels for the others. */
interface FeedbackOfProcess {
  /** What it has answered to each request; nothing to one that it does not know. */
  known(items: readonly FeedbackItem[]): readonly (readonly KnownAnswer[])[];
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

/**
 * Which answer a label is about: of each model the newest counts, and of several models the one whose answer the label fits; where
 * it fits none of them, the newest, which says why.
 * @returns undefined where nobody knows the request; what is wrong where the label fits the answers of several models
 */
export function answerOf<T extends KnownAnswer>(answers: readonly T[]): T | FeedbackFault | undefined {
  const newestFirst = [...answers].sort((a, b) => b.answeredAt - a.answeredAt);
  const ofModels = new Map<string, T>();
  for (const answer of newestFirst) if (!ofModels.has(answer.model)) ofModels.set(answer.model, answer);
  const fitting = [...ofModels.values()].filter(({ fits }) => fits);
  return fitting.length > 1 ? ambiguous : (fitting[0] ?? newestFirst[0]);
}

/** Nobody can say whose label it is. */
const ambiguous = {
  code: 'ERR_VALIDATION',
  message:
    'Expected a label that fits the answer of one model but several models have answered under this id and it fits more than one' +
    '\n  fix: name the model, POST /v2/models/{model}/feedback; give every request an id of its own',
  pointer: '/request_id',
} as const satisfies FeedbackFault;

/** Whether nobody has counted what became of a label, since it is not known whose answer it is about. */
export function isNobodys(outcome: FeedbackOutcome): boolean {
  if (!('code' in outcome)) return false;
  const { code, pointer } = outcome;
  return code === 'ERR_UNKNOWN_REQUEST' || (code === ambiguous.code && pointer === ambiguous.pointer);
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
