/** What a window says about drift: every feature by its test, and all of them together. */
import { expected } from '../../errors.js';
import * as check from '../../check.js';
import { benjaminiHochberg, checkAlike, coarse, driftTests, inSlices, totalOf } from '../../statistics/index.js';
import type { Bins, Comparison, DriftTest, DriftTestName, FeatureKind, Work } from '../../statistics/index.js';
import type { DriftLevel, FeatureReport } from '../report.js';
import { driftPresets, type FixedLimit, type Preset, type PresetName } from './presets.js';
import type { FeatureCounts, ProfileCounts, Verdict, VerdictOptions } from './verdict-types.js';

/** Features are `possible` at that many times the level. */
const possibleFactor = 10;
const mostPossible = 0.5;

/** One comparison of a window: a feature's values, or how many of them are missing. */
interface Item {
  readonly feature: string;
  readonly kind: FeatureKind;
  readonly reference: Bins;
  readonly window: Bins;
}

/** How an item came out, before the others are looked at. */
interface Outcome extends Comparison {
  readonly item: Item;
  readonly test: DriftTestName;
  readonly limit: FixedLimit | undefined;
  /** Nothing could have come out of it: it does not count as one of many. */
  readonly idle: boolean;
  readonly few: boolean;
}

/**
 * Whether a window has drifted from a reference.
 *
 * With a preset that decides by the null distribution each feature gets a p-value at the window's own size; Benjamini-Hochberg
 * adjusts them for there being many features. The window is `drift` when a feature's adjusted value is at most `level`, and
 * `possible` at ten times that. So at most a share of `level` of windows without drift is called drift. Presets with fixed
 * limits know no level: they alarm as often as their limits let them.
 *
 * A feature whose rows are missing in part has a second line, `name.missing`, for the share of missing rows. The work is
 * done in slices of a few milliseconds.
 * @param reference counts of the training data
 * @param window counts of what came since, in the same bins
 * @returns the window's level, and each feature's statistic, threshold and p-value; `too few` below `leastRows` on either side
 * @throws ERR_INVALID_ARGUMENT when the window's features are not the reference's, and for options that do not exist
 * @example
 * const edges = [20, 30, 40, 50];
 * const age = (counts) => ({ name: 'age', kind: 'numeric', bins: { edges, counts }, missing: 0 });
 * const reference = { rows: 5000, features: [age([1000, 1000, 1000, 1000, 1000])] };
 * const window = { rows: 500, features: [age([60, 70, 90, 120, 160])] };
 * (await verdictOf(reference, window, { level: 0.001 })).level; // 'drift'
 */
export async function verdictOf(
  reference: ProfileCounts,
  window: ProfileCounts,
  options: VerdictOptions = {},
): Promise<Verdict> {
  check.options('verdictOf', options, ['level', 'preset', 'leastRows', 'signal']);
  const { level = 0.01, preset = 'exact', leastRows = 50, signal } = options;
  if (!(typeof level === 'number' && level > 0 && level <= 0.5)) {
    throw expected('a number above 0 and at most 0.5', 'level', level);
  }
  check.oneOf('preset', preset, Object.keys(driftPresets) as PresetName[]);
  check.integer('leastRows', leastRows, 2, 2 ** 48);
  check.signal(signal);
  const items = itemsOf(reference, window);

  const rows = window.rows;
  const chosen: Preset = driftPresets[preset];
  const falseAlarms = chosen.decide === 'null distribution' ? level : NaN;
  if (rows < leastRows || reference.rows < leastRows || items.length === 0) {
    return {
      level: 'too few',
      rows,
      falseAlarms,
      features: items.map((item) => unknown(item, chosen, reference.rows)),
    };
  }
  const outcomes = await inSlices(outcomesOf(items, chosen, level, leastRows, reference.rows), signal);
  const features = reportsOf(outcomes, level);
  return { level: levelOf(features, chosen), rows, falseAlarms, features };
}

function itemsOf(reference: ProfileCounts, window: ProfileCounts): Item[] {
  checkProfile('the reference', reference);
  checkProfile('the window', window);
  if (window.features.length !== reference.features.length) {
    throw expected(`the reference's ${reference.features.length} features`, 'the window', window.features);
  }
  return reference.features.flatMap((feature, i) => {
    const seen = window.features[i] as FeatureCounts;
    if (seen.name !== feature.name || seen.kind !== feature.kind) {
      throw expected(
        `${feature.kind} feature ${feature.name}`,
        `features[${i}] of the window`,
        `${seen.kind} ${seen.name}`,
      );
    }
    checkAlike(feature.bins, seen.bins, `${feature.name} of the reference`, `${feature.name} of the window`);
    const values: Item = { feature: feature.name, kind: feature.kind, reference: feature.bins, window: seen.bins };
    if (feature.missing + seen.missing === 0) return [values];
    const present = ({ bins, missing }: FeatureCounts): Bins => ({ counts: [totalOf(bins), missing] });
    const missing: Item = {
      feature: `${feature.name}.missing`,
      kind: 'categorical',
      reference: present(feature),
      window: present(seen),
    };
    return [values, missing];
  });
}

