/** What a model file says of how it was made. */
import type { Notes } from './notes.js';

export interface Origin {
  /** Framework, versions, formats, as the file has them. */
  readonly framework: Readonly<Record<string, unknown>>;
  /** Whether the framework is named there, and not a format alone. */
  readonly namesMaker: boolean;
  /** The commit it was made from, where somebody wrote it into the file. */
  readonly sourceCommit?: string;
  /** What the model is for, as the exporter of this package wrote it into the file; unchecked. */
  readonly task?: Notes['task'];
}

/** How a commit is called in the metadata of files. */
const commitKeys = /^(?:source|git|vcs)?[._-]?(?:commit|revision|sha)(?:[._-]?(?:hash|id|sha))?(?:\.txt)?$/i;

/** The commit among a file's metadata: a full one, under a name that says so. */
export function commitIn(entries: Iterable<readonly [key: string, value: string]>): Pick<Origin, 'sourceCommit'> {
  for (const [key, value] of entries) {
    const commit = value.trim();
    if (commitKeys.test(key) && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) return { sourceCommit: commit };
  }
  return {};
}
