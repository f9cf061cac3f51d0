import { describe, TorchError, torchError } from '../../../errors.js';
import { noSuchModel } from '../../../serving/names.js';
import type { Exchange, Handler } from '../../http/exchange.js';
import { requireNames } from '../../inference/model-name.js';
import type { RefreshReport } from '../../management/management.js';
import { asTorchError, disclosed } from '../../public-error.js';
import { change, managementOf, readMembers } from './change.js';

/** `GET /admin/models`: every version that is known, with its state. */
export const listModels: Handler = async (exchange) => {
  exchange.json(200, { models: await managementOf(exchange.context).list() });
};

/** `GET /admin/models/{model}`. */
export const showModel: Handler = async (exchange, { model = '' }) => {
  requireNames({ model });
  const versions = (await managementOf(exchange.context).list()).filter(({ name }) => name === model);
  if (versions.length === 0) throw noSuchModel(model, 'is served or in the registry');
  exchange.json(200, { models: versions });
};

/** `POST /admin/models/{model}/load`: answers once it serves. */
export const loadModel: Handler = async (exchange, { model = '' }) => {
  requireNames({ model });
  const management = managementOf(exchange.context);
  const version = versionOf(await readMembers(exchange.req, ['version']));
  await change(exchange, (signal) => management.load(model, { version, signal }));
  await showModel(exchange, { model });
};

/** `POST /admin/models/{model}/unload`: answers once no call of it is left. */
export const unloadModel: Handler = async (exchange, { model = '' }) => {
  requireNames({ model });
  const management = managementOf(exchange.context);
  const version = versionOf(await readMembers(exchange.req, ['version']));
  await change(exchange, (signal) => management.unload(model, { version, signal }));
  exchange.json(200, { models: (await management.list()).filter(({ name }) => name === model) });
};

/** `POST /admin/refresh`: as SIGHUP. */
export const refreshModels: Handler = async (exchange) => {
  const management = managementOf(exchange.context);
  await readMembers(exchange.req, []);
  await change(exchange, async () => {
    const { loaded, unloaded, failed } = await management.refresh().catch((error: unknown) => unread(exchange, error));
    const faults = failed.map(({ model, error }) => {
      const { code, message } = disclosed(asTorchError(error));
      return { model, code, detail: message };
    });
    exchange.json(faults.length === 0 ? 200 : 422, { loaded, unloaded, failed: faults });
  });
};

/** Settings that cannot be read are the administrator's to mend: nothing was changed, and no model is named. */
function unread({ context }: Exchange, error: unknown): RefreshReport {
  if (!(error instanceof TorchError) || error.code !== 'ERR_CONFIG') throw error;
  context.logger.error({ err: error }, 'models could not be refreshed: what was there goes on');
  return { loaded: [], unloaded: [], failed: [{ model: '', error }] };
}

function versionOf({ version }: Readonly<Record<string, unknown>>): string | undefined {
  if (version === undefined || typeof version === 'string') return version;
  throw torchError('ERR_VALIDATION', `Expected a text for version but received ${describe(version)}`);
}
