import { loadReport } from './load-report.js';
const none = Object.freeze({});
/** Made once a model: an answer is about it. */
const byModel = new WeakMap();
/**
 * What an answer says beside its content: the model that it is about, the step of the trace that its caller began, and, if asked
 * for, the load.
 */
export function answerHeaders(call, format) {
    const { served, trace } = call;
    const ofModel = served ? headersOf(served) : none;
    if (!trace && !format)
        return ofModel;
    return {
        ...ofModel,
        ...(trace && { traceparent: trace.traceparent }),
        ...(trace?.tracestate !== undefined && { tracestate: trace.tracestate }),
        ...(format && { 'endpoint-load-metrics': loadReport(format, call.context.host, served) }),
    };
}
function headersOf(served) {
    let headers = byModel.get(served);
    if (!headers) {
        const { name, version, model } = served;
        headers = { 'x-model-name': name, 'x-model-version': version, 'x-model-digest': `sha256:${model.info.sha256}` };
        byModel.set(served, headers);
    }
    return headers;
}
