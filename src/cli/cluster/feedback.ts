import type { Worker } from 'node:cluster';
import { warnOf } from '../../errors.js';
import { answerOf, type FeedbackItem, type FeedbackOutcome, type KnownAnswer } from '../../server/feedback/item.js';
import { send, type ToPrimary } from './messages.js';
import { lives } from './replies.js';

/** A worker that says nothing for so long has not answered: what it may know is not known. */
const patienceMs = 2000;
/** Questions that are open at a time, of all workers together. */
const mostOpen = 128;

type Reply = Extract<ToPrimary, { readonly kind: 'feedbackKnown' | 'feedbackCounted' }>;

/** A question to some workers. */
interface Open {
  readonly awaited: Set<number>;
  /** What each has said, by its number. One that ended has said nothing. */
  readonly replies: Map<number, Reply>;
  readonly finish: (isLate: boolean) => void;
}

/**
 * Labels may come to another worker than the one that answered, and several may have answered requests of the same id. In the
 * primary process: asks all when they answered each, and has the one that was last count it.
 */
export class ClusterFeedback {
  /** Workers that remember what they answer; one that still loads its models has answered nothing. */
  readonly #remembering = new Map<number, Worker>();
  readonly #open = new Map<number, Open>();
  #round = 0;

  onMessage(worker: Worker, message: ToPrimary): void {
    if (message.kind === 'remembers') this.#remembering.set(worker.id, worker);
    if (message.kind === 'askFeedback') this.#ask(worker, message).catch(warnOf);
    if (message.kind === 'feedbackKnown' || message.kind === 'feedbackCounted') this.#heard(worker, message);
  }

  onExit(worker: Worker): void {
    this.#remembering.delete(worker.id);
    for (const open of this.#open.values()) settle(open, worker.id);
  }

  async #ask(asking: Worker, { question, items }: Extract<ToPrimary, { readonly kind: 'askFeedback' }>): Promise<void> {
    const outcomes = this.#open.size >= mostOpen ? items.map(() => busy) : await this.#count(items);
    send(asking, { kind: 'feedbackAnswer', question, outcomes });
  }

  async #count(items: readonly FeedbackItem[]): Promise<readonly (FeedbackOutcome | undefined)[]> {
    const all = [...this.#remembering.values()].filter(lives);
    const found = await this.#askAll(new Map(all.map((worker) => [worker, items])), 'findFeedback');
    const outcomes: (FeedbackOutcome | undefined)[] = items.map(() => (found.isLate ? late : undefined));
    const shares = new Map<Worker, { readonly index: number; readonly item: FeedbackItem }[]>();
    for (const [index, item] of items.entries()) {
      const answer = answerOf(answersTo(index, all, found.replies));
      if (!answer) continue;
      if ('code' in answer) {
        outcomes[index] = answer;
        continue;
      }
      const own = shares.get(answer.worker) ?? [];
      own.push({ index, item: { ...item, model: answer.model } });
      shares.set(answer.worker, own);
    }
    const asked = [...shares].map(([worker, own]) => [worker, own.map(({ item }) => item)] as const);
    const counted = await this.#askAll(new Map(asked), 'countFeedback');
    for (const [worker, own] of shares) {
      const reply = counted.replies.get(worker.id);
      const said = reply?.kind === 'feedbackCounted' ? reply.outcomes : [];
      for (const [place, { index }] of own.entries()) {
        outcomes[index] = said[place] ?? (counted.isLate ? late : undefined);
      }
    }
    return outcomes;
  }

  /** Resolves once every worker that still lives has replied, or the patience is over. */
  async #askAll(
    questions: ReadonlyMap<Worker, readonly FeedbackItem[]>,
    kind: 'findFeedback' | 'countFeedback',
  ): Promise<{ readonly replies: Open['replies']; readonly isLate: boolean }> {
    const replies: Open['replies'] = new Map();
    const asked = [...questions].filter(([worker]) => lives(worker));
    if (asked.length === 0) return { replies, isLate: false };
    const round = ++this.#round;
    const isLate = await new Promise<boolean>((resolve) => {
      const finish = (isOver: boolean): void => {
        clearTimeout(timer);
        this.#open.delete(round);
        resolve(isOver);
      };
      const timer = setTimeout(() => finish(true), patienceMs);
      this.#open.set(round, { awaited: new Set(asked.map(([{ id }]) => id)), replies, finish });
      for (const [worker, items] of asked) send(worker, { kind, round, items });
    });
    return { replies, isLate };
  }

  #heard(worker: Worker, reply: Reply): void {
    const open = this.#open.get(reply.round);
    if (!open) return;
    open.replies.set(worker.id, reply);
    settle(open, worker.id);
  }
}

/** What each worker says that it has answered to a request. */
function answersTo(
  index: number,
  workers: readonly Worker[],
  replies: Open['replies'],
): readonly (KnownAnswer & { readonly worker: Worker })[] {
  return workers.flatMap((worker) => {
    const reply = replies.get(worker.id);
    const known = reply?.kind === 'feedbackKnown' ? reply.known[index] : undefined;
    return (known ?? []).map((answer) => ({ ...answer, worker }));
  });
}

function settle({ awaited, finish }: Open, worker: number): void {
  if (awaited.delete(worker) && awaited.size === 0) finish(false);
}

const busy: FeedbackOutcome = {
  code: 'ERR_QUEUE_FULL',
  message: `Expected at most ${mostOpen} questions of workers to each other at a time but there are more: send fewer labels at once`,
  pointer: '',
};
const late: FeedbackOutcome = {
  code: 'ERR_TIMEOUT',
  message: `Expected every process of this server to answer within ${patienceMs} ms but one has not: send the label again`,
  pointer: '/request_id',
};
