/** Aliases of a model: `PUT` and `DELETE` write the registry and act at once. */
import { describe, torchError } from '../../../errors.js';
import { foldReference, isAlias, isReference } from '../../../registry/names.js';
import type { Exchange, Handler } from '../../http/exchange.js';
import { namesOf } from '../../inference/model-name.js';
import { noSuchAlias } from '../../management/alias-change.js';
import type { AliasReport } from '../../management/management.js';
import { referenceWords } from '../../settings/model-entries.js';
import { change, managementOf, readMembers } from './change.js';

/** `GET /admin/models/{model}/aliases`: what aliases mean, in the registry and here. */
export const listAliases: Handler = async (exchange, { model = '' }) => {
  requirePlain(model);
  await report(exchange, model);
};

/** `GET /admin/models/{model}/aliases/{alias}`. */
export const showAlias: Handler = async (exchange, { model = '', alias = '' }) => {
  requirePlain(model);
  requireAlias(alias);
  await report(exchange, model, ({ aliases, serving }) => {
    const [recorded, inForce] = [aliases[alias], serving[alias]];
    if (recorded === undefined && inForce === undefined) {
      throw noSuchAlias(model, Object.entries({ ...serving, ...aliases }), alias);
    }
    return {
      aliases: recorded === undefined ? {} : { [alias]: recorded },
      serving: inForce === undefined ? {} : { [alias]: inForce },
    };
  });
};

/** `PUT /admin/models/{model}/aliases/{alias}`: answers once what it means now serves. */
export const putAlias: Handler = async (exchange, { model = '', alias = '' }) => {
  requirePlain(model);
  requireAlias(alias);
  const management = managementOf(exchange.context);
  const { version: given } = await readMembers(exchange.req, ['version']);
  if (typeof given !== 'string') {
    const received = given === undefined ? 'no version' : `the version ${describe(given)}`;
    throw torchError('ERR_VALIDATION', `Expected { "version": "v1.1" } as the body but received ${received}`);
  }
  const version = foldReference(given);
  if (!isReference(version)) {
    throw torchError('ERR_VALIDATION', `Expected ${referenceWords} for version but received ${describe(given)}`);
  }
  await change(exchange, (signal) => management.setAlias(model, alias, version, signal));
  await report(exchange, model);
};

/** `DELETE /admin/models/{model}/aliases/{alias}`: what it meant goes on. */
export const deleteAlias: Handler = async (exchange, { model = '', alias = '' }) => {
  requirePlain(model);
  requireAlias(alias);
  const management = managementOf(exchange.context);
  await readMembers(exchange.req, []);
  await change(exchange, (signal) => management.setAlias(model, alias, undefined, signal));
  await report(exchange, model);
};

async function report(
  exchange: Exchange,
  model: string,
  choose: (report: AliasReport) => AliasReport = (all) => all,
): Promise<void> {
  await change(exchange, async () => {
    exchange.json(200, choose(await managementOf(exchange.context).aliases(model)));
  });
}

/** @throws ERR_BAD_REQUEST: an alias is of the model, not of one of its versions */
function requirePlain(given: string): void {
  const { version } = namesOf({ model: given });
  if (version === undefined) return;
  throw torchError('ERR_BAD_REQUEST', 'Expected the name of a model alone but received a version behind its @');
}

function requireAlias(alias: string): void {
  if (isAlias(alias)) return;
  const words = '1 to 64 letters, digits, _ or -, the first a letter, not latest and no version';
  throw torchError('ERR_BAD_REQUEST', `Expected an alias (${words}) but received other text`);
}
