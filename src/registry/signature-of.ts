import type { LoadOptions } from '../model/options.js';
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

/** How a version is loaded: what its record says of its files and of what they take and return. */
export function loadOptionsOf(record: Pick<ModelRecord, 'engine' | 'artifact' | 'signature' | 'task'>): LoadOptions {
  const { engine, artifact } = record;
  const digests = artifact.sidecars?.map(({ file, sha256 }) => [file, sha256] as const);
  return {
    engine,
    sha256: artifact.sha256,
    signature: signatureOf(record),
    ...(digests && { externalSha256: Object.fromEntries(digests) }),
  };
}
