/** What a host is told, and what it tells. */
import * as check from '../check.js';
import { describe, expected, torchError } from '../errors.js';
import type { LoadPolicy, ModelRegistry } from '../registry/index.js';
import { checkBatchSizes, checkHostModels, sourcesOf, type HostModel, type Source } from './host-model.js';
import type { HostCanaryChange, SplitOptions } from './canary/options.js';
import type { LoadProgress } from './load-served.js';
import type { RunEvent } from './served-call.js';
import type { AnsweredEvent } from './served-model.js';
import type { ServedBatchEvent, ServedRowCheckEvent } from './served-queue.js';

/** Asked before each load: a `LoadPolicy`, or what asks one. */
export type HostPolicy = Pick<LoadPolicy, 'check'>;

export interface HostOptions {
  /** Default: the registry bundled with this package. */
  registry?: ModelRegistry;
  /** Several may have one name, with other versions: the first that is up is the default of that name. */
  models: readonly HostModel[];
  /** The name that `model()` without one means. Default: the first of `models`. */
  defaultModel?: string;
  /** Whether the default model may be one that is loaded later, or never. @internal */
  mayLackDefault?: boolean;
  /** What the loads of the start count as, and those that name no attempt: see `HostLoadOptions`. @internal */
  attempt?: string;
  /** Batch sizes each model is run with before the host is ready. Default: those that its batching makes, else [1, 32]. */
  warmupBatchSizes?: readonly number[];
  /**
   * What a model that cannot be loaded at the start does: `fail` (default) ends the host, `continue` leaves it out; `failed()`
   * and `index()` then name it.
   */
  onModelError?: 'fail' | 'continue';
  /**
   * Milliseconds that the calls of a model that was unloaded or replaced have for their end, default 60 000. Calls that still
   * wait for an instance then fail with ERR_DISPOSED; those that run are let finish in any case.
   */
  drainTimeoutMs?: number;
  /**
   * What has to be known of an artifact before it is loaded: its digest, or a signature that somebody known has made
   * (`LoadPolicy.open`). It is asked at every load; what it refuses is not loaded, and what has served goes on. Default: nothing.
   */
  policy?: HostPolicy;
  /**
   * After so many loads in a row that failed by the fault of its artifact a version of the registry is refused
   * (ERR_QUARANTINED) until it is cleared, or its artifact is another. Default 3; false: never. A registry that is given and
   * can be written remembers it beyond this process.
   */
  quarantineAfter?: number | false;
}

export interface HostEvents {
  /** A call of a model has ended, well or not. */
  run: [event: RunEvent];
  /** A call of `forward` was answered: what went in and came out. @internal */
  answered: [event: AnsweredEvent];
  /** A batch has ended, of a model that batches. */
  batch: [event: ServedBatchEvent];
  /** The load of a model has come to its next step. */
  progress: [event: LoadProgress];
  /** Something is worth knowing of a model that is up. Without a listener it is a warning of the process. */
  warning: [event: HostWarning];
  /** A row of a batch was run again by itself, of a model that batches. */
  rows: [event: ServedRowCheckEvent];
  /** A version was loaded, replaced or unloaded, or could not be loaded. */
  change: [event: HostChange];
  /** A canary release has begun, changed or ended: what it was decided by is said with it. */
  canary: [event: HostCanaryChange];
}

/** What became of one version of a model. */
export interface HostChange {
  readonly model: string;
  /** Empty where the registry could not say which. */
  readonly version: string;
  /**
   * `loaded`: it takes calls. `reloaded`: so does what has taken the place of another. `unloaded`: it takes no more calls.
   * `drained`: what was unloaded or replaced is gone. `failed`: a load failed, and what served before, if anything, still does.
   * `aliased`: an alias means this version now.
   */
  readonly change: 'loaded' | 'reloaded' | 'unloaded' | 'drained' | 'failed' | 'aliased';
  /** Of `aliased`: what means this version now; the version is empty where the alias means none any more. */
  readonly alias?: string;
  /** Of `aliased`: the version that the alias meant before. */
  readonly before?: string;
  /** Of the artifact that was loaded. */
  readonly sha256?: string;
  /** Why the load failed. */
  readonly error?: unknown;
  /** Milliseconds that the load, or the wait for the last call, took. */
  readonly durationMs?: number;
}

export interface ChangeOptions {
  /** Ends the load, or the wait for calls in flight. */
  signal?: AbortSignal;
}

