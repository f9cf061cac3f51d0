/** Faults of a record's statistics that its schema cannot say. */
import type { OutputMeaning } from '../../signature/meaning.js';
import { calibrationFault } from '../performance/check-calibration.js';
import { featuresOf, type Sides } from './features.js';
import type { ReferenceFeature, TrainingStatistics } from './statistics.js';

/** Statistics that are of another signature, or that do not add up. Paths are from the statistics on. */
export function* statisticsFaults(
  { rows, inputs, predictions, calibration }: TrainingStatistics,
  sides: Sides,
  meaning: OutputMeaning,
): Generator<{ readonly path: readonly (string | number)[]; readonly detail: string }> {
  const { list, skipped } = featuresOf(sides, meaning);
  const names = (input: string | undefined): string[] =>
    list.filter((each) => each.input === input).map(({ name }) => name);
  const classes = list.some(({ isClass }) => isClass) && 'labels' in meaning ? meaning.labels.length : undefined;
  const groups = [
    ...inputs.map(({ input, features }, i) => ({ path: ['inputs', i], input, features })),
    ...(predictions ? [{ path: ['predictions'], input: undefined, features: predictions.features }] : []),
  ];
  if (calibration) {
    const fault = classes === undefined ? noClass : calibrationFault(calibration, classes);
    if (fault) yield { ...fault, path: ['calibration', ...fault.path] };
  }
  const met = new Set<string | undefined>();
  for (const { path, input, features } of groups) {
    const known = names(input);
    if (input !== undefined && known.length === 0) {
      const why = skipped.find(({ name }) => name === input)?.reason;
      yield {
        path: [...path, 'input'],
        detail: why === undefined ? 'must be an input of the signature' : `must be an input that is watched: ${why}`,
      };
      continue;
    }
    if (met.has(input)) yield { path: [...path, 'input'], detail: 'must be another input than one before it' };
    met.add(input);
    const counted = new Set<string>();
    for (const [i, feature] of features.entries()) {
      const here = [...path, 'features', i];
      if (!known.includes(feature.name)) {
        const some = known.length > 12 ? `${known.slice(0, 12).join(', ')}, …` : known.join(', ');
        yield {
          path: [...here, 'name'],
          detail: `must be one of ${some}, which are what is watched by this signature and task`,
        };
      } else if (counted.has(feature.name))
        yield { path: [...here, 'name'], detail: 'must be another feature than one before it' };
      counted.add(feature.name);
      yield* featureFaults(feature, here, rows);
      const isClass = list.some(({ name, isClass: is }) => is && name === feature.name && input === undefined);
      if (isClass && classes !== undefined) yield* classFaults(feature, here, classes);
    }
  }
}

function* featureFaults(feature: ReferenceFeature, path: readonly (string | number)[], rows: number) {
  const [member, bounds] =
    feature.kind === 'numeric' ? (['edges', feature.edges] as const) : (['categories', feature.categories] as const);
  if (bounds.some((bound, i) => i > 0 && bound <= (bounds[i - 1] as number))) {
    yield { path: [...path, member], detail: 'must ascend' };
  }
  if (feature.counts.length !== bounds.length + 1) {
    yield { path: [...path, 'counts'], detail: `must be one more than the ${member}, ${bounds.length + 1}` };
  }
  const sum = feature.counts.reduce((total, count) => total + count, feature.missing);
  if (sum !== rows) {
    yield {
      path: [...path, 'counts'],
      detail: `must add up, with those that are missing, to the rows, ${rows}, and not to ${sum}`,
    };
  }
}

function* classFaults(feature: ReferenceFeature, path: readonly (string | number)[], classes: number) {
  if (feature.kind !== 'categorical') {
    yield { path: [...path, 'kind'], detail: 'must be categorical: it is a class' };
    return;
  }
  if (feature.categories.some((index) => index < 0 || index >= classes)) {
    yield { path: [...path, 'categories'], detail: `must be indices of the ${classes} labels, from 0 on` };
  }
}

const noClass = { path: [], detail: 'must not be there: no row has one class' };
