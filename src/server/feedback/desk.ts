import { warnOf } from '../../errors.js';
import type { ServerMetrics } from '../../monitoring/metrics.js';
import { FeedbackRing, type LabelledPart, type Prediction } from '../../monitoring/performance/index.js';
import type { AnsweredEvent } from '../../serving/index.js';
import type { InferenceHost } from '../host.js';
import {
  answerOf,
  isNobodys,
  unknown,
  type FeedbackFault,
  type FeedbackItem,
  type FeedbackOutcome,
  type FeedbackShare,
  type KnownAnswer,
} from './item.js';
import { compare } from './labels.js';
import { rememberAnswer } from './predicted.js';

interface DeskParts {
  readonly host: InferenceHost;
  readonly metrics: Pick<ServerMetrics, 'feedback'>;
  /** Where it goes what labels say of versions. */
  readonly monitoring: { labelled(parts: readonly LabelledPart[]): void };
  /** Requests that are remembered; 0: none, and every id is unknown. */
  readonly requests: number;
  /** Tokens are asked for: whoever has asked labels the answer, and nobody else. */
  readonly hasTokens: boolean;
  /** Of a process that is one of several. */
  readonly share?: FeedbackShare | undefined;
}

/**
 * Takes labels that come back: remembers what was answered to the newest requests, finds it by their id, and counts what was
 * right. One for each server and process; several share what they know.
 */
export class FeedbackDesk {
  readonly #host: InferenceHost;
  readonly #metrics: DeskParts['metrics'];
  readonly #ring: FeedbackRing;
  readonly #share: FeedbackShare | undefined;
  readonly #monitoring: DeskParts['monitoring'];
  readonly #isOn: boolean;
  readonly #hasTokens: boolean;
  #isBroken = false;

  constructor({ host, metrics, monitoring, requests, hasTokens, share }: DeskParts) {
    this.#host = host;
    this.#metrics = metrics;
    this.#monitoring = monitoring;
    this.#ring = new FeedbackRing({ requests });
    this.#share = share;
    this.#isOn = requests > 0;
    this.#hasTokens = hasTokens;
  }

  /** Remembers what the host answers from now on. Returns what ends it. */
  follow(): () => void {
    if (!this.#isOn) return () => undefined;
    const onAnswered = (event: AnsweredEvent): void => this.#remember(event);
    this.#host.on('answered', onAnswered);
    this.#share?.answer({
      known: (items) => items.map((item) => this.#known(item)),
      give: (items) => items.map((item) => this.#give(item)),
    });
    return () => {
      this.#host.off('answered', onAnswered);
    };
  }

  /** The client of a request has given it an id of its own. @param client the id of its token, where one was asked for */
  alias(requestId: string, alias: string, client: string | undefined): void {
    this.#ring.alias(requestId, alias, client);
  }

  /** Counts labels, each by itself: one that is refused keeps none of the others from being counted. */
  async give(items: readonly FeedbackItem[]): Promise<readonly FeedbackOutcome[]> {
    const outcomes = await this.#giveAll(items);
    for (const outcome of outcomes) {
      // Whose answer it is about is not known, or it was counted where it is known.
      if ('code' in outcome && isNobodys(outcome)) this.#metrics.feedback('', '', outcome.code);
    }
    return outcomes;
  }

  /** Several processes may have answered requests of one id: the newest answer counts, as it does in one. */
  async #giveAll(items: readonly FeedbackItem[]): Promise<readonly FeedbackOutcome[]> {
    if (!this.#share) return items.map((item) => this.#giveHere(item));
    const found = await this.#share.ask(items);
    return items.map((item, index) => found[index] ?? unknown(item));
  }

  #remember(event: AnsweredEvent): void {
    if (event.requestId === undefined) return;
    try {
      // What was asked for otherwise than over this server is nobody's: no id of a token is empty.
      rememberAnswer(this.#ring, event.requestId, event, this.#hasTokens ? event.client : undefined);
    } catch (error) {
      // An answer is never lost for what is only remembered of it. Said once: what fails for one fails for many.
      if (!this.#isBroken) warnOf(error);
      this.#isBroken = true;
    }
  }

  /** Of each model what it has answered to the request, where the item is about it. */
  #find({ requestId, model, version, client }: FeedbackItem): ReturnType<FeedbackRing['find']> {
    return this.#ring
      .find(requestId, client)
      .map((found) => ({
        ...found,
        predictions: found.predictions.filter(
          (each) =>
            (model === undefined || each.model === model) && (version === undefined || each.version === version),
        ),
      }))
      .filter(({ predictions }) => predictions.length > 0);
  }

  #known(item: FeedbackItem): readonly KnownAnswer[] {
    return this.#find(item).map(({ predictions, answeredAt, labelled }) => ({
      model: (predictions[0] as Prediction).model,
      answeredAt,
      fits: !labelled && predictions.every((each) => isRows(compare(item.label, each))),
    }));
  }

  #giveHere(item: FeedbackItem): FeedbackOutcome {
    const answer = answerOf(this.#known(item));
    if (!answer) return unknown(item);
    return 'code' in answer ? answer : this.#give({ ...item, model: answer.model });
  }

  /** @param item names its model, where several have answered under its id */
  #give(item: FeedbackItem): FeedbackOutcome {
    const { requestId, label, client } = item;
    const found = this.#find(item).at(-1);
    if (!found) return unknown(item);
    const { predictions } = found;
    if (found.labelled) return this.#refused(predictions, repeated);
    const parts: LabelledPart[] = [];
    for (const prediction of predictions) {
      const correct = compare(label, prediction);
      if (!isRows(correct)) return this.#refused(predictions, correct);
      const { model: name, version: of, identity, confidences } = prediction;
      parts.push({ model: name, version: of, identity, confidences: [...confidences], correct });
    }
    this.#ring.settle(requestId, (predictions[0] as Prediction).model, client);
    for (const part of parts) {
      this.#metrics.feedback(part.model, part.version, 'accepted', part.correct.length);
    }
    this.#monitoring.labelled(parts);
    return { rows: parts[0]?.correct.length ?? 0 };
  }

  #refused([first]: readonly Prediction[], outcome: FeedbackFault): FeedbackOutcome {
    if (first) this.#metrics.feedback(first.model, first.version, outcome.code);
    return outcome;
  }
}

const repeated = {
  code: 'ERR_FEEDBACK_REPEATED',
  message: 'Expected one label for a request but it has one already: the first one counts',
  pointer: '/request_id',
} as const;

function isRows(result: ReturnType<typeof compare>): result is readonly boolean[] {
  return Array.isArray(result);
}
