import { createHash } from 'node:crypto';
import type { ServedModel } from '../../serving/index.js';

/** A version as it is watched: what is loaded in its place with another digest is another one. */
export interface WatchKey {
  readonly model: string;
  readonly version: string;
  /** Of the artifact, and of the training statistics in its record. */
  readonly identity: string;
}

export const keyOf = ({ model, version, identity }: WatchKey): string => `${model} ${version} ${identity}`;

/** Statistics may have some hundred KB: their digest is made once. */
const identities = new WeakMap<ServedModel, string>();

export function watchKeyOf(served: ServedModel): WatchKey {
  const { name: model, version } = served;
  const identity = identities.get(served) ?? identityOf(served);
  identities.set(served, identity);
  return { model, version, identity };
}

function identityOf({ model, record }: ServedModel): string {
  const { sha256 } = model.info;
  const statistics = record?.trainingStatistics;
  if (statistics === undefined) return sha256;
  return `${sha256} ${createHash('sha256').update(JSON.stringify(statistics)).digest('hex').slice(0, 16)}`;
}
