import { describe, TorchError, torchError } from '../../../errors.js';
import { isServedReference, noSuchModel, noSuchVersion } from '../../../serving/names.js';
import type { Exchange, Handler } from '../../http/exchange.js';
import { namesOf, splitName } from '../../inference/model-name.js';
import type { ManagedModel, RefreshReport } from '../../management/management.js';
import { referenceWords } from '../../settings/model-entries.js';
import { versionMeant } from '../../management/version-meant.js';
import { asTorchError, disclosed } from '../../public-error.js';
import { change, managementOf, readMembers } from './change.js';

/** `GET /admin/models`: every version that is known, with its state. */
export const listModels: Handler = async (exchange) => {
  exchange.json(200, { models: await managementOf(exchange.context).list() });
};

/** `GET /admin/models/{model}`. */
export const showModel: Handler = async (exchange, { model: given = '' }) => {
  const { model, version } = namesOf({ model: given });
  const all = await versionsOf(exchange, model);
  if (all.length === 0) throw noSuchModel(model, 'is served or in the registry');
  const meant = version === undefined ? undefined : versionMeant(all, version);
  if (version !== undefined && meant === undefined) {
    throw noSuchVersion(
      model,
      all.map((each) => each.version),
      version,
    );
  }
  const wanted = all.filter((each) => (meant ?? each.version) === each.version);
  exchange.json(200, { models: await Promise.all(wanted.map((each) => withRecord(exchange, each))) });
};

/** With what is recorded of a version that is up: of the very bytes that were loaded. */
async function withRecord({ context }: Exchange, model: ManagedModel): Promise<object> {
  const { name, version, digest } = model;
  if (digest === undefined) return model;
  const served = context.host.list().find((each) => each.name === name && each.version === version);
  const record = served ? served.record : await managementOf(context).record(name, version);
  if (record?.artifact.sha256 !== digest) return model;
  const { created, source, sourceCommit, framework, metrics, license } = record;
  return { ...model, record: { created, source, sourceCommit, framework, metrics, license } };
}

/** `POST /admin/models/{model}/load`: answers once it serves. */
export const loadModel: Handler = async (exchange, { model: given = '' }) => {
  const { model } = namesOf({ model: given });
  const management = managementOf(exchange.context);
  const version = versionOf(given, await readMembers(exchange.req, ['version']));
  await change(exchange, (signal) => management.load(model, { version, signal }));
  await showModel(exchange, { model });
};

/** `POST /admin/models/{model}/unload`: answers once no call of it is left. */
export const unloadModel: Handler = async (exchange, { model: given = '' }) => {
  const { model } = namesOf({ model: given });
  const management = managementOf(exchange.context);
  const version = versionOf(given, await readMembers(exchange.req, ['version']));
  await change(exchange, (signal) => management.unload(model, { version, signal }));
  exchange.json(200, { models: await versionsOf(exchange, model) });
};

/** `POST /admin/models/{model}/clear`: lets versions that failed again and again be loaded again. */
export const clearModel: Handler = async (exchange, { model: given = '' }) => {
  const { model } = namesOf({ model: given });
  const management = managementOf(exchange.context);
  const version = versionOf(given, await readMembers(exchange.req, ['version']));
  await change(exchange, () => management.clear(model, version));
  exchange.json(200, { models: await versionsOf(exchange, model) });
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

async function versionsOf({ context }: Exchange, model: string): Promise<readonly ManagedModel[]> {
  return (await managementOf(context).list()).filter(({ name }) => name === model);
}

/** The version that a body names, or the name in the path: a version, an alias or a digest. */
function versionOf(model: string, { version }: Readonly<Record<string, unknown>>): string | undefined {
  if (version !== undefined && typeof version !== 'string') {
    throw torchError('ERR_VALIDATION', `Expected a text for version but received ${describe(version)}`);
  }
  const meant = splitName({ model, version }).version;
  if (meant === undefined || isServedReference(meant)) return meant;
  throw torchError('ERR_VALIDATION', `Expected ${referenceWords} for version but received ${describe(version)}`);
}
