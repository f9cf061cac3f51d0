import type { ServedModel } from '../serving/index.js';
import type { ServerCall } from './call.js';
import { loadReport, type LoadFormat } from './load-report.js';

/** Headers of every answer, or metadata of every protocol: names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string>>;

const none: AnswerHeaders = Object.freeze({});
/** Made once a model: an answer is about it. */
const byModel = new WeakMap<ServedModel, AnswerHeaders>();

/**
 * What an answer says beside its content: the model that it is about, the step of the trace that its caller began, and, if asked
 * for, the load.
 */
export function answerHeaders(call: ServerCall, format: LoadFormat | undefined): AnswerHeaders {
  const { served } = call;
  const trace = call.trace?.isCallers ? call.trace : undefined;
  const ofModel = served ? headersOf(served) : none;
  if (!trace && !format) return ofModel;
  return {
    ...ofModel,
    ...(trace && { traceparent: trace.traceparent }),
    ...(trace?.tracestate !== undefined && { tracestate: trace.tracestate }),
    ...(format && { 'endpoint-load-metrics': loadReport(format, call.context.host, served) }),
  };
}

function headersOf(served: ServedModel): AnswerHeaders {
  let headers = byModel.get(served);
  if (!headers) {
    const { name, version, model } = served;
    headers = { 'x-model-name': name, 'x-model-version': version, 'x-model-digest': `sha256:${model.info.sha256}` };
    byModel.set(served, headers);
  }
  return headers;
}
