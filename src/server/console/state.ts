/** What the console shows of a server and its models: GET /console/state, and the same of one version with all its details. */
import { torchError } from '../../errors.js';
import { ownManifest } from '../../files/package-root.js';
import type { ModelRecord } from '../../registry/index.js';
import { noSuchModel, noSuchVersion } from '../../serving/names.js';
import type { ServedModel } from '../../serving/index.js';
import { labelsOf, type Task } from '../../tasks/kinds/index.js';
import type { ServerContext } from '../context.js';
import { interfaceOf } from '../inference/model-interface.js';
import type { ManagedModel, Management } from '../management/management.js';
import { versionMeant } from '../management/version-meant.js';
import { readiness } from '../readiness.js';

/** What the listener that was asked has, for whoever asked. */
export interface ConsoleRights {
  /** Predictions are answered over this listener. */
  readonly try: boolean;
  /** Models may be changed over it, with the token that was shown. */
  readonly act: boolean;
}

/** Labels that are told: more would make the answer large, and the answers of the model have their own. */
const mostLabels = 1000;

/** Every version that is known, and how the server is. */
export async function consoleState(context: ServerContext, rights: ConsoleRights): Promise<object> {
  const { status, reason, failed } = readiness(context);
  const known = await knownTo(context);
  return {
    server: { name: 'node-libtorch', version: ownManifest().version },
    status,
    ...(reason !== undefined && { reason }),
    may: rights,
    defaultModel: context.host.defaultModel,
    models: known.map((model) => ({ ...model, ...meaningOf(servedIn(context, model)) })),
    ...(rights.act && { canaries: await canariesOf(context, known) }),
    failed: failed ?? [],
  };
}

/**
 * One version with its signature, record and card.
 * @throws ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND
 */
export async function consoleModel(context: ServerContext, name: string, reference: string): Promise<object> {
  const all = (await knownTo(context)).filter((model) => model.name === name);
  if (all.length === 0) throw noSuchModel(name, 'is served or in the registry');
  const version = versionMeant(all, reference) ?? reference;
  const known = all.find((model) => model.version === version);
  if (!known) {
    const versions = all.map((model) => model.version);
    throw noSuchVersion(name, versions, reference);
  }
  const served = servedIn(context, known);
  const record = await recordOf(context, known, served);
  return {
    ...known,
    ...meaningOf(served),
    ...(served && tensorsOf(served)),
    ...(record && { record: await shown(record) }),
  };
}

/** Names that have a canary, running or rolled back: whoever knows them need not ask for one that is not there. */
async function canariesOf({ management }: ServerContext, known: readonly ManagedModel[]): Promise<string[]> {
  // One version alone cannot have one.
  const names = [...new Set(known.map(({ name }) => name).filter((name, i, all) => all.indexOf(name) !== i))];
  const found = await Promise.all(names.map((name) => hasCanary(management, name)));
  return names.filter((_, i) => found[i]);
}

async function hasCanary(management: Management | undefined, name: string): Promise<boolean> {
  try {
    await management?.canary(name);
    return management !== undefined;
  } catch {
    return false;
  }
}

async function knownTo({ host, management }: ServerContext): Promise<readonly ManagedModel[]> {
  return management ? management.list() : host.index();
}

/** In the primary process of several there is none: models are in the workers. */
function servedIn({ host }: ServerContext, { name, version }: ManagedModel): ServedModel | undefined {
  return host.list().find((served) => served.name === name && served.version === version);
}

/** What is recorded of the very bytes that were loaded; of a version that is not up, whatever is recorded. */
async function recordOf(
  { management }: ServerContext,
  { name, version, digest }: ManagedModel,
  served: ServedModel | undefined,
): Promise<ModelRecord | undefined> {
  if (served) return served.record;
  const record = await management?.record(name, version).catch(() => undefined);
  return digest === undefined || record?.artifact.sha256 === digest ? record : undefined;
}

function meaningOf(served: ServedModel | undefined): object {
  if (!served) return {};
  const { task } = served;
  return task ? { task: taskOf(task) } : {};
}

function taskOf(task: Task): object {
  const labels = labelsOf(task);
  return {
    type: task.type,
    takesImages: task.image !== undefined,
    ...(labels && { classes: labels.length, ...(labels.length <= mostLabels && { labels }) }),
  };
}

/** Names, datatypes and shapes as the Open Inference Protocol has them, with the ranges that the signature knows. */
function tensorsOf(served: ServedModel): object {
  const { model, queue, notBatched, warnings } = served;
  const { device, precision } = model.info;
  const how = { deviceReason: device.reason, precision, warnings };
  const batching = notBatched === undefined ? queue?.options.maxBatchSize : undefined;
  return { ...how, ...(batching !== undefined && { maxBatchSize: batching }), ...signatureOf(served) };
}

function signatureOf(served: ServedModel): object {
  try {
    const { inputs, outputs } = interfaceOf(served);
    const specs = served.model.signature?.inputs ?? [];
    return {
      inputs: inputs.map((input, i) => {
        const { range, optional } = specs[i] ?? {};
        return { ...input, ...(range && { range }), ...(optional && { optional }) };
      }),
      outputs,
    };
  } catch {
    // Without `forward` it has no signature to show.
    return {};
  }
}

async function shown(record: ModelRecord): Promise<object> {
  const { created, source, sourceCommit, framework, metrics, license, description, admission } = record;
  const { cardOf } = await import('../../registry/card/index.js');
  const stated = { created, source, sourceCommit, framework, metrics, license, description, admission };
  return { ...stated, bytes: record.artifact.bytes, card: cardOf(record, 'markdown') };
}

/** For a route that is asked where there is no console. */
export function noConsole(): Error {
  return torchError('ERR_ROUTE_NOT_FOUND', 'No such file; the page at / names those that there are');
}
