import type { FeedbackOutcome, FeedbackShare } from '../../server/feedback/item.js';
import { hear, tell } from './worker.js';

/** The primary answers sooner than that as long as it lives. */
const patienceMs = 5000;
/** Questions of this worker that are open at a time. */
const mostOpen = 32;

/** In a worker: as createServer's option, labels find the worker that has answered their request last. */
export function feedbackOfAll(): FeedbackShare {
  const questions = new Map<number, (outcomes: readonly (FeedbackOutcome | undefined)[]) => void>();
  let last = 0;
  hear('feedbackAnswer', ({ question, outcomes }) => questions.get(question)?.(outcomes));
  return {
    answer: (own) => {
      hear('findFeedback', ({ round, items }) => tell({ kind: 'feedbackKnown', round, known: own.known(items) }));
      hear('countFeedback', ({ round, items }) => tell({ kind: 'feedbackCounted', round, outcomes: own.give(items) }));
      tell({ kind: 'remembers' });
    },
    ask: (items) =>
      new Promise((resolve) => {
        if (questions.size >= mostOpen) return resolve(items.map(() => busy));
        const question = ++last;
        const finish = (outcomes: readonly (FeedbackOutcome | undefined)[]): void => {
          clearTimeout(timer);
          questions.delete(question);
          resolve(outcomes);
        };
        const timer = setTimeout(() => finish(items.map(() => late)), patienceMs);
        questions.set(question, finish);
        tell({ kind: 'askFeedback', question, items });
      }),
  };
}

const busy: FeedbackOutcome = {
  code: 'ERR_QUEUE_FULL',
  message: `Expected at most ${mostOpen} requests with labels at a time but there are more: send them in lists`,
  pointer: '',
};
const late: FeedbackOutcome = {
  code: 'ERR_TIMEOUT',
  message: `Expected the other processes of this server to be asked within ${patienceMs} ms: send the label again`,
  pointer: '/request_id',
};
