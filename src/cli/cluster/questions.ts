import { errorOf, type SaidError, torchError } from '../../errors.js';

interface QuestionLimits {
  /** So many wait at a time. */
  readonly most: number;
  /** What waits, in the words of the errors. */
  readonly what: string;
  /** The primary answers sooner than that as long as it lives. Default: it takes the time that it needs. */
  readonly patienceMs?: number;
}

/** Gives a question up in some other way. Returns what takes that back. */
type GiveUp = (question: number, reject: (error: Error) => void) => (() => void) | undefined;

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** No two questions of a process have the same number, whatever they are about. */
let last = 0;

/** In a worker: what it has asked the primary process, and has not heard of yet. */
export class Questions<T> {
  readonly #limits: QuestionLimits;
  readonly #waiting = new Map<number, Waiting<T>>();

  constructor(limits: QuestionLimits) {
    this.#limits = limits;
  }

  /** @throws ERR_QUEUE_FULL; ERR_TIMEOUT; what the primary says went wrong */
  async ask(tellIt: (question: number) => void, giveUp?: GiveUp): Promise<T> {
    const { most, what, patienceMs } = this.#limits;
    if (this.#waiting.size >= most) throw torchError('ERR_QUEUE_FULL', `Expected at most ${most} ${what} to wait`);
    const question = ++last;
    let timer: NodeJS.Timeout | undefined;
    let over: (() => void) | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#waiting.set(question, { resolve, reject });
        if (patienceMs !== undefined) timer = setTimeout(() => reject(late(patienceMs)), patienceMs);
        tellIt(question);
        over = giveUp?.(question, reject);
      });
    } finally {
      this.#waiting.delete(question);
      clearTimeout(timer);
      over?.();
    }
  }

  /** Does nothing for a question that is not of these, or not any more. */
  answered({ question, error }: { readonly question: number; readonly error?: SaidError | undefined }, value: T): void {
    const asked = this.#waiting.get(question);
    if (error) asked?.reject(errorOf(error));
    else asked?.resolve(value);
  }
}

const late = (patienceMs: number) =>
  torchError('ERR_TIMEOUT', `Expected the first process to answer within ${patienceMs} ms but it did not: ask again`);
