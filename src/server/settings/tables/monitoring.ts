/** What is watched of the models while they serve: docs/monitoring.md. */
import { driftPresets, type PresetName } from '../../../monitoring/drift/presets.js';
import { choice, integer, optionalNumber } from '../setting.js';

const day = 86_400;

export const monitoringRows = {
  monitoring: choice({
    options: ['on', 'off'],
    initial: 'on',
    description: 'Whether inputs and predictions are compared with the training statistics of their records.',
  }),
  driftWindowRows: integer({
    min: 20,
    max: 10_000_000,
    initial: 500,
    description: 'Rows that a window of drift needs before it closes.',
  }),
  driftWindowSeconds: integer({
    min: 1,
    max: day,
    initial: 60,
    description: 'The shortest time that a window of drift is open.',
  }),
  driftWindowMaxSeconds: integer({
    min: 1,
    max: 31 * day,
    initial: 3600,
    description:
      'The longest time that a window of drift is open, at least driftWindowSeconds; with few rows it says "too few".',
  }),
  driftFalseAlarmDays: integer({
    min: 1,
    max: 36_500,
    initial: 30,
    description: 'A model without drift raises at most one alarm in so many days.',
  }),
  driftLevel: optionalNumber({
    min: 1e-9,
    max: 0.5,
    initialText: 'what driftFalseAlarmDays makes of driftWindowSeconds',
    description: 'Share of windows without drift that may raise an alarm, instead of driftFalseAlarmDays.',
  }),
  driftPreset: choice({
    options: Object.keys(driftPresets) as PresetName[],
    initial: 'exact',
    description:
      'Which tests of drift with which thresholds: exact keeps the rate of false alarms that was asked for at any size of window.',
  }),
  feedbackRequests: integer({
    min: 0,
    max: 1_000_000,
    initial: 10_000,
    description:
      'Answers of each process, of all its models together, that labels may still come back for; older ones are forgotten.',
  }),
};
