/** Labels that come back: `POST /feedback`, and the same for one model. */
import { torchError } from '../../errors.js';
import { readFeedback } from '../feedback/body.js';
import type { FeedbackItem, FeedbackOutcome } from '../feedback/item.js';
import type { Exchange, Handler, PathParameters } from '../http/exchange.js';
import { json, type Operation } from '../openapi/operation.js';
import * as schemas from '../schemas/feedback.js';
import { servedOf, targetOf } from './target.js';

/** `POST /feedback` and `POST /v2/models/:model/feedback`: the latter count only what that model, or version, has answered. */
export const feedback: Handler = async (exchange, parameters) => {
  const { context, req, call } = exchange;
  const of = parameters.model === undefined ? {} : modelOf(exchange, parameters);
  const { items, isList } = await readFeedback(req, context.bodyLimits.json);
  const { tokenId: client } = call;
  const scoped = items.map((item) => ({ ...item, ...of, ...(client !== undefined && { client }) }));
  const outcomes = await context.feedback.give(scoped);
  if (!isList) requireCounted(outcomes[0]);
  exchange.json(200, report(scoped, outcomes));
};

/** @throws as targetOf; ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND, ERR_NOT_READY */
function modelOf({ context, call }: Exchange, parameters: PathParameters): { model: string; version?: string } {
  const served = servedOf(context.host, parameters);
  call.about(served);
  const { name: model, version } = served;
  return targetOf(parameters).version === undefined ? { model } : { model, version };
}

/** An item by itself is answered with what went wrong. */
function requireCounted(outcome: FeedbackOutcome | undefined): void {
  if (!outcome || outcome.rows !== undefined) return;
  const { code, message, pointer } = outcome;
  throw torchError(code, message, { errors: [{ pointer, detail: message }] });
}

function report(items: readonly FeedbackItem[], outcomes: readonly FeedbackOutcome[]) {
  let counted = 0;
  let rows = 0;
  const refused: unknown[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.rows !== undefined) {
      counted++;
      rows += outcome.rows;
      continue;
    }
    const { code, message: detail, pointer } = outcome;
    const request_id = items[index]?.requestId;
    refused.push({ request_id, code, detail, pointer: `/feedback/${index}${pointer}` });
  }
  return { counted, rows, refused };
}

export const feedbackErrors = [
  'ERR_MALFORMED_JSON',
  'ERR_VALIDATION',
  'ERR_PAYLOAD_TOO_LARGE',
  'ERR_UNSUPPORTED_MEDIA_TYPE',
  'ERR_UNKNOWN_REQUEST',
  'ERR_FEEDBACK_REPEATED',
  'ERR_TASK',
  'ERR_QUEUE_FULL',
  'ERR_TIMEOUT',
] as const;

const operation = (id: string, summary: string, description: string): Operation => ({
  id,
  tag: 'inference',
  summary,
  description,
  request: [json({ Feedback: schemas.Feedback }, { request_id: '2f1a7c3e', label: 3 })],
  responses: { 200: { description: 'What was counted.', content: [json({ FeedbackReport: schemas.FeedbackReport })] } },
});

const counts =
  'A label is the index of a class or its label; a request of several rows needs a list of them. An item by itself that is ' +
  'refused is an error. Items of a list are counted each by itself, and the answer says which were refused. Where tokens are asked for, a ' +
  'label needs a token of the same id as its request had.';

export const feedbackOperation = operation('feedback', 'Takes the truth about answered requests.', counts);
export const modelFeedbackOperation = operation(
  'modelFeedback',
  'Takes the truth about requests that this model has answered.',
  counts,
);
