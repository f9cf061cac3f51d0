/** What traces an answer back: which bytes answered, and what is recorded of them. */
import type { ModelRecord } from '../../registry/index.js';
import type { ServedModel } from '../../serving/index.js';

/** Members beside those of the Open Inference Protocol's metadata. Names as there. */
export interface Provenance {
  readonly version: string;
  /** `sha256:` and the digest of the bytes that were loaded; `registry show sha256:…` finds the rest. */
  readonly digest: string;
  /** What means the version here. */
  readonly aliases: readonly string[];
  /** Of the record: when it was made, the commit that made it, and what was measured. Left out where nobody stated it. */
  readonly created?: string;
  readonly source_commit?: string;
  readonly metrics?: ModelRecord['metrics'];
  readonly license?: string;
  /** Where its card is, as seen from the server. Of models that have a record. */
  readonly card?: string;
}

/** @param served a version that is up */
export function provenanceOf({ name, version, model, record, aliases }: ServedModel): Provenance {
  const { created, sourceCommit, metrics, license } = (record ?? {}) as Partial<ModelRecord>;
  return {
    version,
    digest: `sha256:${model.info.sha256}`,
    aliases,
    ...(created !== undefined && { created }),
    ...(sourceCommit !== undefined && { source_commit: sourceCommit }),
    ...(metrics && { metrics }),
    ...(license !== undefined && { license }),
    ...(record && { card: `/v2/models/${name}/versions/${version}/card` }),
  };
}
