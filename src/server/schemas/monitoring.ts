/** What monitoring says of the versions that are served, for the description. */
import Type from '../../schema/builder.js';

const time = Type.String({ format: 'date-time' });
const rows = Type.Integer({ minimum: 0 });
const share = Type.Number({ minimum: 0, maximum: 1 });
const level = Type.Enum(['ok', 'possible', 'drift', 'too few']);
/** JSON has no number for what is not known. */
const known = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

const FeatureReport = Type.Object({
  feature: Type.String({ description: 'Such as input.mean, age or prediction.' }),
  test: Type.String({ description: 'ks, chi2, wasserstein, …' }),
  statistic: known('Of the test, of this window against the training data.'),
  threshold: known("What the statistic would have to pass by itself, at this window's own size."),
  pValue: known('How often a window without drift is at least so far from the training data.'),
  adjusted: known('The p-value after Benjamini-Hochberg over the features of the window.'),
  level,
});

const WindowReport = Type.Object({
  from: time,
  to: time,
  rows,
  level,
  falseAlarms: known('Share of windows without drift that would be called drift.'),
  features: Type.Array(FeatureReport),
});

const MonitoringReport = Type.Object({
  model: Type.String(),
  version: Type.String(),
  status: Type.Enum(['watching', 'no statistics', 'off']),
  hint: Type.Optional(Type.String({ description: 'What to do to have it watched.' })),
  open: Type.Optional(
    Type.Object({ from: time, rows, needed: rows }, { description: 'The window that is open, once it has a row.' }),
  ),
  windows: Type.Array(WindowReport, { description: 'Closed windows, the newest first.', maxItems: 48 }),
  estimated: Type.Optional(
    Type.Object(
      {
        status: Type.Enum(['estimated', 'not calibrated here', 'too few', 'no calibration']),
        rows,
        accuracy: Type.Optional(share),
        low: Type.Optional(share),
        high: Type.Optional(share),
      },
      { description: 'Accuracy without labels, from calibrated confidences.' },
    ),
  ),
  realised: Type.Optional(
    Type.Object(
      { rows, correct: rows, accuracy: Type.Optional(share), calibrationError: Type.Optional(share) },
      { description: 'Accuracy by labels that came back.' },
    ),
  ),
});

export const MonitoringReports = Type.Object({ models: Type.Array(MonitoringReport) });
