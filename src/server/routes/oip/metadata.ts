/** What a server of the Open Inference Protocol says of itself and of its models. */
import type { ServerContext } from '../../context.js';
import type { Exchange, Handler, PathParameters } from '../../http/exchange.js';
import { torchError } from '../../../errors.js';
import { modelConfig, modelMetadata, serverMetadata, versionsMeant } from '../../inference/describe-model.js';
import { provenanceOf } from '../../inference/provenance.js';
import { readiness, requireReady } from '../../readiness.js';
import type { ServedModel } from '../../../serving/index.js';
import { liveness } from '../health.js';
import { servedOf, targetOf } from '../target.js';

/** KServe's client reads an answer under exactly this content type, and no charset beside it. */
export function answer(exchange: Exchange, status: number, value: unknown): void {
  exchange.send(status, 'application/json', JSON.stringify(value));
}

/** `GET /v2` */
export const server: Handler = (exchange) => {
  answer(exchange, 200, serverMetadata('binary_tensor_data'));
};

/** `GET /v2/health/live`. Errors have the text that every other error of the protocol has. */
export const live: Handler = (exchange) => {
  const report = liveness(exchange.context);
  if (report.status === 'live') answer(exchange, 200, { live: true });
  else answer(exchange, 503, { live: false, error: `Only a restart helps: ${reasonOf(report)}` });
};

function reasonOf(report: { readonly devices?: readonly string[]; readonly reason?: string }): string {
  return report.reason ?? `the device ${report.devices?.join(', ')} was lost`;
}

/** `GET /v2/health/ready` */
export const ready: Handler = (exchange) => {
  const { context } = exchange;
  const isLive = liveness(context).status === 'live';
  const { status, reason } = readiness(context);
  if (status === 'ready') answer(exchange, 200, { ready: true, live: isLive });
  else answer(exchange, 503, { ready: false, live: isLive, error: reason ?? `The server is not ready: ${status}` });
};

/** `GET /v2/models` and `GET /v1/models`, as KServe lists them. */
export const models: Handler = (exchange) => {
  answer(exchange, 200, { models: [...new Set(exchange.context.host.list().map(({ name }) => name))] });
};

/** A handler of something that one model says. */
const ofModel =
  (say: (served: ServedModel, context: ServerContext) => unknown): Handler =>
  (exchange: Exchange, parameters: PathParameters) => {
    const { context, call } = exchange;
    const served = servedOf(context.host, parameters);
    call.about(served);
    answer(exchange, 200, say(served, context));
  };

/** `GET /v2/models/:model`, with what traces it. */
export const model = ofModel((served, { host }) => ({ ...modelMetadata(host, served), ...provenanceOf(served) }));

/** `GET /v2/models/:model/card`: the card that the record makes, in Markdown. */
export const card: Handler = async (exchange, parameters) => {
  const { context, call } = exchange;
  const served = servedOf(context.host, parameters);
  call.about(served);
  const { name, version, record } = served;
  if (!record) {
    throw torchError(
      'ERR_ROUTE_NOT_FOUND',
      `Expected a model with a record but ${name} ${version} is a file without one`,
    );
  }
  const { cardOf } = await import('../../../registry/card/index.js');
  exchange.send(200, 'text/markdown; charset=utf-8', cardOf(record, 'markdown'));
};

/** `GET /v2/models/:model/config` */
export const config = ofModel((served) => modelConfig(served));

/** `GET /v2/models/:model/ready` */
export const modelReady = ofModel((served, context) => {
  requireReady(context, served);
  return { name: served.name, ready: true };
});

/** `GET /v2/models/:model/stats` */
export const statistics: Handler = (exchange, parameters) => {
  const { context, call } = exchange;
  const { host } = context;
  const first = servedOf(host, parameters);
  call.about(first);
  const asked = versionsMeant(host, first, targetOf(parameters));
  answer(exchange, 200, { model_stats: asked.map((served) => served.statistics()) });
};

/** `GET /v2/models/stats` */
export const allStatistics: Handler = (exchange) => {
  answer(exchange, 200, { model_stats: exchange.context.host.list().map((served) => served.statistics()) });
};
