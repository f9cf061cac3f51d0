import { torchError, type TorchError } from '../../errors.js';
import type { CanaryReport } from './options.js';

export function noCanary(name: string): TorchError {
  return torchError('ERR_NO_CANARY', `Expected a model with a canary but ${name} has none`);
}

/** @throws ERR_CANARY where another one has taken its place meanwhile */
export function requireVersion({ model, version }: Pick<CanaryReport, 'model' | 'version'>, wanted: string): void {
  if (version === wanted) return;
  throw torchError('ERR_CANARY', `Expected ${model} ${wanted} to be the canary still but it is ${version} now`);
}

/** @throws ERR_CANARY for one that was rolled back */
export function requireRunning(report: CanaryReport): CanaryReport {
  if (report.state === 'running') return report;
  const { model, version, reason } = report;
  throw torchError(
    'ERR_CANARY',
    `Expected a canary that runs but ${model} ${version} was rolled back (${reason}): set it anew first`,
  );
}
