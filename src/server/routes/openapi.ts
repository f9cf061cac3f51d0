import { classifier } from '../../serving/index.js';
import type { InferenceHost } from '../context.js';
import type { Handler } from '../handler.js';
import { openApiDocument, type DescribedModel } from '../openapi/document.js';

/** `GET /openapi.json`, generated at the first request that finds the models up. */
export function openapi(): Handler {
  let text: string | undefined;
  return (exchange) => {
    const { host } = exchange.context;
    const document = text ?? JSON.stringify(openApiDocument(describedModel(host)));
    if (host.state === 'ready') text = document;
    exchange.send(200, 'application/json; charset=utf-8', document);
  };
}

/** The default model, unless it is not up or is no classifier: the description is of use without it too. */
function describedModel(host: InferenceHost): DescribedModel | undefined {
  try {
    const served = host.model(host.defaultModel);
    const { features, range } = classifier(served);
    return { name: served.name, version: served.version, features, range };
  } catch {
    return undefined;
  }
}
