import { rowModel } from '../codec/row-model.js';
import type { ServerContext } from '../context.js';
import type { InferenceHost } from '../host.js';
import type { Handler } from '../http/exchange.js';
import { openApiDocument } from '../openapi/document.js';
import type { DescribedModel } from '../openapi/operation.js';
import type { Route } from './route.js';

/** `GET /openapi.json`, generated at the first request that finds the models up. */
export function openapi({ host }: ServerContext, routes: readonly Route[]): Handler {
  let text: string | undefined;
  return (exchange) => {
    const document = text ?? JSON.stringify(openApiDocument(routes, describedModel(host)));
    if (host.state === 'ready') text = document;
    exchange.send(200, 'application/json; charset=utf-8', document);
  };
}

/** The default model, unless it is not up or is no classifier: the description is of use without it too. */
function describedModel(host: InferenceHost): DescribedModel | undefined {
  try {
    const served = host.model(host.defaultModel);
    const { features, range } = rowModel(served);
    const all = host.list().filter(({ name }) => name === served.name);
    const counts = all.map((version) => rowModel(version).features);
    const featuresOfVersions = [Math.min(...counts), Math.max(...counts)] as const;
    return { name: served.name, version: served.version, features, featuresOfVersions, range };
  } catch {
    return undefined;
  }
}