function checkProfile(name: string, profile: unknown): asserts profile is ProfileCounts {
  check.object(name, profile);
  const { rows, features } = profile as Partial<ProfileCounts>;
  check.integer(`rows of ${name}`, rows, 0, 2 ** 48);
  if (!Array.isArray(features)) throw expected('an array', `features of ${name}`, features);
  for (const [i, feature] of (features as unknown[]).entries()) {
    const where = `features[${i}] of ${name}`;
    check.object(where, feature);
    const { name: called, kind, bins, missing } = feature as Partial<FeatureCounts>;
    check.text(`name of ${where}`, called);
    check.oneOf(`kind of ${where}`, kind, ['numeric', 'categorical']);
    check.object(`bins of ${where}`, bins);
    if ((kind === 'numeric') !== (bins.edges !== undefined)) {
      throw expected(kind === 'numeric' ? 'edges' : 'no edges', `bins of ${where}`, bins.edges);
    }
    check.integer(`missing of ${where}`, missing, 0, 2 ** 48);
  }
}

const testOf = (item: Item, preset: Preset, referenceRows: number): DriftTestName =>
  preset.decide === 'null distribution' ? preset.tests[item.kind] : preset.limitOf(item.kind, referenceRows).test;

function unknown(item: Item, preset: Preset, referenceRows: number): FeatureReport {
  const test = testOf(item, preset, referenceRows);
  const nothing = { statistic: NaN, threshold: NaN, pValue: 1, adjusted: 1 };
  return { feature: item.feature, test, ...nothing, level: 'too few' };
}

/** One piece of work: many small ones would never be long enough to be cut. */
function* outcomesOf(
  items: readonly Item[],
  preset: Preset,
  level: number,
  leastRows: number,
  rows: number,
): Work<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const item of items) {
    outcomes.push(yield* outcomeOf(item, preset, level, leastRows, rows));
    yield;
  }
  return outcomes;
}

function* outcomeOf(item: Item, preset: Preset, level: number, leastRows: number, rows: number): Work<Outcome> {
  const name = testOf(item, preset, rows);
  const test: DriftTest = driftTests[name];
  const limit = preset.decide === 'fixed limits' ? preset.limitOf(item.kind, rows) : undefined;
  const most = test.numericBins ?? Infinity;
  const [reference, window] = coarse(item.reference, item.window, most);
  const few = totalOf(window) < leastRows || totalOf(reference) < leastRows;
  const base = { item, test: name, limit };
  if (few) return { ...base, statistic: NaN, threshold: NaN, pValue: 1, idle: true, few };
  const filled = Array.from(window.counts).filter((count, i) => count + (reference.counts[i] as number) > 0).length;
  if (filled < 2) return { ...base, statistic: 0, threshold: limit?.drift ?? Infinity, pValue: 1, idle: true, few };
  const compared = yield* test.compare(limit?.by === 'pValue' ? limit.drift : level, reference, window);
  const threshold = limit?.by === 'statistic' ? limit.drift : compared.threshold;
  return { ...base, ...compared, threshold, idle: false, few };
}

function reportsOf(outcomes: readonly Outcome[], level: number): FeatureReport[] {
  const counted = outcomes.filter(({ idle }) => !idle);
  const adjusted = benjaminiHochberg(counted.map(({ pValue }) => pValue));
  const byOutcome = new Map(counted.map((outcome, i) => [outcome, adjusted[i] as number]));
  return outcomes.map((outcome) => {
    const { item, test, statistic, threshold, pValue, limit, few } = outcome;
    const after = byOutcome.get(outcome) ?? 1;
    const told = limit === undefined ? byLevel(after, level) : byLimit(limit, outcome);
    return {
      feature: item.feature,
      test,
      statistic,
      threshold,
      pValue,
      adjusted: after,
      level: few ? 'too few' : told,
    };
  });
}

function byLevel(adjusted: number, level: number): DriftLevel {
  if (adjusted <= level) return 'drift';
  return adjusted <= Math.min(level * possibleFactor, mostPossible) ? 'possible' : 'ok';
}

function byLimit({ by, drift, possible }: FixedLimit, { statistic, pValue, idle }: Outcome): DriftLevel {
  if (idle) return 'ok';
  const reaches = (limit: number): boolean => (by === 'statistic' ? statistic >= limit : pValue < limit);
  if (reaches(drift)) return 'drift';
  return possible !== undefined && reaches(possible) ? 'possible' : 'ok';
}

function levelOf(features: readonly FeatureReport[], preset: Preset): DriftLevel {
  const known = features.filter(({ level }) => level !== 'too few');
  if (known.length === 0) return 'too few';
  const drifted = known.filter(({ level }) => level === 'drift').length;
  const least = preset.decide === 'fixed limits' ? Math.max(1, preset.share * known.length) : 1;
  if (drifted >= least) return 'drift';
  return drifted > 0 || known.some(({ level }) => level === 'possible') ? 'possible' : 'ok';
}
