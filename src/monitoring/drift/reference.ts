/** A record's statistics beside the reader of what they count. */
import type { OutputMeaning } from '../../signature/meaning.js';
import { featuresOf, type Features, type Sides } from './features.js';
import type { ReferenceFeature, TrainingStatistics } from './statistics.js';

/** What a version was trained on, ready to be compared with. */
export interface Reference {
  readonly features: readonly ReferenceFeature[];
  /** For each feature its place in the rows that are read. */
  readonly places: readonly number[];
  /** Rows that were counted. */
  readonly rows: number;
  /** What the record's statistics say of how sure the model may be. */
  readonly calibration: TrainingStatistics['calibration'];
  /** The place, among `features`, of the class of a row and of the confidence in it; undefined where there is none. */
  readonly prediction: { readonly predicted: number; readonly confidence: number } | undefined;
  /** A reader of rows. Each keeps one row of numbers: readers that are used at once are two. @internal */
  reader(): Features;
}

/** What profiles are counted by. */
export type Counted = Pick<Reference, 'features' | 'places'>;

/** The statistics of a record that was checked, which are of this signature and meaning. */
export function referenceFrom(statistics: TrainingStatistics, sides: Sides, meaning: OutputMeaning): Reference {
  const features = featuresOf(sides, meaning);
  const place = new Map(features.list.map(({ name, input }, i) => [keyOf(input, name), i]));
  const { rows, calibration } = statistics;
  const counted = allFeatures(statistics).flatMap(({ input, feature }) => {
    const at = place.get(keyOf(input, feature.name));
    return at === undefined ? [] : [{ feature, at }];
  });
  const at = features.prediction;
  const predicted = counted.findIndex((each) => each.at === at?.predicted);
  const confidence = counted.findIndex((each) => each.at === at?.confidence);
  return {
    rows,
    calibration,
    features: counted.map(({ feature }) => feature),
    places: counted.map((each) => each.at),
    prediction: predicted < 0 || confidence < 0 ? undefined : { predicted, confidence },
    reader: () => featuresOf(sides, meaning),
  };
}

/** The features of all inputs and then of the answers. */
function allFeatures({
  inputs,
  predictions,
}: TrainingStatistics): { input: string | undefined; feature: ReferenceFeature }[] {
  return [
    ...inputs.flatMap(({ input, features }) => features.map((feature) => ({ input, feature }))),
    ...(predictions?.features ?? []).map((feature) => ({ input: undefined, feature })),
  ];
}

const keyOf = (input: string | undefined, name: string): string => JSON.stringify([input ?? null, name]);
