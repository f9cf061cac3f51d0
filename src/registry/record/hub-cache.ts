/** The cache of the Hugging Face hub, whose folders say where a file is from. */
import { resolve, sep } from 'node:path';
import type { ModelRecord } from '../model-record.js';

/** `models--org--name/snapshots/<commit>/…`, where every file is a link into `models--org--name/blobs`. */
const layout = /^(?<root>.*\/models--(?<model>[^/]+))\/snapshots\/(?<revision>[0-9a-f]{40})\/(?<file>.+)$/;

export interface CachedFile {
  readonly source: NonNullable<ModelRecord['source']>;
  /** Its links stay in this folder. */
  readonly root: string;
}

/** Undefined for a file that is elsewhere. */
export function cachedFile(path: string): CachedFile | undefined {
  const found = layout.exec(resolve(path).split(sep).join('/'))?.groups;
  if (!found) return undefined;
  const { root = '', model = '', revision = '', file = '' } = found;
  return { source: { repository: `hf:${model.replace('--', '/')}`, revision, file }, root: resolve(root) };
}
