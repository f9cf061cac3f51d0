/** The repository extension of the Open Inference Protocol: what changes models. */
import { describe, torchError } from '../../../errors.js';
import type { Handler } from '../../http/exchange.js';
import { namesOf } from '../../inference/model-name.js';
import { change, managementOf, readMembers } from './change.js';

/** `POST /v2/repository/models/{model}/load`. Status 200 and no body: tritonclient takes 204 for a failure. */
export const repositoryLoad: Handler = async (exchange, { model: given = '' }) => {
  const { model, version } = namesOf({ model: given });
  const management = managementOf(exchange.context);
  requireNoModel(parametersOf(await readMembers(exchange.req, ['parameters'])));
  await change(exchange, (signal) => management.load(model, { version, signal }));
  exchange.send(200, 'application/json', '');
};

/** `POST /v2/repository/models/{model}/unload`. No model depends on another, so `unload_dependents` changes nothing. */
export const repositoryUnload: Handler = async (exchange, { model: given = '' }) => {
  const { model, version } = namesOf({ model: given });
  const management = managementOf(exchange.context);
  requireUnload(parametersOf(await readMembers(exchange.req, ['parameters'])));
  await change(exchange, (signal) => management.unload(model, { version, signal }));
  exchange.send(200, 'application/json', '');
};

function parametersOf({ parameters = {} }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters)) {
    return parameters as Readonly<Record<string, unknown>>;
  }
  throw torchError('ERR_VALIDATION', `Expected an object for parameters but received ${describe(parameters)}`);
}

/** @throws ERR_INVALID_ARGUMENT for anything but `unload_dependents`, true or false */
export function requireUnload(parameters: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (name !== 'unload_dependents') {
      const message = `Expected only unload_dependents in parameters of an unload but received ${describe(name)}`;
      throw torchError('ERR_INVALID_ARGUMENT', message);
    }
    if (typeof value !== 'boolean') {
      const message = `Expected true or false for unload_dependents but received ${describe(value)}`;
      throw torchError('ERR_INVALID_ARGUMENT', message);
    }
  }
}

/**
 * A model is code, so none is taken from a request; nor is a configuration, which the settings hold.
 * @throws ERR_INVALID_ARGUMENT
 */
export function requireNoModel(parameters: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(parameters)) {
    if (name.startsWith('file:')) {
      throw torchError(
        'ERR_INVALID_ARGUMENT',
        'Expected no file in parameters: a model is code, and is loaded only from where the operator put it',
      );
    }
    if (name === 'config') {
      throw torchError(
        'ERR_INVALID_ARGUMENT',
        'Expected no config in parameters: a model is configured by the settings of the server, which SIGHUP reads anew',
      );
    }
    throw torchError('ERR_INVALID_ARGUMENT', `Expected no parameters for a load but received ${describe(name)}`);
  }
}
