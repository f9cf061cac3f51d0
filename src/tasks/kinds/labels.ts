import type { ErrorDetail } from '../../errors.js';
import type { Signature } from '../../signature/spec.js';
import type { Ranked } from '../scores/ranked.js';
import type { JsonSchema } from './kind.js';

/** For each row its best classes, the most probable first; or its labels, any number of them. */
export interface LabelAnswer<T extends string> {
  readonly type: T;
  readonly rows: Ranked[][];
}

export const textSchema: JsonSchema = { type: 'string', minLength: 1, maxLength: 200 };
export const labelsSchema: JsonSchema = { type: 'array', items: textSchema, minItems: 1, maxItems: 100_000 };

export const oneOf = (...values: readonly string[]): JsonSchema => ({ type: 'string', enum: values });

/** Whether there is one label for each score of a row. */
export function* labelFaults(
  { labels }: { readonly labels: readonly string[] },
  { outputs }: Signature,
): Generator<ErrorDetail> {
  const classes = outputs[0]?.shape?.at(-1);
  if (classes === labels.length) return;
  yield { pointer: '/task/labels', detail: `must be as many as the last dimension of the output, ${classes}` };
}
