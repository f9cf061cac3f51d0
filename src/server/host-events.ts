import type { Batchable } from '../model/batchable.js';
import type { BusySample, QueueSample } from '../monitoring/gauges.js';
import type { Logger } from '../monitoring/logging.js';
import type { ServerMetrics } from '../monitoring/metrics.js';
import type { InferenceHost } from './host.js';
import type { HostChange, HostWarning, LoadProgress, ServedModel } from '../serving/index.js';
import { TorchError, type ErrorCode } from '../errors.js';
import { requireTask } from './codec/row-model.js';
import { reportLostDevices } from './readiness.js';
import { reportStuckModels } from './stuck.js';

interface Listeners {
  readonly metrics: ServerMetrics;
  readonly logger: Logger;
  /** Called once for each lost device, after it was logged. */
  readonly onDeviceFailure?: (() => void) | undefined;
  /** A model whose every instance has been in one run for longer is stuck. */
  readonly stuckAfterMs: number;
  /** Called when a model is stuck, after it was logged. */
  readonly onStuck?: (() => void) | undefined;
}

/** Measures the runs and batches of a host and reports lost devices and stuck models. Returns a function that stops all. */
export function followHost(
  host: InferenceHost,
  { metrics, logger, onDeviceFailure, stuckAfterMs, onStuck }: Listeners,
): () => void {
  const ends = [
    measureRuns(host, metrics),
    reportLostDevices(host, logger, onDeviceFailure),
    reportStuckModels(host, { afterMs: stuckAfterMs, logger, onStuck }),
    logLoads(host, logger),
    countFailedLoads(host, metrics),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function measureRuns(host: InferenceHost, metrics: ServerMetrics): () => void {
  // Bound, not wrapped: they are called for every request, batch or check.
  const onRun = metrics.run.bind(metrics);
  const onBatch = metrics.batch.bind(metrics);
  const onRows = metrics.rowCheck.bind(metrics);
  host.on('run', onRun).on('batch', onBatch).on('rows', onRows);
  return () => {
    host.off('run', onRun).off('batch', onBatch).off('rows', onRows);
  };
}

function countFailedLoads(host: InferenceHost, metrics: ServerMetrics): () => void {
  const onChange = ({ change, model, error }: HostChange): void => {
    if (change === 'failed') metrics.loadFailed(model, codeOf(error));
  };
  host.on('change', onChange);
  return () => {
    host.off('change', onChange);
  };
}

const codeOf = (error: unknown): ErrorCode => (error instanceof TorchError ? error.code : 'ERR_INTERNAL');

/** A load that was not tried: what was asked of its artifact is not there, or it has failed too often. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'ERR_SIGNATURE_REQUIRED',
  'ERR_SIGNATURE_INVALID',
  'ERR_QUARANTINED',
]);

/** A slow model is not ready for a long time: the log says what it is doing meanwhile, and what is worth knowing of it. */
function logLoads(host: InferenceHost, logger: Logger): () => void {
  const onProgress = ({ elapsedMs, stage, ...where }: LoadProgress): void => {
    logger.info({ ...where, stage, elapsedMs: Math.round(elapsedMs) }, stages[stage]);
    if (stage !== 'ready') return;
    const served = host.list().find(({ name, version }) => name === where.model && version === where.version);
    if (served) warnOfNoAnswer(served, logger);
  };
  const onWarning = ({ message, ...model }: HostWarning): void => {
    logger.warn(model, message);
  };
  const onChange = ({ change, error, durationMs, ...facts }: HostChange): void => {
    if (change === 'loaded') return; // its progress has told of it
    const said = { ...facts, ...(durationMs !== undefined && { durationMs: Math.round(durationMs) }) };
    const code = codeOf(error);
    if (change === 'failed' && refusals.has(code))
      logger.error({ audit: 'load refused', ...said, code, err: error }, refused);
    else if (change === 'failed') logger.error({ ...said, code, err: error }, changes.failed);
    else logger.info(said, changes[change]);
  };
  host.on('progress', onProgress).on('warning', onWarning).on('change', onChange);
  // Those that came up before anybody listened.
  for (const served of host.list()) warnOfNoAnswer(served, logger);
  return () => {
    host.off('progress', onProgress).off('warning', onWarning).off('change', onChange);
  };
}

const stages: Readonly<Record<LoadProgress['stage'], string>> = {
  load: 'loading a model',
  'warm-up': 'warming a model up',
  rows: 'asking whether its rows are independent',
  ready: 'a model is up',
};

const changes: Readonly<Record<Exclude<HostChange['change'], 'loaded'>, string>> = {
  reloaded: 'a model has taken the place of the one before',
  unloaded: 'a model takes no more calls',
  drained: 'a model that takes no more calls is gone',
  aliased: 'an alias means another version',
  failed: 'a model could not be loaded; what has served goes on',
};

const refused = 'the load of a model was refused; what has served goes on';

/** A record whose model every `/predict` is going to be refused for. A file without a record has no task, and nobody thinks so. */
function warnOfNoAnswer(served: ServedModel, logger: Logger): void {
  if (!served.record) return;
  try {
    requireTask(served);
  } catch (error) {
    if (!(error instanceof TorchError)) throw error;
    const { name: model, version } = served;
    logger.warn({ model, version }, `POST /predict cannot answer for this model (${error.code}): ${error.message}`);
  }
}

/** The state of every queue of a host, for gauges. */
export function* queueSamples(host: InferenceHost): Iterable<QueueSample> {
  for (const { name, version, queue } of host.list()) {
    if (!queue) continue;
    const { waitingRows, batchCapacity, fit } = queue.stats();
    yield { model: name, version, waitingRows, batchCapacity, fit };
  }
}

/** What every model of a host runs, for gauges. */
export function* busySamples(host: InferenceHost): Iterable<BusySample> {
  for (const { name, version, model } of host.list()) {
    const { busy } = model as Partial<Pick<Batchable, 'busy'>>;
    if (busy) yield { model: name, version, running: busy.running, oldestMs: busy.oldestMs };
  }
}
