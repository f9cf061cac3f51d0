/** What monitoring compares a version with. */
import { referenceFrom, type Reference } from '../monitoring/drift/reference.js';
import { meaningOf } from '../tasks/kinds/index.js';
import type { ModelRecord } from './model-record.js';

/**
 * The training statistics of a version, ready to be compared with.
 * @returns undefined for a record that has none
 * @example
 * const reference = referenceOf(record);
 * const profile = reference && new Profile(reference);
 */
export function referenceOf({
  signature,
  task,
  trainingStatistics,
}: Pick<ModelRecord, 'signature' | 'task' | 'trainingStatistics'>): Reference | undefined {
  return trainingStatistics && referenceFrom(trainingStatistics, signature, meaningOf(task));
}
