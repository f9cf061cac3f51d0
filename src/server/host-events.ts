import type { Logger } from '../monitoring/logging.js';
import type { ServerMetrics } from '../monitoring/metrics.js';
import type { FeedbackDesk } from './feedback/desk.js';
import type { InferenceHost } from './host.js';
import type { Monitoring } from './monitoring/monitoring.js';
import type { HostCanaryChange, HostChange, HostWarning, LoadProgress, ServedModel } from '../serving/index.js';
import { TorchError, type ErrorCode } from '../errors.js';
import { requireTask } from './codec/row-model.js';
import { reportLostDevices } from './readiness.js';
import { reportStuckModels } from './stuck.js';

interface Listeners {
  readonly metrics: ServerMetrics;
  readonly monitoring: Monitoring;
  readonly logger: Logger;
  readonly feedback: FeedbackDesk;
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
  { metrics, monitoring, logger, feedback, onDeviceFailure, stuckAfterMs, onStuck }: Listeners,
): () => void {
  const ends = [
    measureRuns(host, metrics),
    reportLostDevices(host, logger, onDeviceFailure),
    reportStuckModels(host, { afterMs: stuckAfterMs, logger, onStuck }),
    logLoads(host, logger),
    countLoads(host, metrics),
    logCanaries(host, logger),
    monitoring.follow(),
    feedback.follow(),
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

function countLoads(host: InferenceHost, metrics: ServerMetrics): () => void {
  const onChange = ({ change, model, version, error }: HostChange): void => {
    if (change === 'failed') metrics.loadFailed(model, codeOf(error));
    else if (change === 'loaded' || change === 'reloaded') metrics.loaded(model, version);
    else if (change === 'drained') {
      const isServed = host.list().some((served) => served.name === model && served.version === version);
      if (!isServed) metrics.gone(model, version);
    }
  };
  host.on('change', onChange);
  return () => {
    host.off('change', onChange);
  };
}

/** A rollback is nobody's act: whoever is on call reads why. */
function logCanaries(host: InferenceHost, logger: Logger): () => void {
  const onCanary = ({ change, numbers, ...facts }: HostCanaryChange): void => {
    if (change === 'rolled back') {
      logger.error({ canary: change, ...facts, numbers }, 'a canary was rolled back: what is stable gets all requests');
    } else {
      logger.info({ canary: change, ...facts }, 'the canary of a model has changed');
    }
  };
  host.on('canary', onCanary);
  return () => {
    host.off('canary', onCanary);
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
