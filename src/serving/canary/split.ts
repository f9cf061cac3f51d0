/** Requests that are split between two versions, as a served model sees it for each of its calls. */
import type { ErrorCode } from '../../errors.js';
import type { Arguments, Value } from '../../tensor/value.js';

export type SideName = 'canary' | 'stable';

/** Requests of one reference of a name, of which a canary gets a share. */
export interface Split<Served> {
  readonly canary: Served;
  readonly sides: Readonly<Record<SideName, Side>>;
  /** Whether a call goes to the canary. @param key by which it falls; undefined: at random */
  takes(key: string | undefined): boolean;
}

/** One side of a split, while its calls run: what becomes of them is counted. */
export interface Side {
  /** @param ms from the call to its answer, or to its failure */
  ended(outcome: 'ok' | 'aborted' | ErrorCode, ms: number): void;
  /** A call or a batch has run. @param ms inside the engine */
  ran(rows: number, ms: number): void;
  /** Called for some answers: the same input is run on the other side, too. Its caller may write to the tensors once it returns. */
  readonly answered: ((args: Arguments, value: Value) => void) | undefined;
}

/** What a handle follows whose caller named an alias, or nothing: its calls run on what that means when they begin. */
export interface Follows<Served> {
  readonly of: Served;
  /** An alias; undefined for the default. */
  readonly reference: string | undefined;
  /** Where its calls go while they are split; undefined where each of them draws. */
  readonly side: SideName | undefined;
}

/** What serves one call. */
export interface Entered<Served> {
  readonly served: Served;
  /** What the call is counted for, where calls are split. */
  readonly side: Side | undefined;
}

/** Where a call goes. @param drawn where its whole request has fallen; undefined: the call draws, by its key or at random */
export function sideOf(split: Split<unknown>, drawn: SideName | undefined, key: string | undefined): SideName {
  return drawn ?? (split.takes(key) ? 'canary' : 'stable');
}
