import { expected } from '../../errors.js';
import type { PresetName } from '../../monitoring/drift/presets.js';
import type { WindowReport } from '../../monitoring/report.js';
import type { Settings } from '../settings/table.js';

/** A window of a version in which drift was found. */
export interface DriftEvent {
  readonly model: string;
  readonly version: string;
  readonly window: WindowReport;
}

/** What a server watches of its models. An option that is left out has the default of the setting of its name. */
export interface MonitoringOptions {
  /** Whether inputs and predictions are compared with the training statistics of their records. Default `on`. */
  monitoring?: 'on' | 'off';
  /** Rows that a window of drift needs before it closes, default 500. */
  driftWindowRows?: number;
  /** The shortest time that a window is open, in seconds. Default 60. */
  driftWindowSeconds?: number;
  /** The longest time that a window is open, in seconds. Default 3600. */
  driftWindowMaxSeconds?: number;
  /** A model without drift raises at most one alarm in so many days. Default 30. */
  driftFalseAlarmDays?: number;
  /** Share of windows without drift that may raise an alarm, instead of `driftFalseAlarmDays`. */
  driftLevel?: number;
  /** Which tests with which thresholds, default `exact`. */
  driftPreset?: PresetName;
  /** Answers of this server, of all its models together, that labels may still come back for. Default 10000. */
  feedbackRequests?: number;
  /** Called for each window in which drift was found, after it was logged. */
  onDrift?: (event: DriftEvent) => void;
}

/** The settings of it, for the lists of options. */
export const monitoringSettings = [
  'monitoring',
  'driftWindowRows',
  'driftWindowSeconds',
  'driftWindowMaxSeconds',
  'driftFalseAlarmDays',
  'driftLevel',
  'driftPreset',
  'feedbackRequests',
] as const;

/** What is in force. */
export type MonitoringLimits = Pick<Settings, (typeof monitoringSettings)[number]>;

/** @throws ERR_INVALID_ARGUMENT for values that do not go together */
export function checkMonitoring({ driftWindowSeconds, driftWindowMaxSeconds }: MonitoringLimits): void {
  if (driftWindowMaxSeconds >= driftWindowSeconds) return;
  const atLeast = `at least driftWindowSeconds (${driftWindowSeconds})`;
  throw expected(atLeast, 'driftWindowMaxSeconds', driftWindowMaxSeconds);
}

const secondsOfDay = 86_400;

/**
 * The share of windows without drift that may raise an alarm. Windows are closed at most every `driftWindowSeconds`, so there
 * are at most `driftFalseAlarmDays` · 86400 / `driftWindowSeconds` of them in that time, and one may be an alarm.
 */
export function falseAlarmsOf({ driftLevel, driftFalseAlarmDays, driftWindowSeconds }: MonitoringLimits): number {
  return driftLevel ?? Math.min(0.5, driftWindowSeconds / (driftFalseAlarmDays * secondsOfDay));
}
