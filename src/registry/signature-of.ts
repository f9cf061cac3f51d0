import { engineTable, type EngineName } from '../engines/index.js';
import type { LoadOptions } from '../model/options.js';
import type { Signature } from '../signature/spec.js';
import { labelsOf } from '../tasks/kinds/index.js';
import type { ModelRecord } from './model-record.js';

/** A record's signature with what the record says of it elsewhere: the task, and the labels of the output it is about. */
export function signatureOf({ signature, task }: Pick<ModelRecord, 'signature' | 'task'>): Signature {
  const { inputs, outputs } = signature;
  const labels = labelsOf(task);
  const labelled = labels ? outputs.map((spec, i) => (i === 0 ? { labels, ...spec } : spec)) : outputs;
  return { inputs, outputs: labelled, task };
}

/** How a version is loaded: what its record says of its files and of what they take and return. */
export function loadOptionsOf(record: Pick<ModelRecord, 'engine' | 'artifact' | 'signature' | 'task'>): LoadOptions {
  return { engine: record.engine, ...digestsOf(record), signature: signatureOf(record) };
}

/** What the bytes must be that are loaded, as the record says. Files that its engine does not read are nobody's weights. */
export function digestsOf({
  engine,
  artifact: { sha256, sidecars = [] },
}: Pick<ModelRecord, 'engine' | 'artifact'>): Pick<LoadOptions, 'sha256' | 'externalSha256'> {
  if (sidecars.length === 0 || !readsSidecars(engine)) return { sha256 };
  return { sha256, externalSha256: Object.fromEntries(sidecars.map((each) => [each.file, each.sha256])) };
}

/** Whether an engine reads files beside the model, and hashes them as it does. */
export const readsSidecars = (engine: EngineName): boolean => engineTable[engine].lacks.externalSha256 === undefined;
