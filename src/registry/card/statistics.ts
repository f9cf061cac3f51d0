/** What a record's training statistics hold, in a line each: for cards and for `registry show`. */
import type { ModelRecord } from '../model-record.js';

type Statistics = NonNullable<ModelRecord['trainingStatistics']>;

/** Inputs that a line names; it says how many there are more. */
const mostNamed = 5;

/** As `7999 rows; input (9 features), predictions (2 features)`. */
export function countedText({ rows, inputs, predictions }: Statistics): string {
  const named = inputs.slice(0, mostNamed).map(({ input, features }) => `${input} (${ofFeatures(features.length)})`);
  const more = inputs.length > mostNamed ? [`${inputs.length - mostNamed} more inputs`] : [];
  const answers = predictions ? [`predictions (${ofFeatures(predictions.features.length)})`] : [];
  return `${rows} rows; ${[...named, ...more, ...answers].join(', ')}`;
}

/** As `on 7999 held-out rows, of which 98.1 % were right`; undefined where confidences were held against no truth. */
export function calibratedText({ calibration }: Statistics): string | undefined {
  const { rows, cells } = (calibration ?? {}) as { rows?: unknown; cells?: unknown };
  if (typeof rows !== 'number' || rows === 0 || !Array.isArray(cells)) return undefined;
  const right = (cells as readonly (readonly [number, readonly number[], readonly number[]])[]).reduce(
    (sum, [, counts]) => sum + counts.reduce((total, count) => total + count, 0),
    0,
  );
  return `on ${rows} held-out rows, of which ${((100 * right) / rows).toFixed(1)} % were right`;
}

const ofFeatures = (count: number): string => (count === 1 ? '1 feature' : `${count} features`);
