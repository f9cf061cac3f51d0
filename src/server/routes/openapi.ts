import type { ServedModel } from '../../serving/index.js';
import type { ServerContext } from '../context.js';
import type { InferenceHost } from '../host.js';
import type { Handler } from '../http/exchange.js';
import { describedModels } from '../openapi/described-model.js';
import { openApiDocument } from '../openapi/document.js';
import type { Route } from './route.js';

/** `GET /openapi.json`. It is made anew when other models are up than before. */
export function openapi({ host, security }: ServerContext, routes: readonly Route[]): Handler {
  let known: { readonly models: string; readonly text: string } | undefined;
  return (exchange) => {
    const models = modelsOf(host);
    if (known?.models !== models) {
      const document = openApiDocument(routes, { models: describedModels(host), security });
      known = { models, text: JSON.stringify(document) };
    }
    exchange.send(200, 'application/json; charset=utf-8', known.text);
  };
}

/** A number for each model that was up: what was loaded anew under its old name is another. */
const numbers = new WeakMap<ServedModel, number>();
let last = 0;

/** Names what the document depends on, without keeping it. */
function modelsOf(host: InferenceHost): string {
  const defaults = new Map<string, ServedModel>();
  const up = host.list().map((served) => {
    if (!defaults.has(served.name)) defaults.set(served.name, defaultOf(host, served));
    return numberOf(served);
  });
  return JSON.stringify([host.state, host.defaultModel, up, [...defaults.values()].map(numberOf)]);
}

function defaultOf(host: InferenceHost, served: ServedModel): ServedModel {
  try {
    return host.model(served.name);
  } catch {
    return served; // not ready
  }
}

function numberOf(served: ServedModel): number {
  const number = numbers.get(served) ?? ++last;
  numbers.set(served, number);
  return number;
}
