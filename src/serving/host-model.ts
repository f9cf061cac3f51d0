/** What a caller says of the models of a host, checked before anything is loaded. */
import { isDeepStrictEqual } from 'node:util';
import { resolveBatchOptions, type BatchQueueOptions } from '../batching/index.js';
import * as check from '../check.js';
import { expected, torchError } from '../errors.js';
import type { Model, WarmupOptions } from '../model/model.js';
import type { LoadOptions } from '../model/options.js';
import { signatureOf, type ModelRecord } from '../registry/index.js';
import { isAlias } from '../registry/names.js';
import { checkTolerance } from '../signature/tolerance.js';
import type { TaskGiven } from '../tasks/kinds/given.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Arguments } from '../tensor/value.js';
import { checkServedName, fileVersion, isServedName, stemOf } from './names.js';

/** How a host warms a model up. */
export type HostWarmup = Omit<WarmupOptions, 'example' | 'signal'> & {
  /** As that of `Model.warmup`; or a function that makes it of the loaded model. */
  example?: WarmupOptions['example'] | ((model: Model) => Arguments | Tensor | Promise<Arguments | Tensor>);
};

export interface HostModelOptions {
  /** What the record does not decide: device, precision, instances, … What contradicts the record is refused. */
  load?: Omit<LoadOptions, 'signal'>;
  /**
   * Default: the sizes that batching makes, else [1, 32], on an example made from the signature; false: none. A model that
   * refuses an example that we made up is served without batching, and says so; one that refuses the caller's is not served.
   * In `load`, undefined makes it the default again, and one that is left out is as it was.
   */
  warmup?: HostWarmup | false | undefined;
  /** Puts concurrent calls of `forward` into batches. A model that cannot be batched runs without, and says so. */
  batching?: BatchQueueOptions | false;
}

/** A model of the registry. */
export interface HostRegistryModel extends HostModelOptions {
  name: string;
  /**
   * Each a version (`v1.0`), an alias (`champion`) or a digest (`sha256:<hex>`); the first is the default. Left out: the only
   * version there is, or v1.0; in `load`, those that the host knows. What an alias names is replaced when the alias moves.
   */
  versions?: readonly string[];
  /** What each alias means. Default: what the registry says when the model is loaded. */
  aliases?: Readonly<Record<string, string>>;
}

/** A model file that is in no registry: it has no record, and so no known digest. */
export interface HostFileModel extends HostModelOptions {
  file: string;
  /** 1 to 128 letters, digits, `.`, `_` or `-`. Default: the file's name without its extension. */
  name?: string;
  /** As a name. Default: 1. */
  version?: string;
  /**
   * What its outputs mean, and how an image becomes its input, as a record would say it; members that are left out are the
   * usual ones of the type. Or a function that makes it of the loaded model. Default: none, and the model has no answers but
   * its outputs.
   */
  task?: TaskGiven | ((model: Model) => TaskGiven | Promise<TaskGiven>);
}

export type HostModel = HostRegistryModel | HostFileModel;

/** One version of one model, and where it comes from. */
export interface Source {
  readonly name: string;
  /** Until it was found it may be an alias or a digest; undefined for the one that the registry takes for the default. */
  readonly version: string | undefined;
  /** By which it was found. */
  readonly alias?: string | undefined;
  /** What aliases mean, where the caller says it. */
  readonly aliases?: ReadonlyMap<string, string> | undefined;
  /** Undefined for a model of the registry. */
  readonly file: string | undefined;
  readonly options: HostModelOptions & Pick<HostFileModel, 'task'>;
}

/** The versions of a model that was checked. */
export function sourcesOf(model: HostModel): readonly Source[] {
  const { load, warmup, batching } = model;
  const options = {
    ...(load !== undefined && { load }),
    // One that is said to be undefined is the default again, whatever the model was loaded with before.
    ...('warmup' in model && { warmup }),
    ...(batching !== undefined && { batching }),
  };
  if (isFileModel(model)) {
    const { file, name = stemOf(file), version = fileVersion, task } = model;
    return [{ name, version, file, options: { ...options, ...(task && { task }) } }];
  }
  const { name, versions = [undefined] } = model;
  const aliases = model.aliases && new Map(Object.entries(model.aliases));
  return versions.map((version) => ({ name, version, file: undefined, options, ...(aliases && { aliases }) }));
}

export function isFileModel(model: HostModel): model is HostFileModel {
  return (model as Partial<HostFileModel>).file !== undefined;
}

const modelOptions = ['name', 'versions', 'aliases', 'version', 'file', 'task', 'load', 'warmup', 'batching'];
const warmupOptions = ['example', 'batchSizes', 'tolerance'];

/** @throws ERR_INVALID_ARGUMENT unless it is a list of models with values that they can have */
export function checkHostModels(models: unknown): asserts models is readonly HostModel[] {
  if (!Array.isArray(models)) throw expected('an array of { name } or { file }', 'models of ModelHost', models);
  for (const model of models) checkHostModel(model);
}

