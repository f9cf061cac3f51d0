/** How an error is written: each protocol's clients read one form, and fail over another. */
import { errorTable, type TorchError } from '../../errors.js';
import { publicDetail } from '../public-error.js';
import { problemOf } from './problem.js';

/** `problem` is RFC 9457; `oip` the Open Inference Protocol's and KServe's; `torchserve` TorchServe's. */
export type ErrorForm = 'problem' | 'oip' | 'torchserve';

/** The body of an error answer. */
export interface ErrorAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
}

type Writer = (error: TorchError, requestId: string) => ErrorAnswer;

/** One row for each form. */
export const errorForms: Readonly<Record<ErrorForm, Writer>> = {
  problem(error, requestId) {
    const body = problemOf(error, requestId);
    return { status: body.status, contentType: 'application/problem+json; charset=utf-8', body };
  },
  // tritonclient needs a text as `error`; KServe's client reads it only under exactly this content type.
  oip: (error) => ({
    status: oipStatus(error),
    contentType: 'application/json',
    body: { error: publicDetail(error) },
  }),
  torchserve(error) {
    const { status, title } = errorTable[error.code];
    const type = `${title.replace(/[^A-Za-z]+(.)?/g, (_, next: string = '') => next.toUpperCase())}Exception`;
    return { status, contentType: 'application/json', body: { code: status, type, message: publicDetail(error) } };
  },
};

/**
 * As Triton maps its errors (`HttpCodeFromError`): what a request asks wrongly is 400, what there is no time for 503. A full
 * queue stays 429: a client that should slow down is told so.
 */
function oipStatus({ code }: TorchError): number {
  const { status } = errorTable[code];
  if (status === 504) return 503;
  return status === 422 || status === 409 ? 400 : status;
}
