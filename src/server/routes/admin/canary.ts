/** The canary of a model: a version that gets a share of its requests, and is rolled back by itself. */
import { TorchError, torchError } from '../../../errors.js';
import { foldReference } from '../../../registry/names.js';
import type { CanarySettings } from '../../../serving/index.js';
import { canaryMembers, checkCanary } from '../../../serving/canary/options.js';
import type { Exchange, Handler } from '../../http/exchange.js';
import { namesOf } from '../../inference/model-name.js';
import { change, managementOf, readMembers } from './change.js';

/** `GET /admin/models/{model}/canary`: what it was told, and what was seen of it. */
export const showCanary: Handler = async (exchange, { model = '' }) => {
  requirePlain(model);
  await report(exchange, model);
};

/** `PUT /admin/models/{model}/canary`: answers once it gets requests. */
export const putCanary: Handler = async (exchange, { model = '' }) => {
  requirePlain(model);
  const management = managementOf(exchange.context);
  const settings = settingsOf(await readMembers(exchange.req, canaryMembers));
  await change(exchange, (signal) => management.setCanary(model, settings, signal));
  await report(exchange, model);
};

/** `DELETE /admin/models/{model}/canary`: what is stable gets all requests again. */
export const deleteCanary: Handler = async (exchange, { model = '' }) => {
  requirePlain(model);
  const management = managementOf(exchange.context);
  await readMembers(exchange.req, []);
  await change(exchange, (signal) => management.setCanary(model, undefined, signal));
  await versions(exchange, model);
};

/** `POST /admin/models/{model}/canary/promote`: answers once it is what is stable. */
export const promoteCanary: Handler = async (exchange, { model = '' }) => {
  requirePlain(model);
  const management = managementOf(exchange.context);
  await readMembers(exchange.req, []);
  await change(exchange, (signal) => management.promoteCanary(model, signal));
  await versions(exchange, model);
};

async function report(exchange: Exchange, model: string): Promise<void> {
  await change(exchange, async () => {
    exchange.json(200, await managementOf(exchange.context).canary(model));
  });
}

async function versions(exchange: Exchange, model: string): Promise<void> {
  const all = await managementOf(exchange.context).list();
  exchange.json(200, { models: all.filter(({ name }) => name === model) });
}

/** @throws ERR_VALIDATION naming the member */
function settingsOf(members: Readonly<Record<string, unknown>>): CanarySettings {
  const { version } = members;
  try {
    return checkCanary({ ...members, ...(typeof version === 'string' && { version: foldReference(version) }) });
  } catch (error) {
    if (!(error instanceof TorchError) || error.code !== 'ERR_INVALID_ARGUMENT') throw error;
    throw torchError('ERR_VALIDATION', error.message.replace(' of setCanary', ''));
  }
}

/** @throws ERR_BAD_REQUEST: a canary is of the model, not of one of its versions */
function requirePlain(given: string): void {
  const { version } = namesOf({ model: given });
  if (version === undefined) return;
  throw torchError('ERR_BAD_REQUEST', 'Expected the name of a model alone but received a version behind its @');
}