/** @throws ERR_INVALID_ARGUMENT unless it is a list of sizes */
export function checkBatchSizes(name: string, sizes: unknown): void {
  if (!Array.isArray(sizes) || sizes.length === 0) throw expected('an array of at least one size', name, sizes);
  for (const size of sizes) check.integer(`a size in ${name}`, size, 1, 1_000_000);
}

/** @throws ERR_INVALID_ARGUMENT unless it is a model with values that it can have */
export function checkHostModel(model: unknown): asserts model is HostModel {
  if (typeof model !== 'object' || model === null || !('name' in model || 'file' in model)) {
    throw expected('an array of { name } or { file }', 'models of ModelHost', model);
  }
  check.options('a model of ModelHost', model, modelOptions);
  const { name, file, version, versions, aliases, task, load, warmup, batching } = model as Readonly<
    Record<string, unknown>
  >;
  if (name !== undefined || file === undefined) {
    check.text('name of a model of ModelHost', name);
    checkServedName('name of a model of ModelHost', name);
  }
  if (file !== undefined) {
    check.text('file of a model of ModelHost', file, 'a path');
    if (name === undefined)
      checkServedName('the name of a model file', stemOf(file), ': give { file, name } (serve: --name)');
  }
  if (version !== undefined) {
    if (file === undefined) throw expected('versions: [version] of a name', 'version of a model of ModelHost', version);
    checkServedName('version of a model of ModelHost', version);
  }
  if (versions !== undefined) {
    if (file !== undefined) throw expected('no versions with a file', 'versions of a model of ModelHost', versions);
    const isList = Array.isArray(versions) && versions.length > 0 && versions.every((one) => typeof one === 'string');
    if (!isList) throw expected('an array of at least one version', 'versions of a model of ModelHost', versions);
    const again: unknown = versions.find((each, i) => versions.indexOf(each) !== i);
    if (again !== undefined) throw expected('each version once', 'versions of a model of ModelHost', again);
  }
  if (aliases !== undefined) {
    if (file !== undefined) throw expected('no aliases with a file', 'aliases of a model of ModelHost', aliases);
    checkAliases('aliases of a model of ModelHost', aliases);
  }
  if (task !== undefined) {
    if (file === undefined) throw expected('no task without a file', 'task of a model of ModelHost', task);
    if (typeof task !== 'function') check.object('task of a model of ModelHost', task);
  }
  if (load !== undefined) check.object('load of a model of ModelHost', load);
  if (warmup !== undefined && warmup !== false) {
    if (typeof warmup !== 'object') throw expected('options or false', 'warmup of a model of ModelHost', warmup);
    check.options('warmup of a model of ModelHost', warmup, warmupOptions);
    const { batchSizes, tolerance } = warmup as { batchSizes?: unknown; tolerance?: unknown };
    if (batchSizes !== undefined) checkBatchSizes('batchSizes', batchSizes);
    if (tolerance !== undefined) checkTolerance(tolerance);
  }
  if (batching !== undefined && batching !== false) {
    if (typeof batching !== 'object') throw expected('options or false', 'batching of a model of ModelHost', batching);
    resolveBatchOptions(batching as object);
  }
}

/** @throws ERR_INVALID_ARGUMENT unless it says of aliases which versions they mean, as an object or a Map */
export function checkAliases(where: string, aliases: unknown): ReadonlyMap<string, string> {
  if (typeof aliases !== 'object' || aliases === null)
    throw expected('an object of aliases and versions', where, aliases);
  const map = new Map<unknown, unknown>(aliases instanceof Map ? aliases : Object.entries(aliases));
  for (const [alias, version] of map) {
    if (!isAlias(alias)) throw expected('an alias such as champion', where, alias);
    if (!isServedName(version)) throw expected('a version such as v1.0', `${alias} in ${where}`, version);
  }
  return map as ReadonlyMap<string, string>;
}

/**
 * What the caller says of an artifact must be what its record says, which counts.
 * @throws ERR_INTEGRITY for another digest, ERR_INVALID_ARGUMENT for another engine or signature
 */
export function requireNoContradiction(load: Omit<LoadOptions, 'signal'>, record: ModelRecord): void {
  const { sha256, engine, signature } = load;
  if (sha256 !== undefined && sha256 !== record.artifact.sha256) {
    throw torchError(
      'ERR_INTEGRITY',
      `Expected sha256 ${sha256} (load.sha256) but the record says ${record.artifact.sha256}`,
    );
  }
  if (engine !== undefined && engine !== record.engine) {
    throw expected(`${record.engine}, as the record says, or none`, 'load.engine', engine);
  }
  if (signature === undefined) return;
  const known = [record.signature, signatureOf(record)];
  if (known.some((one) => isDeepStrictEqual(plain(one), plain(signature)))) return;
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    'Expected no load.signature but that of the record, which counts; change the record, or serve the file by { file }',
  );
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
