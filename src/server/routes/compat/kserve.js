/**
 * KServe v1, with TensorFlow Serving's rules for rows and columns. Sources: KServe's `docs/modelserving/data-plane/v1-protocol`
 * and `python/kserve/kserve/protocol/rest/v1_endpoints.py`; TensorFlow Serving's `g3doc/api_rest.md`.
 */
import { torchError } from '../../../errors.js';
import { jsonBody } from '../../codec/json-body.js';
import { nestedJson, rowsJson } from '../../codec/nested-json.js';
import { admit, infer } from '../../inference/infer.js';
import { requireServing } from '../../readiness.js';
import { targetOf } from './target.js';
import { tensorRequest } from './instances.js';
/** KServe's client reads an error only under exactly this type. */
const json = 'application/json';
function answer(exchange, value) {
    exchange.send(200, json, JSON.stringify(value));
}
/** `GET /`: the server lives. */
export const alive = (exchange) => {
    answer(exchange, { status: 'alive' });
};
/** `GET /v1/models` */
export const models = (exchange) => {
    const { host } = exchange.context;
    answer(exchange, { models: [...new Set(host.list().map(({ name }) => name))] });
};
/** `GET /v1/models/:model`: whether it takes requests. */
export const modelReady = (exchange, parameters) => {
    const { context } = exchange;
    requireServing(context);
    const { model, version } = targetOf(parameters);
    const { name } = context.host.model(model, version);
    answer(exchange, { name, ready: true });
};
/** `POST /v1/models/:model:predict` */
export const predict = async (exchange, parameters) => {
    const { call, req, context } = exchange;
    const target = targetOf(parameters);
    call.limitTo(exchange.timeLimit);
    const served = admit(call, target);
    const body = await jsonBody(req, context.bodyLimits.json);
    const { form, count, inputs } = await tensorRequest(call, served, body);
    const response = await infer(call, target, { inputs });
    const text = form === 'rows' ? await predictions(response, count) : await columns(response);
    exchange.send(200, json, text);
};
/** A row of the answer for each instance: a value, or an object by the names of several outputs. */
async function predictions(response, count) {
    return `{"predictions":[${(await rowTexts(response, count)).join(',')}]}`;
}
/** @throws ERR_NOT_BATCHABLE for an output that has no row for each instance */
export async function rowTexts({ outputs }, count) {
    const columns = [];
    for (const { name, content } of outputs) {
        if (content.shape[0] !== count) {
            throw torchError('ERR_NOT_BATCHABLE', `Expected a row of output ${name} for each of ${count} instances but the model gives [${content.shape.join(', ')}]: ` +
                'ask by columns, with "inputs"');
        }
        columns.push({ name, rows: await rowsJson(content) });
    }
    const [only] = columns;
    if (only && columns.length === 1)
        return only.rows;
    return Array.from({ length: count }, (_, row) => {
        const members = columns.map(({ name, rows }) => `${JSON.stringify(name)}:${rows[row]}`);
        return `{${members.join(',')}}`;
    });
}
/** The outputs whole, by their names; the value alone where there is one. */
async function columns({ outputs }) {
    const [only] = outputs;
    if (only && outputs.length === 1)
        return `{"outputs":${await nestedJson(only.content)}}`;
    return `{"outputs":${await objectOf(outputs)}}`;
}
export async function objectOf(outputs) {
    const members = [];
    for (const { name, content } of outputs)
        members.push(`${JSON.stringify(name)}:${await nestedJson(content)}`);
    return `{${members.join(',')}}`;
}
