import type { Signature } from '../signature/spec.js';
import { labelsOf } from '../tasks/kinds/index.js';
import type { ModelRecord } from './schema.js';

/** A record's signature with what the record says of it elsewhere: the task, and the labels of the output it is about. */
export function signatureOf({ signature, task }: Pick<ModelRecord, 'signature' | 'task'>): Signature {
  const { inputs, outputs } = signature;
  const labels = labelsOf(task);
  const labelled = labels ? outputs.map((spec, i) => (i === 0 ? { labels, ...spec } : spec)) : outputs;
  return { inputs, outputs: labelled, task };
}