export interface HostLoadOptions extends ChangeOptions {
  /**
   * Called once everything is up and warm, before anything takes its place; what it throws ends the load as a failed one does.
   * With it several processes load together or not at all. After an abort its promise is waited for no longer.
   */
  beforeSwap?: () => void | Promise<void>;
  /** Several processes that load together say the same: if it fails, it counts once towards a quarantine. @internal */
  attempt?: string;
}

export interface HostWarning {
  readonly model: string;
  readonly version: string;
  readonly message: string;
}

const hostOptions = [
  ...['registry', 'models', 'defaultModel', 'warmupBatchSizes', 'onModelError', 'drainTimeoutMs'],
  ...['policy', 'quarantineAfter'],
];

/** Options that were checked. */
export interface HostPlan {
  /** Each version of each name once. */
  readonly sources: readonly Source[];
  readonly defaultModel: string;
}

/** @throws ERR_INVALID_ARGUMENT for an option; ERR_CONFIG for a default that is none of the models, and a version that comes twice */
export function checkHostOptions(options: HostOptions): HostPlan {
  check.options('ModelHost', options, hostOptions, ['mayLackDefault', 'attempt']);
  const { models, registry, warmupBatchSizes, onModelError, drainTimeoutMs } = options;
  checkHostModels(models);
  if (warmupBatchSizes !== undefined) checkBatchSizes('warmupBatchSizes', warmupBatchSizes);
  if (onModelError !== undefined) check.oneOf('onModelError', onModelError, ['fail', 'continue']);
  if (drainTimeoutMs !== undefined) check.milliseconds('drainTimeoutMs', drainTimeoutMs);
  const { policy, quarantineAfter } = options;
  if (policy !== undefined && typeof (policy as Partial<HostPolicy> | null)?.check !== 'function') {
    throw expected('a LoadPolicy', 'policy of ModelHost', policy);
  }
  if (quarantineAfter !== undefined && quarantineAfter !== false) {
    check.integer('quarantineAfter', quarantineAfter, 1, 1000);
  }
  if (registry !== undefined && !isRegistry(registry)) {
    throw expected('a ModelRegistry', 'registry of ModelHost', registry);
  }
  const sources = models.flatMap(sourcesOf);
  const seen = new Set<string>();
  for (const source of sources) {
    const key = `${source.name} ${source.version ?? ''}`;
    if (seen.has(key)) throw twice(source);
    seen.add(key);
  }
  const names = [...new Set(sources.map(({ name }) => name))];
  const defaultModel = options.defaultModel ?? names[0];
  if (defaultModel === undefined || (!names.includes(defaultModel) && !options.mayLackDefault)) {
    throw torchError(
      'ERR_CONFIG',
      `Expected one of the models (${names.join(', ')}) for defaultModel but received ${describe(defaultModel)}`,
    );
  }
  return { sources, defaultModel };
}

/** @throws ERR_INVALID_ARGUMENT */
export function checkLoadOptions(options: HostLoadOptions): void {
  check.options('load', options, ['signal', 'beforeSwap'], ['attempt']);
  check.signal(options.signal);
  const { beforeSwap } = options;
  if (beforeSwap !== undefined && typeof beforeSwap !== 'function') {
    throw expected('a function', 'beforeSwap', beforeSwap);
  }
}

/** @throws ERR_INVALID_ARGUMENT */
export function checkSplit(split: SplitOptions): void {
  check.options('host.model', split, ['draw']);
  const { draw } = split as { draw?: unknown };
  if (draw !== undefined && typeof draw !== 'function') throw expected('a function', 'draw of host.model', draw);
}

/** @throws ERR_INVALID_ARGUMENT */
export function checkAliasOptions(options: HostLoadOptions): void {
  check.options('setAliases', options, ['signal', 'beforeSwap'], ['attempt']);
  checkLoadOptions(options);
}

/** @throws ERR_INVALID_ARGUMENT */
export function checkChangeOptions(where: string, options: ChangeOptions): void {
  check.options(where, options, ['signal']);
  check.signal(options.signal);
}

/** The error for a version of a name that is there already. */
export function twice({ name, version }: Pick<Source, 'name' | 'version'>) {
  const what = version === undefined ? describe(name) : `${describe(name)} ${version}`;
  return torchError('ERR_CONFIG', `Expected each version of each model name once but received ${what} twice`);
}

function isRegistry(registry: unknown): boolean {
  const { resolve, artifactPath } = (registry ?? {}) as Partial<Record<'resolve' | 'artifactPath', unknown>>;
  return typeof resolve === 'function' && typeof artifactPath === 'function';
}
