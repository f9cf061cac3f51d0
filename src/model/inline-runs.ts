/**
 * Runs on the calling thread. Handing a short run to another thread and back takes longer than the run, so one that is known
 * to be short, of a model that does nothing else, is done by the caller. The event loop waits for it: that is why it must be
 * known, why there is one a turn at most, and why one that took long is the last for a while. (Not for ever: on a machine that is
 * shared with others, one run in some thousands takes a millisecond for no fault of its own.)
 */
// Not the global one: fake timers of a test would keep the turn from ending.
import { setImmediate } from 'node:timers';
import type { Value } from '../tensor/value.js';
import { Tensor } from '../tensor/tensor.js';
import type { BoundArguments } from '../signature/bind.js';

/**
 * A form is known after so many runs on a worker that took less than `shortMs` of its thread. One that took longer takes away
 * several of them, and one of over `longMs` all: on a machine that is shared with others one run in ten is disturbed.
 */
const runsToKnow = 20;
const shortMs = 0.1;
const disturbed = 5;
/**
 * An inline run that took longer is the model's last for a while: so long that slow runs take half a percent of the time at most; or
 * twice as long as the last time, if there were fewer than a thousand short ones since.
 */
const longMs = 1;
/** By the clock: a busy machine keeps any run waiting for some milliseconds. */
const longWaitMs = 20;
/**
 * A pause is so many times as long as the run that it follows, and at first so long at most. Were it always seconds, one disturbed run in
 * ten thousand would end most of them.
 */
const pauseTimes = 200;
const firstPauseMs = 5000;
const longestPauseMs = 3_600_000;
const runsToForgive = 1000;
/** Forms that are remembered; a form that has not become known within so many runs is looked at no more. */
const mostForms = 32;
const mostTries = 1000;

/** What `Model.stats()` says of runs on the calling thread. */
export interface InlineStats {
  /** Runs that were done on the calling thread. */
  readonly runs: number;
  /** Of those, the ones that took longer than a millisecond; each ends it for a while. */
  readonly slow: number;
  /** Why there are none of them, or none at the moment; undefined where there may be. */
  readonly off: string | undefined;
}

/** So many calls in a row, each of which found nobody else waiting or running, are a calm. */
const callsOfCalm = 8;

/**
 * Whether calls come one by one. While they overlap, they are better off in batches and on another core: then nothing is gained
 * by doing one of them here, and the others wait for it.
 */
export class Calm {
  #calls = 0;

  /** A call has come. @param isAlone it found nobody else waiting or running */
  came(isAlone: boolean): void {
    if (!isAlone) this.#calls = 0;
    else if (this.#calls < callsOfCalm) this.#calls++;
  }

  get isThere(): boolean {
    return this.#calls === callsOfCalm;
  }
}

/** Calls of one method with the same shapes, dtypes, and values that are no tensors. */
export interface Form {
  readonly method: string;
  readonly values: readonly unknown[];
  /** Runs that were short, less what longer ones took away. */
  short: number;
  tries: number;
}

/** One run a turn of the event loop, over all models of this thread. */
let isTurnTaken = false;
const endTurn = (): void => {
  isTurnTaken = false;
};

export class InlineRuns {
  #forms: Form[] = [];
  #last: Form | undefined;
  #runs = 0;
  #slow = 0;
  #off: string | undefined;
  #offUntil = Infinity;
  #pauseMs = 0;
  #sinceSlow = 0;
  readonly #now: () => number;
  readonly calm = new Calm();

  /** @param off why no run of the model may be inline */
  constructor(off?: string, now: () => number = () => performance.now()) {
    this.#off = off;
    this.#now = now;
  }

  get stats(): InlineStats {
    return { runs: this.#runs, slow: this.#slow, off: this.#off };
  }

  get isOff(): boolean {
    if (this.#off === undefined) return false;
    if (this.#offUntil === Infinity || this.#now() < this.#offUntil) return true;
    // What was known of it proved wrong: it is found out again.
    this.#off = undefined;
    this.#offUntil = Infinity;
    this.#forms = [];
    this.#last = undefined;
    return false;
  }

  /** What is known of calls like this one; undefined where they are never inline. */
  formOf(method: string, values: BoundArguments): Form | undefined {
    if (this.isOff) return undefined;
    const last = this.#last;
    if (last && isOfForm(last, method, values)) return last;
    let found = this.#forms.find((form) => isOfForm(form, method, values));
    if (!found) {
      if (!values.every(isPlain)) return undefined;
      found = { method, values: values.map(formOfValue), short: 0, tries: 0 };
      if (this.#forms.length === mostForms) this.#forms.shift();
      this.#forms.push(found);
    }
    return (this.#last = found);
  }

  /** Whether calls of this form are known to be short. */
  isKnown(form: Form): boolean {
    return form.short >= runsToKnow;
  }

  /** Whether runs on a worker still have something to say of this form. */
  isLearning(form: Form): boolean {
    return form.short < runsToKnow && form.tries < mostTries;
  }

  /** A run on a worker has ended. @param heldMs what it took of its thread */
  learn(form: Form, heldMs: number): void {
    form.tries++;
    if (heldMs < shortMs) form.short++;
    else form.short = heldMs > longMs ? 0 : Math.max(0, form.short - disturbed);
  }

  /** Whether this turn of the event loop has had its inline run. */
  get isTurnTaken(): boolean {
    return isTurnTaken;
  }

  /** Takes the turn. */
  takeTurn(): void {
    isTurnTaken = true;
    setImmediate(endTurn);
  }

  /** An inline run has ended. @param heldMs what it took of the thread @param runMs and by the clock: it may have waited */
  ran(heldMs: number, runMs = heldMs): void {
    this.#runs++;
    this.#sinceSlow++;
    if (heldMs <= longMs && runMs <= longWaitMs) return;
    this.#slow++;
    const tookMs = heldMs > longMs ? heldMs : runMs;
    const pauseMs = this.#sinceSlow > runsToForgive ? 0 : 2 * this.#pauseMs;
    this.#pauseMs = Math.min(longestPauseMs, Math.max(pauseMs, Math.min(firstPauseMs, pauseTimes * tookMs)));
    this.#sinceSlow = 0;
    this.#offUntil = this.#now() + this.#pauseMs;
    const seconds = Number((this.#pauseMs / 1000).toPrecision(2));
    this.#off = `a run on the calling thread took ${tookMs.toFixed(1)} ms: there are none for ${seconds} s`;
  }
}

interface TensorForm {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** Longer texts are not kept. */
const longestText = 64;

function isPlain(value: Value | undefined): boolean {
  if (typeof value === 'string') return value.length <= longestText;
  return value === undefined || value === null || typeof value !== 'object' || value instanceof Tensor;
}

function formOfValue(value: Value | undefined): unknown {
  return value instanceof Tensor ? { dtype: value.dtype, shape: value.shape } : value;
}

function isOfForm(form: Form, method: string, values: BoundArguments): boolean {
  if (form.method !== method || form.values.length !== values.length) return false;
  for (let i = 0; i < values.length; ++i) {
    const value = values[i];
    const wanted = form.values[i];
    if (!(value instanceof Tensor)) {
      if (!Object.is(value, wanted)) return false;
      continue;
    }
    if (typeof wanted !== 'object' || wanted === null) return false;
    const { dtype, shape } = wanted as TensorForm;
    if (value.dtype !== dtype || value.shape.length !== shape.length) return false;
    for (let axis = 0; axis < shape.length; ++axis) if (value.shape[axis] !== shape[axis]) return false;
  }
  return true;
}
