import { describedModels } from '../openapi/described-model.js';
import { openApiDocument } from '../openapi/document.js';
/** `GET /openapi.json`. It is made anew when other models are up than before. */
export function openapi({ host, security }, routes) {
    let known;
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
const numbers = new WeakMap();
let last = 0;
/** Names what the document depends on, without keeping it. */
function modelsOf(host) {
    const defaults = new Map();
    const up = host.list().map((served) => {
        if (!defaults.has(served.name))
            defaults.set(served.name, defaultOf(host, served));
        return numberOf(served);
    });
    return JSON.stringify([host.state, host.defaultModel, up, [...defaults.values()].map(numberOf)]);
}
function defaultOf(host, served) {
    try {
        return host.model(served.name);
    }
    catch {
        return served; // not ready
    }
}
function numberOf(served) {
    const number = numbers.get(served) ?? ++last;
    numbers.set(served, number);
    return number;
}
