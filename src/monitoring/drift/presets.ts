/** THE TABLE of presets: which tests watch what, and by what they decide. */
import type { DriftTestName, FeatureKind } from '../../statistics/index.js';

/** A limit on the statistic or on the p-value, that does not know of the window's size. */
export interface FixedLimit {
  readonly test: DriftTestName;
  readonly by: 'statistic' | 'pValue';
  /** Drift from there on: at or above for a statistic, below for a p-value. */
  readonly drift: number;
  readonly possible?: number;
}

export type Preset = {
  /** For people. */
  readonly title: string;
} & (
  | {
      /** p-values of the null distribution, Benjamini-Hochberg over features: false alarms come at the level asked for. */
      readonly decide: 'null distribution';
      readonly tests: Readonly<Record<FeatureKind, DriftTestName>>;
    }
  | {
      /** Thresholds of others, taken as they are: false alarms come as they come. */
      readonly decide: 'fixed limits';
      limitOf(kind: FeatureKind, referenceRows: number): FixedLimit;
      /** The window drifts when at least this share of features does. */
      readonly share: number;
    }
);

export const driftPresets = {
  exact: {
    title: 'Kolmogorov-Smirnov and chi-squared, by their null distribution',
    decide: 'null distribution',
    tests: { numeric: 'ks', categorical: 'chi2' },
  },
  distance: {
    title: 'normed Wasserstein and Jensen-Shannon distances, by their null distribution',
    decide: 'null distribution',
    tests: { numeric: 'wasserstein', categorical: 'jensen-shannon' },
  },
  psi: {
    title: 'population stability index, by its null distribution',
    decide: 'null distribution',
    tests: { numeric: 'psi', categorical: 'psi' },
  },
  // Evidently's defaults (evidently/legacy/calculations/stattests/registry.py): by the size of the reference.
  evidently: {
    title: "Evidently's default tests and thresholds",
    decide: 'fixed limits',
    limitOf: (kind, referenceRows) => {
      if (referenceRows <= 1000) return { test: kind === 'numeric' ? 'ks' : 'chi2', by: 'pValue', drift: 0.05 };
      return { test: kind === 'numeric' ? 'wasserstein' : 'jensen-shannon', by: 'statistic', drift: 0.1 };
    },
    share: 0.5,
  },
  // The rule of credit scoring (N. Siddiqi, "Credit Risk Scorecards", 2006).
  'psi-fixed': {
    title: 'population stability index above 0.1 and 0.25',
    decide: 'fixed limits',
    limitOf: () => ({ test: 'psi', by: 'statistic', drift: 0.25, possible: 0.1 }),
    share: 0,
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof driftPresets;
