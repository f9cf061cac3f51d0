/**
 * KServe v1, with TensorFlow Serving's rules for rows and columns. Sources: KServe's `docs/modelserving/data-plane/v1-protocol`
 * and `python/kserve/kserve/protocol/rest/v1_endpoints.py`; TensorFlow Serving's `g3doc/api_rest.md`.
 */
import { torchError } from '../../../errors.js';
import type { InferResponse } from '../../../protocol/messages.js';
import { jsonBody } from '../../codec/json-body.js';
import { nestedJson, rowsJson } from '../../codec/nested-json.js';
import type { Handler } from '../../http/exchange.js';
import { admit, infer } from '../../inference/infer.js';
import { requireReady, requireServing } from '../../readiness.js';
import { answer } from '../oip/metadata.js';
import { servedOf, targetOf } from '../target.js';
import { tensorRequest } from './instances.js';

/** `GET /`: the server lives. */
export const alive: Handler = (exchange) => {
  answer(exchange, 200, { status: 'alive' });
};

/** `GET /v1/models/:model`: whether it takes requests. */
export const modelReady: Handler = (exchange, parameters) => {
  const { context, call } = exchange;
  requireServing(context);
  const served = servedOf(context.host, parameters);
  call.about(served);
  requireReady(context, served);
  answer(exchange, 200, { name: served.name, ready: true });
};

/** `POST /v1/models/:model:predict` */
export const predict: Handler = async (exchange, parameters) => {
  const { call, req, context } = exchange;
  const target = targetOf(parameters);
  call.limitTo(exchange.timeLimit);
  admit(call, target);
  const body = await jsonBody(req, context.bodyLimits.json);
  // While the body came, the model may have been loaded anew.
  const served = admit(call, target);
  const { form, count, inputs } = await tensorRequest(call, served, body);
  const response = await infer(call, target, { inputs });
  const text = form === 'rows' ? await predictions(response, count) : await columns(response);
  exchange.send(200, 'application/json', text);
};

/** A row of the answer for each instance: a value, or an object by the names of several outputs. */
async function predictions(response: InferResponse, count: number): Promise<string> {
  return `{"predictions":[${(await rowTexts(response, count)).join(',')}]}`;
}

/** @throws ERR_NOT_BATCHABLE for an output that has no row for each instance */
export async function rowTexts({ outputs }: InferResponse, count: number): Promise<string[]> {
  const columns: { name: string; rows: string[] }[] = [];
  for (const { name, content } of outputs) {
    if (content.shape[0] !== count) {
      throw torchError(
        'ERR_NOT_BATCHABLE',
        `Expected a row of output ${name} for each of ${count} instances but the model gives [${content.shape.join(', ')}]: ` +
          'ask by columns, with "inputs"',
      );
    }
    columns.push({ name, rows: await rowsJson(content) });
  }
  const [only] = columns;
  if (only && columns.length === 1) return only.rows;
  return Array.from({ length: count }, (_, row) => {
    const members = columns.map(({ name, rows }) => `${JSON.stringify(name)}:${rows[row]}`);
    return `{${members.join(',')}}`;
  });
}

/** The outputs whole, by their names; the value alone where there is one. */
async function columns({ outputs }: InferResponse): Promise<string> {
  const [only] = outputs;
  if (only && outputs.length === 1) return `{"outputs":${await nestedJson(only.content)}}`;
  return `{"outputs":${await objectOf(outputs)}}`;
}

export async function objectOf(outputs: InferResponse['outputs']): Promise<string> {
  const members: string[] = [];
  for (const { name, content } of outputs) members.push(`${JSON.stringify(name)}:${await nestedJson(content)}`);
  return `{${members.join(',')}}`;
}
