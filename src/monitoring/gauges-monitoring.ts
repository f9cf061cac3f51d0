import type { MetricSources, Sample } from './gauges-sources.js';
import type { GaugeRow, Values } from './gauge-row.js';
import type { DriftLevel, EstimatedPerformance, FeatureReport, MonitoringReport, WindowReport } from './report.js';

const ofModel = ['model', 'version'] as const;
const ofFeature = [...ofModel, 'feature', 'test'] as const;

const driftStates: Readonly<Record<DriftLevel, number>> = { ok: 0, possible: 1, drift: 2, 'too few': -1 };

const statuses: readonly EstimatedPerformance['status'][] = [
  'estimated',
  'not calibrated here',
  'too few',
  'no calibration',
];

/** Rows of drift, performance and canaries. All workers say the same, for one process decides. */
export const monitoringGauges: readonly GaugeRow[] = [
  {
    name: 'node_libtorch_drift_state',
    help: 'The last closed window of a version that is watched: 0 ok, 1 possible, 2 drift, -1 too few rows or no window yet.',
    labels: ofModel,
    together: 'max',
    *values({ monitoring }) {
      for (const report of monitoring?.() ?? []) {
        if (report.status !== 'watching') continue;
        const [latest] = report.windows;
        yield { value: latest ? driftStates[latest.level] : -1, labels: labelsOf(report) };
      }
    },
  },
  ofFeatures('statistic', 'Statistic of a feature in the last closed window, against the training data.', 'statistic'),
  ofFeatures(
    'threshold',
    'What the statistic of a feature has to pass by itself, at the size of its window.',
    'threshold',
  ),
  ofFeatures('p_value', 'Adjusted p-value of a feature in the last closed window (Benjamini-Hochberg).', 'adjusted'),
  {
    name: 'node_libtorch_drift_window_rows',
    help: 'Rows of the last closed window.',
    labels: ofModel,
    together: 'max',
    values: ofWindow(({ rows }) => rows),
  },
  {
    name: 'node_libtorch_drift_window_end_timestamp_seconds',
    help: 'When the last window closed, in seconds since the epoch.',
    labels: ofModel,
    together: 'max',
    values: ofWindow(({ to }) => Date.parse(to) / 1000),
  },
  {
    name: 'node_libtorch_drift_open_window_rows',
    help: 'Rows of the window that is open.',
    labels: ofModel,
    together: 'max',
    values: ofReport(({ open }) => open?.rows),
  },
  {
    name: 'node_libtorch_drift_windows_total',
    type: 'counter',
    help: 'Windows that have closed, by their level: ok, possible, drift, too few.',
    labels: [...ofModel, 'level'],
    together: 'max',
    values: ({ driftWindows }) => driftWindows?.() ?? [],
  },
  {
    name: 'node_libtorch_estimated_accuracy_ratio',
    help: 'Accuracy as estimated from calibrated confidences, without labels. No value where it cannot be estimated.',
    labels: ofModel,
    together: 'max',
    values: ofReport(({ estimated }) => estimated?.accuracy),
  },
  {
    name: 'node_libtorch_estimated_accuracy_lower_ratio',
    help: 'Lower bound of the interval of 95 % around the estimated accuracy.',
    labels: ofModel,
    together: 'max',
    values: ofReport(({ estimated }) => estimated?.low),
  },
  {
    name: 'node_libtorch_estimated_accuracy_upper_ratio',
    help: 'Upper bound of the interval of 95 % around the estimated accuracy.',
    labels: ofModel,
    together: 'max',
    values: ofReport(({ estimated }) => estimated?.high),
  },
  {
    name: 'node_libtorch_estimated_accuracy_status',
    help: 'Whether the accuracy can be estimated: 1 for the status that holds, 0 for the others.',
    labels: [...ofModel, 'status'],
    together: 'max',
    *values({ monitoring }) {
      for (const report of monitoring?.() ?? []) {
        if (!report.estimated) continue;
        for (const status of statuses) {
          yield { value: Number(report.estimated.status === status), labels: { ...labelsOf(report), status } };
        }
      }
    },
  },
  {
    name: 'node_libtorch_realised_accuracy_ratio',
    help: 'Accuracy by the labels that came back.',
    labels: ofModel,
    together: 'max',
    values: ofReport(({ realised }) => realised?.accuracy),
  },
  {
    name: 'node_libtorch_realised_accuracy_rows',
    help: 'Rows whose labels came back, of those that the realised accuracy is made of.',
    labels: ofModel,
    together: 'max',
    values: ofReport(({ realised }) => realised?.rows),
  },
  {
    name: 'node_libtorch_realised_calibration_error_ratio',
    help: 'Expected calibration error by the labels that came back: mean difference of confidence and accuracy.',
    labels: ofModel,
    together: 'max',
    values: ofReport(({ realised }) => realised?.calibrationError),
  },
  {
    name: 'node_libtorch_canary_share_ratio',
    help: 'Share of the requests of a model that its canary gets.',
    labels: ofModel,
    together: 'max',
    values: ({ canaryShares }) => canaryShares?.() ?? [],
  },
  {
    name: 'node_libtorch_canary_requests_total',
    type: 'counter',
    help: 'Calls that a canary has answered, by their outcome.',
    labels: [...ofModel, 'outcome'],
    values: ({ canaryRequests }) => canaryRequests?.() ?? [],
  },
  {
    name: 'node_libtorch_canary_rollbacks_total',
    type: 'counter',
    help: 'Canaries that were rolled back by themselves, by the reason.',
    labels: ['model', 'reason'],
    values: ({ canaryRollbacks }) => canaryRollbacks?.() ?? [],
  },
];

function labelsOf({ model, version }: MonitoringReport): { model: string; version: string } {
  return { model, version };
}

/** A value of each report; none where it has none. */
function ofReport(valueOf: (report: MonitoringReport) => number | undefined): GaugeRow['values'] {
  return function* ({ monitoring }: MetricSources): Values {
    for (const report of monitoring?.() ?? []) {
      const value = valueOf(report);
      if (value !== undefined) yield { value, labels: labelsOf(report) };
    }
  };
}

/** A value of the last closed window of each version. */
function ofWindow(valueOf: (window: WindowReport) => number): GaugeRow['values'] {
  return ofReport(({ windows: [latest] }) => latest && valueOf(latest));
}

function ofFeatures(what: string, help: string, member: 'statistic' | 'threshold' | 'adjusted'): GaugeRow {
  return {
    name: `node_libtorch_drift_${what}`,
    help,
    labels: ofFeature,
    together: 'max',
    *values({ monitoring }): Iterable<Sample> {
      for (const report of monitoring?.() ?? []) {
        for (const each of report.windows[0]?.features ?? []) {
          yield { value: each[member], labels: { ...labelsOf(report), ...featureOf(each) } };
        }
      }
    },
  };
}

function featureOf({ feature, test }: FeatureReport): { feature: string; test: string } {
  return { feature, test };
}
